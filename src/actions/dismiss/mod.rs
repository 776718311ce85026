//! Removing a release.
