//! Secrets of a project: values files, whole files, and the change of their key.

mod leaves;
pub mod values;
