//! A private copy of Docker's configuration, with a login written into it.
//!
//! The login is written as `docker login` would, but by us: no password on a command line, no credential helper that
//! would keep it after the job.

use std::fs;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret::Secret;

/// Larger files in Docker's directory are not configuration.
const LARGEST_FILE: u64 = 1 << 20;

/// How deep Docker's contexts are nested, with room to spare.
const DEEPEST: usize = 6;

/// A user of a registry.
#[derive(Debug)]
pub(super) struct Login {
    /// A repository of that registry.
    pub(super) repository: String,
    pub(super) user: String,
    pub(super) password: Secret,
}

/// Copies `source`, if there is any, to a directory of its own below `tmp` that only this user can read, with `login`
/// in it. Nothing removes it: the job's variables refer to it until the job ends.
pub(super) fn create(source: Option<&Path>, login: Option<&Login>, tmp: &Path) -> Result<PathBuf, Failure> {
    let doing = |what: &str| format!("{what} in `{}`", tmp.display());
    let mut builder = tempfile::Builder::new();
    builder.prefix("werf-docker-config-").permissions(Permissions::from_mode(0o700));
    let directory = fs::create_dir_all(tmp).and_then(|()| builder.tempdir_in(tmp));
    let directory = directory
        .map_err(|error| Failure::new(Cause::HostFiles, doing("create Docker's configuration")).because(error))?;
    let config = read_config(source)?;
    if let Some(source) = source {
        copy(source, directory.path(), 0)
            .map_err(|error| Failure::new(Cause::HostFiles, doing("copy Docker's configuration")).because(error))?;
    }
    let config = login.map_or(config.clone(), |login| with_login(config, login));
    let text = format!("{:#}\n", Value::Object(config));
    write_private(&directory.path().join("config.json"), text.as_bytes())
        .map_err(|error| Failure::new(Cause::HostFiles, doing("write Docker's configuration")).because(error))?;
    Ok(directory.keep())
}

fn read_config(source: Option<&Path>) -> Result<Map<String, Value>, Failure> {
    let Some(path) = source.map(|source| source.join("config.json")) else { return Ok(Map::new()) };
    let failure = |error: Box<dyn std::error::Error + Send + Sync>| {
        Failure::new(Cause::HostFiles, format!("read Docker's configuration `{}`", path.display())).because(error)
    };
    match fs::read(&path) {
        Ok(text) if text.trim_ascii().is_empty() => Ok(Map::new()),
        Ok(text) => serde_json::from_slice(&text).map_err(|error| failure(error.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Map::new()),
        Err(error) => Err(failure(error.into())),
    }
}

/// `config` that answers for the login's registry with the login. A helper for that registry is switched off, because
/// it would be asked first.
fn with_login(mut config: Map<String, Value>, login: &Login) -> Map<String, Value> {
    let auth = STANDARD.encode(format!("{}:{}", login.user, login.password.reveal()));
    let registry = registry(&login.repository);
    set(&mut config, "auths", registry, json!({ "auth": auth }));
    if config.contains_key("credsStore") || config.contains_key("credHelpers") {
        set(&mut config, "credHelpers", registry, json!(""));
    }
    config
}

/// Sets `key` in the object `section` of `config`; anything else that stands there is replaced.
fn set(config: &mut Map<String, Value>, section: &str, key: &str, value: Value) {
    let mut object = match config.remove(section) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    };
    object.insert(key.to_owned(), value);
    config.insert(section.to_owned(), Value::Object(object));
}

/// The registry of a repository, as Docker names it.
fn registry(repository: &str) -> &str {
    let host = repository.split('/').next().unwrap_or_default();
    if repository.contains('/') && (host.contains(['.', ':']) || host == "localhost") {
        host
    } else {
        "https://index.docker.io/v1/"
    }
}

/// Copies files and directories (contexts, certificates) but config.json; what is large or odd is left out.
fn copy(from: &Path, to: &Path, depth: usize) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let Ok(metadata) = fs::metadata(&source) else { continue };
        if metadata.is_dir() && (entry.file_name() == "contexts" || (1..DEEPEST).contains(&depth)) {
            fs::DirBuilder::new().mode(0o700).create(&target)?;
            copy(&source, &target, depth + 1)?;
        } else if metadata.is_file() && metadata.len() <= LARGEST_FILE && entry.file_name() != "config.json" {
            write_private(&target, &fs::read(&source)?)?;
        }
    }
    Ok(())
}

/// Writes a file that only this user can read.
pub(super) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    io::Write::write_all(&mut file, content)
}

#[cfg(test)]
mod tests {
    use super::Login;
    use super::create;
    use super::registry;
    use crate::model::secret::Secret;
    use serde_json::Value;
    use serde_json::json;
    use std::os::unix::fs::PermissionsExt;

    fn login() -> Login {
        Login {
            repository: "localhost:5000/group/app".to_owned(),
            user: "gitlab-ci-token".to_owned(),
            password: Secret::new("jobtok123"),
        }
    }

    #[test]
    fn the_copy_is_private_and_has_the_login() {
        let tmp = tempfile::tempdir().unwrap();
        let source = tmp.path().join(".docker");
        std::fs::create_dir_all(source.join("contexts/meta/abc")).unwrap();
        std::fs::create_dir_all(source.join("cli-plugins")).unwrap();
        std::fs::write(source.join("contexts/meta/abc/meta.json"), "{}").unwrap();
        std::fs::write(source.join("config.json"), r#"{"credsStore":"desktop","auths":{"other":{}}}"#).unwrap();
        let copy = create(Some(&source), Some(&login()), tmp.path()).unwrap();
        let config: Value = serde_json::from_slice(&std::fs::read(copy.join("config.json")).unwrap()).unwrap();
        let auth = "Z2l0bGFiLWNpLXRva2VuOmpvYnRvazEyMw==";
        let expected = json!({
            "auths": {"other": {}, "localhost:5000": {"auth": auth}},
            "credsStore": "desktop",
            "credHelpers": {"localhost:5000": ""},
        });
        assert_eq!(config, expected);
        let mode = |path: &str| std::fs::metadata(copy.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(""), mode("config.json"), mode("contexts/meta/abc/meta.json")), (0o700, 0o600, 0o600));
        assert!(!copy.join("cli-plugins").exists());
        assert!(std::fs::read_to_string(source.join("config.json")).unwrap().contains("desktop\""));
    }

    #[test]
    fn without_anything_there_is_an_empty_configuration() {
        let tmp = tempfile::tempdir().unwrap();
        let copy = create(None, None, tmp.path()).unwrap();
        assert_eq!(std::fs::read_to_string(copy.join("config.json")).unwrap(), "{}\n");
        let missing = create(Some(&tmp.path().join("none")), None, tmp.path()).unwrap();
        assert!(missing.join("config.json").exists());
    }

    #[test]
    fn a_broken_configuration_is_named() {
        let tmp = tempfile::tempdir().unwrap();
        std::fs::write(tmp.path().join("config.json"), "{").unwrap();
        let failure = create(Some(tmp.path()), None, tmp.path()).unwrap_err();
        assert!(failure.to_string().contains("config.json`: EOF"), "{failure}");
    }

    #[test]
    fn registries_are_named_as_docker_names_them() {
        assert_eq!(registry("registry.example.org:5050/a/b"), "registry.example.org:5050");
        assert_eq!(registry("group/app"), "https://index.docker.io/v1/");
    }
}
