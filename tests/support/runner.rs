//! A Runner of ours: calls the real program as GitLab Runner 12.7, 17 and 19 do.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;

use super::runner_call::Call;
use super::runner_call::Outcome;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_gitlab-werf-executor");

/// Which Runner this one behaves as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// 12.7: no response file, no `job_env`, no exit-code file, the Runner's own process group, one pipe.
    Twelve,
    /// 17: all of these, and two pipes.
    Seventeen,
    /// 19: as 17, with a timestamp before every line.
    Nineteen,
}

/// A Runner with one job.
pub(crate) struct FakeRunner {
    root: tempfile::TempDir,
    era: Era,
    /// The job's variables.
    pub(crate) variables: BTreeMap<String, String>,
    /// The job as GitLab sent it.
    pub(crate) response: Value,
    /// Variables of the Runner's service.
    pub(crate) host: BTreeMap<String, String>,
    job_env: BTreeMap<String, String>,
    scripts: usize,
}

/// What happens to a job from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancel {
    /// `canceling`: the user's script ends, everything after it runs.
    Canceling,
    /// `canceled`, a timeout, or the Runner's own end: straight to `cleanup`.
    Canceled,
}

impl FakeRunner {
    pub(crate) fn new(era: Era) -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["bin", "home", "tmp/custom-executor1"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        symlink("/bin/true", root.path().join("bin/gitlab-runner")).unwrap();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", root.path().join("bin").display());
        let host = [("PATH", path), ("HOME", root.path().join("home").display().to_string())];
        let runner = Self {
            era,
            variables: variables(),
            response: response(),
            host: host.map(|(name, value)| (name.to_owned(), value)).into(),
            job_env: BTreeMap::new(),
            scripts: 0,
            root,
        };
        runner.settings("");
        runner
    }

    /// The directory of everything.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// Writes the settings: what is needed here, and `more`.
    pub(crate) fn settings(&self, more: &str) {
        let text = format!("state_dir = '{}/state'\ngrace = '2s'\n{more}", self.root().display());
        fs::write(self.root().join("settings.toml"), text).unwrap();
    }

    /// Sets a variable of the job, as its `.gitlab-ci.yml` would.
    pub(crate) fn variable(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
        let entry = json!({"key": name, "value": value, "public": true, "masked": false});
        self.response["variables"].as_array_mut().unwrap().push(entry);
    }

    /// What the executor keeps: the names of the records, and of the private directories.
    pub(crate) fn kept(&self) -> Vec<String> {
        let names = |folder: &str| {
            let entries = fs::read_dir(self.root().join("state").join(folder)).into_iter().flatten();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
        };
        [names("records"), names("jobs")].concat()
    }

    /// `config` and `prepare`, up to three times, with `cleanup` after each failure; the calls in their order.
    pub(crate) fn begin(&mut self) -> Result<Vec<Outcome>, Vec<Outcome>> {
        let mut calls = Vec::new();
        for _ in 0..3 {
            calls.push(self.config());
            let mut well = calls.last().unwrap().code == 0;
            if well {
                self.know_project_dir();
                calls.push(self.call(&["prepare"]).finish());
                well = calls.last().unwrap().code == 0;
            }
            if well {
                return Ok(calls);
            }
            let retries = calls.last().unwrap().code != self.build_failure();
            calls.push(self.cleanup());
            if !retries {
                break;
            }
        }
        Err(calls)
    }

    /// Begins a job that must begin.
    pub(crate) fn begun(mut self) -> Self {
        if let Err(calls) = self.begin() {
            panic!("{}", calls.iter().map(ToString::to_string).collect::<String>());
        }
        self
    }

    /// `config`; its answer is taken to heart.
    pub(crate) fn config(&mut self) -> Outcome {
        let outcome = self.call(&["config"]).finish();
        if outcome.code == 0 {
            let answer: Value = serde_json::from_str(&outcome.stdout).unwrap();
            let builds = answer["builds_dir"].as_str().unwrap();
            self.variables.insert("CI_BUILDS_DIR".to_owned(), builds.to_owned());
            if self.era != Era::Twelve {
                self.job_env = serde_json::from_value(answer["job_env"].clone()).unwrap();
            }
        }
        outcome
    }

    pub(crate) fn cleanup(&self) -> Outcome {
        self.call(&["cleanup"]).finish()
    }

    /// One run stage to its end.
    pub(crate) fn run(&mut self, stage: &str, script: &str) -> Outcome {
        self.start(stage, script).finish()
    }

    /// One run stage, begun.
    pub(crate) fn start(&mut self, stage: &str, script: &str) -> Call {
        let file = self.script(script);
        self.call(&["run", file.to_str().unwrap(), stage])
    }

    /// A job from its user's script on, cancelled when the script has written `ready`; the run stages that were called.
    pub(crate) fn cancelled_job(&mut self, script: &str, cancel: Cancel) -> Vec<(String, Outcome)> {
        let call = self.start("build_script", script);
        call.wait_for("ready");
        call.signal(rustix::process::Signal::TERM);
        let mut stages = vec![("build_script".to_owned(), call.finish())];
        let goes_on = cancel == Cancel::Canceling && self.era != Era::Twelve;
        if goes_on {
            self.variables.insert("CI_JOB_STATUS".to_owned(), "canceled".to_owned());
            for stage in ["after_script", "upload_artifacts_on_failure", "cleanup_file_variables"] {
                stages.push((stage.to_owned(), self.run(stage, "echo going on")));
            }
        }
        stages.push(("cleanup".to_owned(), self.cleanup()));
        stages
    }

    /// A person's call, such as `gc`.
    pub(crate) fn operator(&self, arguments: &[&str]) -> Outcome {
        self.call(arguments).finish()
    }

    /// Starts the program with the environment that this Runner gives.
    pub(crate) fn call(&self, arguments: &[&str]) -> Call {
        self.try_call(arguments).expect("start the driver")
    }

    /// Starts the program, if the system lets it.
    pub(crate) fn try_call(&self, arguments: &[&str]) -> std::io::Result<Call> {
        let mut command = Command::new(PROGRAM);
        command.args(&arguments[..1]).arg("--settings").arg(self.root().join("settings.toml")).args(&arguments[1..]);
        command.env_clear().envs(self.environment()).current_dir(self.temp_dir()).stdin(Stdio::null());
        if self.era == Era::Twelve {
            let (reader, writer) = std::io::pipe()?;
            let child = command.stdout(writer.try_clone()?).stderr(writer).spawn()?;
            // The command holds the writing end until it is dropped.
            drop(command);
            return Ok(Call::new(child, false, vec![Box::new(reader)], None));
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn()?;
        let pipes: Vec<Box<dyn Read + Send>> =
            vec![Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        Ok(Call::new(child, true, pipes, Some(self.exit_code_file())))
    }

    /// The environment of a call.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let mut environment = self.host.clone();
        let mut set = |name: &str, value: String| environment.insert(name.to_owned(), value);
        set("TMPDIR", self.temp_dir().display().to_string());
        for (name, code) in [("BUILD_FAILURE_EXIT_CODE", "1"), ("SYSTEM_FAILURE_EXIT_CODE", "2")] {
            let code = self.host.get(name).map_or(code, String::as_str);
            set(name, code.to_owned());
        }
        if self.era != Era::Twelve {
            let file = self.temp_dir().join("response.json");
            fs::write(&file, self.response.to_string()).unwrap();
            set("JOB_RESPONSE_FILE", file.display().to_string());
            set("BUILD_EXIT_CODE_FILE", self.exit_code_file().display().to_string());
        }
        environment.extend(self.job_env.clone());
        environment.extend(self.variables.iter().map(|(name, value)| (format!("CUSTOM_ENV_{name}"), value.clone())));
        environment
    }

    /// The log as the job log shows it: since 18.7 every line has a timestamp.
    pub(crate) fn shown(&self, outcome: &Outcome) -> String {
        if self.era != Era::Nineteen {
            return outcome.stdout.clone();
        }
        outcome.stdout.lines().flat_map(|line| ["2026-01-01T00:00:00.000000Z 01O ", line, "\n"]).collect()
    }

    /// Where the script's exit code goes.
    pub(crate) fn exit_code_file(&self) -> PathBuf {
        self.temp_dir().join("build_exit_code")
    }

    fn temp_dir(&self) -> PathBuf {
        self.root().join("tmp/custom-executor1")
    }

    fn build_failure(&self) -> i32 {
        self.host.get("BUILD_FAILURE_EXIT_CODE").map_or(1, |code| code.parse().unwrap())
    }

    /// `config` has told where jobs are checked out.
    fn know_project_dir(&mut self) {
        let builds = self.variables["CI_BUILDS_DIR"].clone();
        self.variables.entry("CI_PROJECT_DIR".to_owned()).or_insert_with(|| format!("{builds}/abcdefgh/0/group/app"));
    }

    fn script(&mut self, text: &str) -> PathBuf {
        self.scripts += 1;
        let folder = self.temp_dir().join(format!("script{}", self.scripts));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(if self.era == Era::Twelve { "script." } else { "script" });
        fs::write(&file, format!("#!/usr/bin/env bash\nset -eo pipefail\n{text}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o700)).unwrap();
        file
    }
}

fn variables() -> BTreeMap<String, String> {
    [
        ("CI_JOB_ID", "345"),
        ("CI_JOB_NAME", "Build"),
        ("CI_JOB_STAGE", "test"),
        ("CI_PROJECT_ID", "12"),
        ("CI_SERVER_URL", "https://gitlab.example.com"),
        ("CI_RUNNER_VERSION", "17.5.5"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn response() -> Value {
    json!({
        "id": 345, "token": "job-token-0123456789", "allow_git_fetch": true,
        "job_info": {"name": "Build", "stage": "test", "project_id": 12, "project_name": "app"},
        "git_info": {"repo_url": "https://gitlab-ci-token:job-token-0123456789@gitlab.example.com/group/app.git",
                     "ref": "main", "sha": "0000000000000000000000000000000000000000", "refspecs": [], "depth": 20},
        "runner_info": {"timeout": 3600}, "variables": [], "services": null, "image": {}, "cache": [],
        "steps": [{"name": "script", "script": ["true"], "timeout": 3600, "when": "on_success"}],
        "features": {"trace_sections": true, "failure_reasons": ["script_failure"]},
    })
}
