//! JSON as Go's `encoding/json` reads and writes it.

mod read;
mod scan;
mod write;

pub(in crate::template) use read::from_json;
pub(in crate::template) use read::from_serde;
pub(in crate::template) use write::Style;
pub(in crate::template) use write::to_json;
pub(in crate::template) use write::to_serde;
