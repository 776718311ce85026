//! Everything that the Runner and a driver say to each other: variables, files, run stages, exit codes.
//!
//! [`Contract::read`] takes the whole environment of a call once; after it nothing else looks at the environment. What a
//! Runner can do is known by what it gives, never by its version.

mod contract;
mod exit;
mod facts;
mod reply;
mod response;
mod stage;

pub use contract::Capabilities;
pub use contract::Contract;
pub use contract::JobVariables;
pub use exit::ExitCodes;
pub use exit::Outcome;
pub use facts::JobFacts;
pub use reply::ConfigReply;
pub use reply::DriverName;
pub use reply::JobEnv;
pub use reply::OWN_PREFIX;
pub use response::JobResponse;
pub use stage::RunStage;
