//! The environment that a script starts with: an allow-list, never the driver's own.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ffi::OsString;

use crate::driver::workplace::Workplace;
use crate::job::identity::JOB_VARIABLE;
use crate::job::identity::JobKey;
use crate::job::settings::Settings;

/// The variable that tells a job's `werf` where to note how it failed.
pub const VERDICT_VARIABLE: &str = "GITLAB_WERF_EXECUTOR_VERDICT";

/// The variable that tells a job's `werf` the operator's settings.
pub const SETTINGS_VARIABLE: &str = "GITLAB_WERF_EXECUTOR_SETTINGS";

/// Where programs are looked for when the Runner's service has no PATH.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What scripts may see of the Runner's own environment.
const ALLOWED: &[&str] = &[
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TERM",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
];

/// The environment of a job's script, from the Runner's own (`host`), the settings, and the job's private directory.
///
/// The job's variables are not in it: the script that the Runner wrote exports them itself.
pub(super) fn script_environment(
    host: &BTreeMap<OsString, OsString>,
    settings: &Settings,
    workplace: &Workplace,
    key: &JobKey,
) -> BTreeMap<OsString, OsString> {
    let passes = |name: &OsStr| {
        name.to_str().is_some_and(|name| {
            ALLOWED.contains(&name)
                || name.starts_with("LC_")
                || settings.pass_environment.iter().any(|own| own == name)
        })
    };
    let mut environment: BTreeMap<OsString, OsString> =
        host.iter().filter(|(name, _)| passes(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut set = |name: &str, value: OsString| environment.insert(name.into(), value);
    set("PATH", path(host, workplace));
    set("TMPDIR", workplace.temporary().into());
    set("DOCKER_HOST", settings.engine.host.clone().into());
    set(JOB_VARIABLE, key.owner().to_string().into());
    set(VERDICT_VARIABLE, workplace.verdict().into());
    if settings.registry.auth_file.is_some() {
        set("DOCKER_CONFIG", workplace.docker_config().into());
    }
    if let Some(kubeconfig) = &settings.cluster.kubeconfig {
        set("KUBECONFIG", kubeconfig.into());
    }
    environment
}

/// The PATH of a job: its private programs, then the Runner's own PATH.
pub(crate) fn path(host: &BTreeMap<OsString, OsString>, workplace: &Workplace) -> OsString {
    let mut path = workplace.bin().into_os_string();
    path.push(":");
    path.push(
        host.get(OsStr::new("PATH")).filter(|path| !path.is_empty()).map_or(OsStr::new(DEFAULT_PATH), |path| path),
    );
    path
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ffi::OsStr;

    use super::script_environment;
    use crate::driver::workplace::Workplace;
    use crate::job::identity::JobKey;
    use crate::job::settings::Settings;

    #[test]
    fn t18_only_what_is_allowed_reaches_the_script() {
        let settings = Settings::parse("pass_environment = ['EXTRA']\n[cluster]\nkubeconfig = '/etc/kube'").unwrap();
        let key = JobKey::new("gitlab.example.com", 3, 7).unwrap();
        let workplace = Workplace::of(&settings, &key);
        let host = ["HOME", "LC_ALL", "EXTRA", "AWS_SECRET_ACCESS_KEY", "LD_PRELOAD", "GIT_SSH_COMMAND", "BASH_ENV"]
            .map(|name| (name.into(), "x".into()))
            .into_iter()
            .chain([("PATH".into(), "/usr/bin".into())])
            .collect::<BTreeMap<_, _>>();
        let environment = script_environment(&host, &settings, &workplace, &key);
        let names: Vec<_> = environment.keys().map(|name| name.to_str().unwrap()).collect();
        assert_eq!(
            names,
            [
                "DOCKER_HOST",
                "EXTRA",
                "GITLAB_WERF_EXECUTOR_JOB",
                "GITLAB_WERF_EXECUTOR_VERDICT",
                "HOME",
                "KUBECONFIG",
                "LC_ALL",
                "PATH",
                "TMPDIR"
            ]
        );
        let path = environment[OsStr::new("PATH")].to_str().unwrap();
        assert_eq!(path, format!("{}:/usr/bin", workplace.bin().display()));
    }
}
