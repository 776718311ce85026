//! Secrets of a project: values files, whole files, and the change of their key.
//!
//! Encrypting needs randomness, which the caller gives: [`Vectors`](values::Vectors).

mod leaves;
pub mod rotate;
pub mod values;
