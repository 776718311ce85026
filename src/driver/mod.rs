//! Front door 1: the Runner's four calls.
