//! Which values the log hides beside those that the Runner hides itself.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use globset::GlobBuilder;
use globset::GlobSet;
use globset::GlobSetBuilder;
use serde_json::Value;

use crate::driver::protocol::JobVariables;
use crate::job::settings::Settings;
use crate::model::secret::Secret;

/// Keys of a kubeconfig whose values are secret.
const KUBE_KEYS: [&str; 3] = ["token:", "password:", "client-key-data:"];

/// Shorter values of variables that only look secret are not hidden: `DB_PASSWORD=test` would hide every `test`.
const SHORTEST: usize = 8;

/// Values that must not be seen: those GitLab masks, the job's variables that the settings name, and what the settings'
/// own credential files hold. A file that cannot be read hides nothing; whoever uses it will say so.
pub(super) fn hidden(settings: &Settings, masked: &[Secret], variables: &JobVariables) -> Vec<Secret> {
    let secret = patterns(&settings.mask.variables);
    let named = variables.iter().filter(|(name, value)| value.len() >= SHORTEST && secret.is_match(name));
    let named = named.map(|(_, value)| Secret::new(value));
    let registry = settings.registry.auth_file.as_deref().map(of_registry).unwrap_or_default();
    let cluster = settings.cluster.kubeconfig.as_deref().map(of_cluster).unwrap_or_default();
    let found = masked.iter().cloned().chain(named).chain(registry).chain(cluster);
    found.flat_map(|secret| [percent_encoded(&secret), secret]).collect()
}

/// The value as it stands in an address (`https://user:VALUE@host`).
fn percent_encoded(secret: &Secret) -> Secret {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    Secret::new(secret.reveal().bytes().map(encode).collect::<String>())
}

fn patterns(patterns: &[String]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        // The settings' own check has refused patterns that are none.
        if let Ok(glob) = GlobBuilder::new(pattern).case_insensitive(true).build() {
            set.add(glob);
        }
    }
    set.build().unwrap_or_default()
}

/// The passwords in a file of the form of Docker's `config.json`.
fn of_registry(file: &Path) -> Vec<Secret> {
    let document = fs::read(file).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok()).unwrap_or_default();
    let entries = document["auths"].as_object().into_iter().flat_map(|auths| auths.values());
    entries.flat_map(of_registry_entry).collect()
}

fn of_registry_entry(entry: &Value) -> Vec<Secret> {
    let auth = entry["auth"].as_str().unwrap_or_default();
    let login = STANDARD.decode(auth).ok().and_then(|login| String::from_utf8(login).ok()).unwrap_or_default();
    let password = login.split_once(':').map_or("", |(_, password)| password);
    let plain = ["password", "identitytoken", "registrytoken"].map(|key| entry[key].as_str().unwrap_or_default());
    plain.into_iter().chain([auth, password]).map(Secret::new).collect()
}

/// The secrets of a kubeconfig, found line by line: its form is simple, and reading it whole would cost every call.
fn of_cluster(file: &Path) -> Vec<Secret> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let values = text.lines().filter_map(|line| KUBE_KEYS.iter().find_map(|key| line.trim().strip_prefix(key)));
    values.map(|value| Secret::new(value.trim().trim_matches(['"', '\'']))).collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::hidden;
    use crate::driver::protocol::Contract;
    use crate::job::settings::Settings;
    use crate::model::secret::Secret;

    #[test]
    fn t23_what_the_settings_hold_is_hidden() {
        let directory = tempfile::tempdir().unwrap();
        let (auth, kube) = (directory.path().join("auth.json"), directory.path().join("kube"));
        std::fs::write(&auth, r#"{"auths": {"r:5000": {"auth": "dTpyZWdpc3RyeS1wYXNz"}}}"#).unwrap();
        std::fs::write(&kube, "users:\n- name: a\n  user:\n    token: \"cluster-token\"\n").unwrap();
        let text = format!("[registry]\nauth_file = {auth:?}\n[cluster]\nkubeconfig = {kube:?}\n");
        let variable = |name: &str, value: &str| (OsString::from(format!("CUSTOM_ENV_{name}")), OsString::from(value));
        let contract =
            Contract::read([variable("db_password", "of the database"), variable("CI_JOB_NAME", "a name")]).unwrap();
        let found = hidden(&Settings::parse(&text).unwrap(), &[Secret::new("masked")], &contract.variables);
        let mut found: Vec<_> = found.iter().map(Secret::reveal).filter(|value| !value.is_empty()).collect();
        found.sort_unstable();
        found.dedup();
        let expected = ["cluster-token", "dTpyZWdpc3RyeS1wYXNz", "masked", "of the database", "of%20the%20database"];
        assert_eq!(found[..5], expected);
        assert_eq!(found[5..], ["registry-pass"]);
    }
}
