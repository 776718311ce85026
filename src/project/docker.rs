//! `docker`: what is written into the image's configuration.

use serde::Deserialize;
use serde::Serialize;

use crate::project::error::ProjectError;
use crate::project::error::listed;
use crate::project::error::nearest;
use crate::project::section::Field;
use crate::project::section::Section;
use crate::yaml::Value;

/// Instructions that change the image's configuration, with the meaning that they have in a Dockerfile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DockerInstructions {
    /// `VOLUME`
    pub volumes: Vec<String>,
    /// `EXPOSE`
    pub expose: Vec<String>,
    /// `ENV`, in the order of the text.
    pub env: Vec<(String, String)>,
    /// `LABEL`, in the order of the text.
    pub labels: Vec<(String, String)>,
    /// `CMD`
    pub cmd: Option<Command>,
    /// `ENTRYPOINT`
    pub entrypoint: Option<Command>,
    /// `WORKDIR`
    pub workdir: Option<String>,
    /// `USER`
    pub user: Option<String>,
    /// `HEALTHCHECK`, the text after the word.
    pub healthcheck: Option<String>,
}

/// A command as `CMD` and `ENTRYPOINT` take it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Run by `/bin/sh -c`.
    Shell(String),
    /// Run as it is; empty takes away the inherited one.
    Exec(Vec<String>),
}

const KEYS: &[&str] = &["VOLUME", "EXPOSE", "ENV", "LABEL", "CMD", "ENTRYPOINT", "WORKDIR", "USER", "HEALTHCHECK"];

/// Reads `docker` of an image.
pub(super) fn read(image: &Section<'_>) -> Result<Option<DockerInstructions>, ProjectError> {
    let Some(section) = image.section("docker", KEYS)? else { return Ok(None) };
    Ok(Some(DockerInstructions {
        volumes: section.texts("VOLUME")?,
        expose: section.texts("EXPOSE")?,
        env: section.map("ENV")?,
        labels: section.map("LABEL")?,
        cmd: section.get("CMD").map(|field| command(&field)).transpose()?,
        entrypoint: section.get("ENTRYPOINT").map(|field| command(&field)).transpose()?,
        workdir: section.text("WORKDIR")?,
        user: section.text("USER")?,
        healthcheck: section.text("HEALTHCHECK")?,
    }))
}

fn command(field: &Field<'_>) -> Result<Command, ProjectError> {
    if matches!(field.node.value, Value::Sequence(_)) {
        return field.texts().map(Command::Exec);
    }
    let text = field.text()?;
    if !text.trim_start().starts_with('[') {
        return Ok(Command::Shell(text));
    }
    match serde_json::from_str(&text) {
        Ok(words) => Ok(Command::Exec(words)),
        Err(error) => Err(field
            .error(format!("`{text}` looks like a list but is not one: {error}"))
            .hint("every item needs both of its double quotes; or write a YAML list")),
    }
}

/// Instructions as lines of a Dockerfile, for the log.
impl DockerInstructions {
    /// One line an instruction, such as `CMD ["httpd", "-f"]`.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.volumes.iter().map(|volume| format!("VOLUME {volume}")).collect();
        lines.extend(self.expose.iter().map(|port| format!("EXPOSE {port}")));
        lines.extend(self.env.iter().map(|(key, value)| format!("ENV {key}={value}")));
        lines.extend(self.labels.iter().map(|(key, value)| format!("LABEL {key}={value}")));
        lines.extend(self.cmd.iter().map(|command| format!("CMD {}", command.text())));
        lines.extend(self.entrypoint.iter().map(|command| format!("ENTRYPOINT {}", command.text())));
        lines.extend(self.workdir.iter().map(|dir| format!("WORKDIR {dir}")));
        lines.extend(self.user.iter().map(|user| format!("USER {user}")));
        lines.extend(self.healthcheck.iter().map(|check| format!("HEALTHCHECK {check}")));
        lines
    }
}

impl Command {
    /// As a Dockerfile has it.
    pub fn text(&self) -> String {
        match self {
            Self::Shell(text) => text.clone(),
            Self::Exec(words) => {
                let words: Vec<String> =
                    words.iter().map(|word| serde_json::Value::from(word.as_str()).to_string()).collect();
                format!("[{}]", words.join(", "))
            }
        }
    }
}

/// `mount`: a directory that is there while commands run, and not in the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// What is mounted.
    pub source: MountSource,
    /// Where, absolute in the image.
    pub to: String,
}

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MountSource {
    /// An empty directory of each build.
    Temporary,
    /// A directory that stays on this host, one a project.
    Build,
    /// A directory of this host.
    Host(String),
}

/// Reads `mount` of an image.
pub(super) fn mounts(image: &Section<'_>) -> Result<Vec<Mount>, ProjectError> {
    let mut mounts: Vec<Mount> = Vec::new();
    for field in image.items("mount")? {
        let section = field.section(&["from", "fromPath", "to"])?;
        let Some(to) = section.get("to") else {
            return Err(section.error("`to: PATH` is required (an absolute path in the image)"));
        };
        let mount = Mount { source: mount_source(&section)?, to: to.absolute()? };
        if mounts.iter().any(|other| other.to == mount.to) {
            return Err(to.error(format!("`{}` is mounted twice", mount.to)));
        }
        mounts.push(mount);
    }
    Ok(mounts)
}

fn mount_source(section: &Section<'_>) -> Result<MountSource, ProjectError> {
    match (section.text("from")?.as_deref(), section.text("fromPath")?) {
        (Some("tmp_dir"), None) => Ok(MountSource::Temporary),
        (Some("build_dir"), None) => Ok(MountSource::Build),
        (None, Some(path)) => Ok(MountSource::Host(path)),
        (None, None) => Err(section.error("`from: tmp_dir|build_dir` or `fromPath: PATH` is required")),
        (Some(_), Some(_)) => Err(section.error("only one of `from`, `fromPath` can be given")),
        (Some(other), None) => {
            let known = ["tmp_dir", "build_dir"];
            let error = section.error(format!("unknown `from: {other}`; allowed: {}", listed(known)));
            Err(match nearest(other, known) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("a directory of the host is given by `fromPath`"),
            })
        }
    }
}
