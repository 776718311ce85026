//! Following objects until they are ready: by watches, with their pods' logs, failing at once with the reason.
//!
//! - [`readiness`]: what one object says about itself, one file a kind (pure).
//! - [`track`]: many objects with their pods, to the end.
//! - [`hook`]: one hook from creation to its end.
//! - [`absence`]: waiting until objects are gone.

pub mod absence;
pub mod hook;
pub mod readiness;
pub mod track;
