//! The host's `git`, for what needs the network.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret::Secret;

/// How much of git's error text is kept.
const KEPT_ERROR: usize = 4096;

/// The host's `git` program and how it may be used.
#[derive(Debug, Clone)]
pub struct HostGit {
    /// The program.
    pub program: PathBuf,
    /// Its whole environment, beside what keeps it from asking questions: `PATH`, `HOME`, `SSH_AUTH_SOCK` and the like.
    pub environment: BTreeMap<String, String>,
    /// How long one call may take.
    pub limit: Duration,
}

impl HostGit {
    /// `git` from the `PATH` of `environment`, with ten minutes a call.
    pub fn new(environment: BTreeMap<String, String>) -> Self {
        Self { program: PathBuf::from("git"), environment, limit: Duration::from_mins(10) }
    }

    /// Fetches the history that a shallow clone lacks, and all tags, from `origin`. What is complete is left alone.
    pub async fn unshallow(&self, git_dir: &Path) -> Result<(), Failure> {
        if !git_dir.join("shallow").exists() {
            return Ok(());
        }
        let arguments = ["fetch", "--quiet", "--unshallow", "--tags", "--force", "--no-recurse-submodules", "origin"];
        self.run(git_dir, None, &arguments).await
    }

    /// Makes an empty bare repository.
    pub(super) async fn init(&self, git_dir: &Path) -> Result<(), Failure> {
        std::fs::create_dir_all(git_dir)
            .map_err(|error| Failure::new(Cause::HostFiles, format!("make `{}`", git_dir.display())).because(error))?;
        self.run(git_dir, None, &["init", "--quiet", "--bare", "--template="]).await
    }

    /// Fetches `refspecs` from `url`.
    pub(super) async fn fetch(&self, git_dir: &Path, url: &Secret, refspecs: &[&str]) -> Result<(), Failure> {
        let fetch = ["fetch", "--quiet", "--force", "--prune", "--no-tags", "--no-recurse-submodules", "mirror"];
        self.run(git_dir, Some(url), &[&fetch, refspecs].concat()).await
    }

    async fn run(&self, git_dir: &Path, url: Option<&Secret>, arguments: &[&str]) -> Result<(), Failure> {
        let verb = arguments.first().copied().unwrap_or_default();
        let doing = format!("`git {verb}` in `{}`", git_dir.display());
        // libgit2 has no https here, and credential helpers and ssh settings are the host git's own affair.
        let child = self.command(git_dir, url).args(arguments).output();
        let output = tokio::time::timeout(self.limit, child)
            .await
            .map_err(|_| {
                Failure::new(Cause::GitInvalid, format!("{doing}: no end after {} seconds", self.limit.as_secs()))
            })?
            .map_err(|error| {
                Failure::new(Cause::HostIncomplete, format!("start {doing}"))
                    .because(error)
                    .hint("Install `git` on the Runner's host")
            })?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = without(&said, url);
        Err(Failure::new(Cause::GitInvalid, format!("{doing}: {}", said.trim())))
    }

    /// A child that asks nobody, obeys no hook and no helper of the repository, and dies when it is not waited for.
    fn command(&self, git_dir: &Path, url: Option<&Secret>) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().envs(&self.environment).env("GIT_DIR", git_dir).current_dir(git_dir);
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "").env("SSH_ASKPASS", "").env("LC_ALL", "C");
        command.env("GIT_ALLOW_PROTOCOL", "https:http:ssh:git:file");
        command.env_remove("GIT_WORK_TREE");
        for (index, (key, value)) in settings(url).iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{index}"), key).env(format!("GIT_CONFIG_VALUE_{index}"), value);
        }
        command.env("GIT_CONFIG_COUNT", settings(url).len().to_string());
        if !self.environment.contains_key("GIT_SSH_COMMAND") {
            command.env("GIT_SSH_COMMAND", OsStr::new("ssh -o BatchMode=yes"));
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }
}

/// Settings through the environment: an address may hold a password, which must not stand in an argument or a file.
fn settings(url: Option<&Secret>) -> Vec<(&'static str, String)> {
    let fixed = [("core.hooksPath", "/dev/null"), ("core.fsmonitor", "false"), ("gc.auto", "0"), ("core.pager", "cat")];
    let mut settings: Vec<_> = fixed.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
    settings.extend(url.map(|url| ("remote.mirror.url", url.reveal().to_owned())));
    settings
}

/// The end of what git said, without the address's password.
fn without(said: &str, url: Option<&Secret>) -> String {
    let start = said.len().saturating_sub(KEPT_ERROR);
    let start = (start..=said.len()).find(|index| said.is_char_boundary(*index)).unwrap_or_default();
    let said = said.get(start..).unwrap_or_default();
    match url.and_then(|url| user_info(url.reveal())) {
        Some(user_info) => said.replace(user_info, "***"),
        None => said.to_owned(),
    }
}

/// What stands between `://` and `@` in an address.
pub(super) fn user_info(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split('/').next()?;
    host.rsplit_once('@').map(|(user_info, _)| user_info)
}

#[cfg(test)]
mod tests {
    use super::user_info;
    use super::without;
    use crate::model::secret::Secret;

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        let url = Secret::new("https://bot:hunter2@example.com/a.git");
        let said = "fatal: could not read from https://bot:hunter2@example.com/a.git";
        assert_eq!(without(said, Some(&url)), "fatal: could not read from https://***@example.com/a.git");
        assert_eq!(without(&"ä".repeat(5000), None).len(), 4096);
    }

    #[test]
    fn only_the_user_part_of_an_address_is_taken() {
        assert_eq!(user_info("https://example.com/a@b.git"), None);
        assert_eq!(user_info("git@example.com:a.git"), None);
        assert_eq!(user_info("ssh://git@example.com/a.git"), Some("git"));
    }
}
