//! GitLab Runner's config.toml, as far as it decides over this executor's jobs.

use std::ffi::OsStr;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;

use super::Finding;
use crate::driver::checks;

/// The Runner waits no longer for a `run` after a cancel, whatever its config.toml says.
const RUNNER_WAITS: u64 = 300;

/// The Runner's own defaults, in seconds.
const DEFAULT_GRACEFUL: u64 = 600;
const DEFAULT_FORCE: u64 = 10;
const DEFAULT_TIMEOUT: u64 = 3600;

/// A `config`, `prepare` or `cleanup` that takes longer hangs.
const SENSIBLE_TIMEOUT: u64 = 600;

/// The Runner's default limit of a job log, in KiB; builds and deploys write more.
const DEFAULT_OUTPUT_LIMIT: u64 = 4096;

#[derive(Debug, Deserialize)]
struct RunnerConfig {
    #[serde(default = "one")]
    concurrent: u64,
    #[serde(default)]
    runners: Vec<RunnerSection>,
}

#[derive(Debug, Deserialize)]
struct RunnerSection {
    #[serde(default)]
    name: String,
    #[serde(default)]
    executor: String,
    #[serde(default)]
    limit: u64,
    #[serde(default)]
    builds_dir: String,
    #[serde(default)]
    output_limit: u64,
    #[serde(default)]
    custom: Custom,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Custom {
    config_exec: String,
    config_args: Vec<String>,
    config_exec_timeout: u64,
    prepare_exec: String,
    prepare_exec_timeout: u64,
    run_exec: String,
    run_args: Vec<String>,
    cleanup_exec: String,
    cleanup_exec_timeout: u64,
    graceful_kill_timeout: u64,
    force_kill_timeout: u64,
}

fn one() -> u64 {
    1
}

/// What config.toml says, judged.
#[derive(Debug)]
pub(super) struct Examined {
    /// What was found.
    pub(super) findings: Vec<Finding>,
    /// The settings file that its `run_args` name.
    pub(super) settings: Option<PathBuf>,
    /// The time from SIGTERM to SIGKILL of a driver, in seconds.
    pub(super) graceful: Option<u64>,
}

/// Reads and judges the Runner's configuration at `file`; `path` is where programs are looked for.
pub(super) fn examine(file: &Path, path: &OsStr) -> Examined {
    let none = |finding| Examined { findings: vec![finding], settings: None, graceful: None };
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            let fix = "run `doctor` as the Runner's user, or name the file with `--config FILE`";
            return none(Finding::failed("config.toml", format!("`{}`: {error}", file.display()), fix));
        }
    };
    match toml::from_str::<RunnerConfig>(&text) {
        Ok(config) => judge(&config, path),
        Err(error) => {
            let found = format!("`{}`: {}", file.display(), error.message());
            none(Finding::failed("config.toml", found, "mend the file; `gitlab-runner verify` reads it, too"))
        }
    }
}

fn judge(config: &RunnerConfig, path: &OsStr) -> Examined {
    let ours: Vec<_> = config.runners.iter().filter(|runner| is_ours(runner)).collect();
    let mut findings: Vec<_> = ours.iter().flat_map(|runner| judge_runner(runner, path)).collect();
    if ours.is_empty() {
        let fix = "register one as in config.toml.example";
        findings.push(Finding::failed("config.toml", "no runner has this executor", fix));
    } else {
        findings.push(slots(config, &ours));
    }
    let settings = ours.iter().find_map(|runner| settings_of(&runner.custom.run_args));
    let graceful = ours.iter().map(|runner| or(runner.custom.graceful_kill_timeout, DEFAULT_GRACEFUL)).min();
    Examined { findings, settings, graceful }
}

fn is_ours(runner: &RunnerSection) -> bool {
    let program = Path::new(&runner.custom.run_exec).file_name().unwrap_or_default();
    runner.executor == "custom" && program == env!("CARGO_PKG_NAME")
}

fn settings_of(arguments: &[String]) -> Option<PathBuf> {
    let joined = arguments.iter().find_map(|argument| argument.strip_prefix("--settings="));
    let follows = arguments.windows(2).find(|pair| pair[0] == "--settings").map(|pair| pair[1].as_str());
    joined.or(follows).map(PathBuf::from)
}

fn judge_runner(runner: &RunnerSection, path: &OsStr) -> Vec<Finding> {
    vec![
        calls(runner, path),
        same_settings(runner),
        kill_timeouts(runner),
        call_timeouts(runner),
        builds_dir(runner),
        output_limit(runner),
    ]
}

fn named(runner: &RunnerSection, check: &str) -> String {
    format!("runner `{}`: {check}", runner.name)
}

fn calls(runner: &RunnerSection, path: &OsStr) -> Finding {
    let check = named(runner, "calls");
    let custom = &runner.custom;
    for (key, program) in [
        ("config_exec", &custom.config_exec),
        ("prepare_exec", &custom.prepare_exec),
        ("run_exec", &custom.run_exec),
        ("cleanup_exec", &custom.cleanup_exec),
    ] {
        if program.is_empty() {
            return Finding::failed(&check, format!("`{key}` is not set"), "set all four as in config.toml.example");
        }
        if !Path::new(program).is_file() && checks::find(path, program).is_none() {
            let fix = "install the executor there, or mend the path";
            return Finding::failed(&check, format!("`{key}` names `{program}`, which is not there"), fix);
        }
    }
    Finding::ok(&check, "all four are set")
}

fn same_settings(runner: &RunnerSection) -> Finding {
    let check = named(runner, "settings");
    let (config, run) = (settings_of(&runner.custom.config_args), settings_of(&runner.custom.run_args));
    if config != run {
        let fix = "give all four calls the same `--settings FILE`";
        return Finding::failed(&check, "`config_args` and `run_args` name different settings", fix);
    }
    Finding::ok(&check, run.map_or_else(|| "the defaults".to_owned(), |file| file.display().to_string()))
}

fn kill_timeouts(runner: &RunnerSection) -> Finding {
    let graceful = or(runner.custom.graceful_kill_timeout, DEFAULT_GRACEFUL);
    let force = or(runner.custom.force_kill_timeout, DEFAULT_FORCE);
    let check = named(runner, "kill timeouts");
    let found = format!("graceful_kill_timeout {graceful} s + force_kill_timeout {force} s");
    if graceful + force >= RUNNER_WAITS {
        let found = format!("{found}: after {RUNNER_WAITS} s the Runner cleans up beside a `run` that still ends");
        return Finding::failed(&check, found, "set graceful_kill_timeout = 60 and force_kill_timeout = 10");
    }
    Finding::ok(&check, found)
}

fn call_timeouts(runner: &RunnerSection) -> Finding {
    let custom = &runner.custom;
    let longest = [custom.config_exec_timeout, custom.prepare_exec_timeout, custom.cleanup_exec_timeout]
        .map(|timeout| or(timeout, DEFAULT_TIMEOUT))
        .into_iter()
        .max()
        .unwrap_or(DEFAULT_TIMEOUT);
    let check = named(runner, "call timeouts");
    if longest > SENSIBLE_TIMEOUT {
        let found = format!("a call that hangs may hold a job for {longest} s, `prepare` three times");
        let fix = "set config_exec_timeout, prepare_exec_timeout and cleanup_exec_timeout to 60, 120 and 300";
        return Finding::warning(&check, found, fix);
    }
    Finding::ok(&check, format!("at most {longest} s"))
}

fn builds_dir(runner: &RunnerSection) -> Finding {
    let check = named(runner, "builds_dir");
    if runner.builds_dir.is_empty() {
        return Finding::ok(&check, "left to the settings");
    }
    if !Path::new(&runner.builds_dir).is_absolute() {
        let fix = "remove it: the executor tells the Runner `builds_dir` of its settings";
        return Finding::failed(&check, format!("`{}` is not absolute", runner.builds_dir), fix);
    }
    Finding::warning(
        &check,
        format!("`{}` loses against `builds_dir` of the settings", runner.builds_dir),
        "remove it from config.toml",
    )
}

fn output_limit(runner: &RunnerSection) -> Finding {
    let limit = or(runner.output_limit, DEFAULT_OUTPUT_LIMIT);
    let check = named(runner, "output_limit");
    if limit <= DEFAULT_OUTPUT_LIMIT {
        let found = format!("{limit} KiB: the end of a longer job log, with the cause of a failure, is lost");
        return Finding::warning(&check, found, "set output_limit = 16384");
    }
    Finding::ok(&check, format!("{limit} KiB"))
}

fn slots(config: &RunnerConfig, ours: &[&RunnerSection]) -> Finding {
    let limit: u64 = ours.iter().map(|runner| or(runner.limit, config.concurrent)).sum();
    let slots = limit.min(config.concurrent);
    Finding::ok("slots", format!("{slots} of {} concurrent jobs can be this executor's", config.concurrent))
}

fn or(value: u64, default: u64) -> u64 {
    if value == 0 { default } else { value }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::RunnerConfig;
    use super::judge;

    fn lines(custom: &str) -> String {
        let text = format!(
            "concurrent = 4\n[[runners]]\nname = 'w'\nexecutor = 'custom'\noutput_limit = 16384\n[runners.custom]\n{custom}"
        );
        let config: RunnerConfig = toml::from_str(&text).unwrap();
        judge(&config, OsStr::new("/nonexistent")).findings.iter().map(super::Finding::line).collect()
    }

    const CALL: &str = "run_exec = '/opt/gitlab-werf-executor'\n";

    #[test]
    fn the_runners_defaults_are_a_trap() {
        let found = lines(CALL);
        assert!(found.contains("FAILED  runner `w`: calls: `config_exec` is not set"), "{found}");
        assert!(found.contains("FAILED  runner `w`: kill timeouts: graceful_kill_timeout 600 s"), "{found}");
        assert!(
            found.contains("warning runner `w`: call timeouts: a call that hangs may hold a job for 3600 s"),
            "{found}"
        );
    }

    #[test]
    fn timeouts_that_fit_are_fine() {
        let found = lines(&format!("{CALL}graceful_kill_timeout = 60\nforce_kill_timeout = 10\n"));
        assert!(found.contains("ok      runner `w`: kill timeouts"), "{found}");
        assert!(found.contains("ok      slots: 4 of 4"), "{found}");
    }

    #[test]
    fn the_settings_of_the_calls_are_found() {
        let config: RunnerConfig = toml::from_str(&format!(
            "[[runners]]\nexecutor = 'custom'\n[runners.custom]\n{CALL}run_args = ['run', '--settings', '/etc/s.toml']\n"
        ))
        .unwrap();
        let examined = judge(&config, OsStr::new(""));
        assert_eq!(examined.settings.unwrap().to_str(), Some("/etc/s.toml"));
        assert!(examined.findings.iter().any(|finding| finding.line().contains("name different settings")));
    }
}
