//! The repositories of the stand-in: bare ones, filled by real pushes.

use std::path::Path;
use std::process::Command;

/// Runs git and returns what it printed.
///
/// # Panics
/// When git fails: the test's own set-up is wrong then.
pub(crate) fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=dev", "-c", "user.email=dev@localhost", "-c", "init.defaultBranch=master"])
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("run git");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Makes a bare repository that answers as GitLab's do: any reachable commit may be asked for.
pub(crate) fn create(path: &Path) {
    std::fs::create_dir_all(path).expect("a directory for the repository");
    git(path, &["init", "--quiet", "--bare"]);
    git(path, &["config", "http.receivepack", "false"]);
    git(path, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
}

/// Checks a commit out into a directory of its own.
pub(crate) fn check_out(repository: &Path, sha: &str, to: &Path) {
    let repository = repository.to_str().expect("a path");
    git(Path::new("/"), &["clone", "--quiet", "--no-checkout", repository, to.to_str().expect("a path")]);
    git(to, &["-c", "advice.detachedHead=false", "checkout", "--quiet", sha]);
}
