//! Front door 2: the command line of `werf` and of the executor.
