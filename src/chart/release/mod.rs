//! The record of a release as Helm 3 keeps it: what was installed, when, and how it went (pure).
//!
//! A record is one revision. [`secret`] turns it into the Secret that Helm reads and back, [`history`] decides which
//! revision counts and which are pruned, [`time`] is Helm's way to write a time.

pub mod contents;
pub mod history;
mod json;
pub mod record;
pub mod secret;
mod time;

pub use record::ChartFile;
pub use record::HookPhase;
pub use record::HookRecord;
pub use record::HookRun;
pub use record::Info;
pub use record::Record;
pub use record::RecordedChart;
pub use record::Status;
