//! The operator's settings file, read.

use std::fs;
use std::path::Path;

use crate::job::settings::Settings;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// The settings in `file`, or the defaults without one.
pub fn read(file: Option<&Path>) -> Result<Settings, Failure> {
    let Some(file) = file else { return parse(None, "") };
    let text = fs::read_to_string(file).map_err(|error| {
        Failure::new(Cause::SettingsInvalid, format!("read the settings in `{}`", file.display()))
            .because(error)
            .hint("the arguments of the four calls in the Runner's config.toml name the file")
    })?;
    parse(Some(file), &text)
}

fn parse(file: Option<&Path>, text: &str) -> Result<Settings, Failure> {
    Settings::parse(text).map_err(|error| {
        let name = file.map_or_else(|| "the default settings".to_owned(), |file| format!("`{}`", file.display()));
        Failure::new(Cause::SettingsInvalid, format!("read the settings in {name}"))
            .because(error)
            .hint("`gitlab-werf-executor settings` prints every setting with its default")
    })
}
