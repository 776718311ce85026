//! The real gitlab-runner, configured as `config.toml.example` says.

use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use super::rig::Rig;
use crate::gitlab::GitLab;

/// A gitlab-runner process.
pub(crate) struct Runner(Child);

impl Runner {
    /// Starts a Runner that takes `slots` jobs at a time.
    pub(crate) fn start(rig: &Rig, gitlab: &GitLab, directory: &Path, slots: usize) -> Self {
        let (builds, cache, log) = (directory.join("builds"), directory.join("cache"), directory.join("runner.log"));
        let config = directory.join("config.toml");
        let temporary = directory.join("tmp");
        for folder in [&builds, &cache, &temporary] {
            std::fs::create_dir_all(folder).expect("a folder for the Runner");
        }
        let settings = directory.join("settings.toml");
        std::fs::write(&settings, settings_text(rig, directory)).expect("write the settings");
        std::fs::write(&config, config_text(gitlab, directory, &settings, slots)).expect("write config.toml");
        let output = std::fs::File::create(&log).expect("the Runner's log");
        let child = Command::new(&rig.gitlab_runner)
            .args(["run", "--config"])
            .arg(&config)
            .arg("--working-directory")
            .arg(directory)
            .env("PATH", &rig.path)
            .env("TMPDIR", &temporary)
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("the log twice"))
            .stderr(output)
            .spawn()
            .expect("start gitlab-runner");
        Self(child)
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The executor under test.
pub(crate) fn executor() -> PathBuf {
    option_env!("CARGO_BIN_EXE_gitlab-werf-executor").map_or_else(
        || {
            let own = std::env::current_exe().expect("the path of this program");
            own.parent().and_then(Path::parent).expect("target/PROFILE/examples").join("gitlab-werf-executor")
        },
        PathBuf::from,
    )
}

fn settings_text(rig: &Rig, directory: &Path) -> String {
    let folder = |name: &str| directory.join(name).display().to_string();
    format!(
        "state_dir = \"{}\"\nbuilds_dir = \"{}\"\ncache_dir = \"{}\"\n[engine]\nhost = \"{}\"\n[cluster]\nkubeconfig = \"{}\"\n",
        folder("state"),
        folder("builds"),
        folder("cache"),
        rig.docker_host,
        rig.kubeconfig.display()
    )
}

fn config_text(gitlab: &GitLab, directory: &Path, settings: &Path, slots: usize) -> String {
    let call = |name: &str| {
        let (executor, settings) = (executor().display().to_string(), settings.display());
        format!("    {name}_exec = \"{executor}\"\n    {name}_args = [\"{name}\", \"--settings\", \"{settings}\"]\n")
    };
    format!(
        r#"concurrent = {slots}
check_interval = 1
[session_server]
[[runners]]
  name = "werf"
  url = "{url}"
  token = "{token}"
  executor = "custom"
  shell = "bash"
  output_limit = 16384
  builds_dir = "{builds}"
  cache_dir = "{cache}"
  [runners.custom]
{calls}    graceful_kill_timeout = 30
    force_kill_timeout = 5
"#,
        url = gitlab.url(),
        token = gitlab.runner_token(),
        builds = directory.join("builds").display(),
        cache = directory.join("cache").display(),
        calls = ["config", "prepare", "run", "cleanup"].map(call).concat(),
    )
}
