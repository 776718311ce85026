//! `build`: brings the stages of images into being.

pub mod config;
pub mod layers;
