//! What the verbs that work on releases share: where records are kept, who may work on one, whose an object is.
//!
//! - [`store`]: the records of a release in the cluster.
//! - [`lease`]: one job at a time works on a release; a dead one is found out.
//! - [`ownership`]: the marks that make an object part of a release.
//! - [`listing`]: releases as people look at them.
//! - [`order`]: Helm's orders of kinds.
//! - [`holder`]: who is at work, for messages and marks.
//! - [`until`]: work that ends early when the job is cancelled.

pub mod holder;
pub mod lease;
pub mod listing;
pub mod order;
pub mod ownership;
pub mod store;
pub mod until;
