//! Front door 2: the command line of `werf` and of the executor.

pub mod doctor;
pub mod gc;
pub mod native;
pub mod settings;
