//! `doctor`: checks what jobs will need, before they do.

mod runner_config;

use std::ffi::OsStr;
use std::ffi::OsString;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::cli::call::Call;
use crate::driver::checks;
use crate::driver::checks::Required;
use crate::driver::record::Records;
use crate::driver::settings_file;
use crate::job::settings::Settings;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Checks the host, the settings, GitLab Runner's config.toml, the engine and the cluster's credentials
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The settings of the executor; without it, those of the Runner's config.toml, else the defaults
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// GitLab Runner's configuration
    #[arg(long, value_name = "FILE", default_value = "/etc/gitlab-runner/config.toml")]
    config: PathBuf,
    /// Prints a JSON document instead of lines
    #[arg(long)]
    json: bool,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked.
    check: String,
    /// How it is.
    state: State,
    /// What was found, in one line.
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

/// How a checked thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// As it should be.
    Ok,
    /// Jobs run, but not all that they could.
    Warning,
    /// Jobs fail.
    Failed,
}

impl Finding {
    fn ok(check: &str, found: impl Into<String>) -> Self {
        Self { check: check.to_owned(), state: State::Ok, found: found.into(), fix: None }
    }

    fn warning(check: &str, found: impl Into<String>, fix: &str) -> Self {
        Self { check: check.to_owned(), state: State::Warning, found: found.into(), fix: Some(fix.to_owned()) }
    }

    fn failed(check: &str, found: impl Into<String>, fix: &str) -> Self {
        Self { check: check.to_owned(), state: State::Failed, found: found.into(), fix: Some(fix.to_owned()) }
    }

    fn of(check: &str, result: Result<String, Failure>) -> Self {
        match result {
            Ok(found) => Self::ok(check, found),
            Err(failure) => Self::failed(check, failure.to_string(), &failure.hints.join("; ")),
        }
    }

    fn line(&self) -> String {
        let state = match self.state {
            State::Ok => "ok     ",
            State::Warning => "warning",
            State::Failed => "FAILED ",
        };
        let fix = self.fix.as_deref().map(|fix| format!("\n        fix: {fix}")).unwrap_or_default();
        format!("{state} {}: {}{fix}\n", self.check, self.found)
    }
}

/// Carries `doctor` out; fails when a check does.
pub fn run(arguments: &DoctorArgs, call: &Call) -> Result<(), Failure> {
    let path = OsString::from(call.environment.get("PATH").unwrap_or_default());
    let config = runner_config::examine(&arguments.config, &path);
    let file = arguments.settings.clone().or(config.settings);
    let mut findings = config.findings;
    match settings_file::read(file.as_deref()) {
        Ok(settings) => {
            let name = file.map_or_else(|| "the defaults".to_owned(), |file| file.display().to_string());
            findings.push(Finding::ok("settings", name));
            findings.extend(host(&settings, &path, call.environment.home().as_deref()));
            findings.push(grace(&settings, config.graceful));
        }
        Err(failure) => findings.push(Finding::of("settings", Err(failure))),
    }
    call.print(text(&findings, arguments.json)?)?;
    let failed = findings.iter().filter(|finding| finding.state == State::Failed).count();
    if failed == 0 {
        return Ok(());
    }
    Err(Failure::new(Cause::HostIncomplete, format!("{failed} of {} checks failed", findings.len())))
}

fn text(findings: &[Finding], json: bool) -> Result<String, Failure> {
    if !json {
        return Ok(findings.iter().map(Finding::line).collect());
    }
    let document = serde_json::to_string_pretty(findings);
    document
        .map(|document| document + "\n")
        .map_err(|error| Failure::new(Cause::Defect, "write what was found").because(error))
}

fn host(settings: &Settings, path: &OsStr, home: Option<&Path>) -> Vec<Finding> {
    let mut findings: Vec<_> =
        Required::ALL.map(|required| Finding::of(required.program(), required.check(path))).into();
    findings.push(Finding::of("disk", checks::free_space(settings)));
    let records = Records::open(&settings.records_dir()).map(|_| settings.state_dir.display().to_string());
    findings.push(Finding::of("state_dir", records));
    findings.push(Finding::of("engine", checks::engine_answers(&settings.engine.host)));
    findings.push(cluster(settings, home));
    findings
}

/// Jobs can bring their own kubeconfig: none on the host is no failure.
fn cluster(settings: &Settings, home: Option<&Path>) -> Finding {
    match checks::cluster_credentials(settings, home) {
        Ok(found) => Finding::ok("cluster", found),
        Err(failure) => Finding::warning("cluster", failure.to_string(), &failure.hints.join("; ")),
    }
}

fn grace(settings: &Settings, graceful: Option<u64>) -> Finding {
    let grace = settings.grace.as_secs();
    match graceful {
        Some(graceful) if grace >= graceful => Finding::failed(
            "grace",
            format!("scripts get {grace} s to end, the driver only {graceful} s: the Runner kills it before"),
            "make `grace` of the settings smaller than `graceful_kill_timeout` of config.toml",
        ),
        _ => Finding::ok("grace", format!("scripts get {grace} s to end")),
    }
}
