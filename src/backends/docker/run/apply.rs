//! What the flags of `docker run` mean for a container.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::io;
use std::path::Path;

use bollard::models::ContainerCreateBody;
use bollard::models::EndpointSettings;
use bollard::models::HealthConfig;
use bollard::models::HostConfig;
use bollard::models::HostConfigLogConfig;
use bollard::models::NetworkingConfig;
use serde::Deserialize;
use serde::Serialize;

use crate::backends::docker::run::flags;
use crate::backends::docker::run::flags::Flag;
use crate::backends::docker::run::flags::FlagError;
use crate::backends::docker::run::value;

/// What the flags of `docker run` say. Everything that is the engine's own is in its form already.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is one switch of a command line")]
pub struct RunOptions {
    /// `-d`: run in the background.
    pub detach: bool,
    /// `-i`: pass our input on.
    pub interactive: bool,
    /// `-t`: give it a terminal.
    pub tty: bool,
    /// `--rm`: remove it when it has ended.
    pub remove: bool,
    /// `--name`.
    pub name: Option<String>,
    /// `--platform`; empty for the engine's own.
    pub platform: String,
    /// `-l`.
    pub labels: BTreeMap<String, String>,
    env: Vec<String>,
    env_files: Vec<String>,
    volumes: Vec<String>,
    aliases: Vec<String>,
    container: ContainerCreateBody,
    host: HostConfig,
}

impl RunOptions {
    /// Reads flags as they stand on `docker run`'s command line before the image.
    pub fn parse(words: &[String]) -> Result<Self, FlagError> {
        let mut options = Self::default();
        for (flag, text) in flags::read(words)? {
            // Each takes the flags it knows; a test holds that none is left.
            let _known = options.own(flag, &text)
                || options.resource(flag, &text)?
                || options.container(flag, &text)?
                || options.host(flag, &text)?;
        }
        Ok(options)
    }

    /// `NAME=VALUE` of `--env-file` and `-e`, in that order; a name alone is taken from `from`, and left out when it is
    /// not there. Relative files begin at `dir`.
    pub(super) fn environment(&self, from: &BTreeMap<String, String>, dir: &Path) -> io::Result<Vec<String>> {
        let mut words = Vec::new();
        for file in &self.env_files {
            let path = dir.join(file);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| io::Error::new(error.kind(), format!("read `{}`: {error}", path.display())))?;
            let lines = text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
            words.extend(lines.map(str::to_owned));
        }
        words.extend(self.env.iter().cloned());
        let full = |word: String| {
            if word.contains('=') { Some(word) } else { from.get(&word).map(|value| format!("{word}={value}")) }
        };
        Ok(words.into_iter().filter_map(full).collect())
    }

    /// The engine's form of all flags but labels and environment. Relative sources of `-v` begin at `dir`.
    pub(super) fn body(&self, dir: &Path) -> ContainerCreateBody {
        let mut body = self.container.clone();
        let mut host = self.host.clone();
        let foreground = !self.detach;
        (body.attach_stdout, body.attach_stderr) = (Some(foreground), Some(foreground));
        (body.attach_stdin, body.open_stdin) = (Some(foreground && self.interactive), Some(self.interactive));
        (body.stdin_once, body.tty) = (Some(foreground && self.interactive), Some(self.tty));
        // In the foreground we remove it ourselves, after its exit code is read.
        host.auto_remove = Some(self.detach && self.remove);
        let (binds, anonymous): (Vec<_>, Vec<_>) = self.volumes.iter().partition(|volume| volume.contains(':'));
        host.binds = Some(binds.into_iter().map(|bind| absolute(bind, dir)).collect());
        body.volumes = Some(anonymous.into_iter().cloned().collect());
        body.networking_config = self.networking();
        body.host_config = Some(host);
        body
    }

    fn networking(&self) -> Option<NetworkingConfig> {
        let network = self.host.network_mode.clone().filter(|_| !self.aliases.is_empty())?;
        let settings = EndpointSettings { aliases: Some(self.aliases.clone()), ..EndpointSettings::default() };
        Some(NetworkingConfig { endpoints_config: Some(HashMap::from([(network, settings)])) })
    }

    /// Flags about the run itself.
    fn own(&mut self, flag: &Flag, text: &str) -> bool {
        let is = text == "true";
        match flag.long {
            "detach" => self.detach = is,
            "interactive" => self.interactive = is,
            "tty" => self.tty = is,
            "rm" => self.remove = is,
            "name" => self.name = Some(text.to_owned()),
            "platform" => text.clone_into(&mut self.platform),
            "label" => self.labels.extend([value::pair(text)]),
            "env" => self.env.push(text.to_owned()),
            "env-file" => self.env_files.push(text.to_owned()),
            "volume" => self.volumes.push(text.to_owned()),
            "network-alias" => self.aliases.push(text.to_owned()),
            _ => return false,
        }
        true
    }

    /// Flags that limit what it may use.
    fn resource(&mut self, flag: &Flag, text: &str) -> Result<bool, FlagError> {
        let bad = |why| flags::bad(flag, text, why);
        let host = &mut self.host;
        match flag.long {
            "memory" => host.memory = Some(value::bytes(text).map_err(bad)?),
            "memory-reservation" => host.memory_reservation = Some(value::bytes(text).map_err(bad)?),
            "memory-swap" if text == "-1" => host.memory_swap = Some(-1),
            "memory-swap" => host.memory_swap = Some(value::bytes(text).map_err(bad)?),
            "shm-size" => host.shm_size = Some(value::bytes(text).map_err(bad)?),
            "cpus" => host.nano_cpus = Some(value::cpus(text).map_err(bad)?),
            "cpu-shares" => host.cpu_shares = Some(value::number(text).map_err(bad)?),
            "cpuset-cpus" => host.cpuset_cpus = Some(text.to_owned()),
            "pids-limit" => host.pids_limit = Some(value::number(text).map_err(bad)?),
            "ulimit" => host.ulimits.get_or_insert_default().push(value::ulimit(text).map_err(bad)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Flags about the program in it.
    fn container(&mut self, flag: &Flag, text: &str) -> Result<bool, FlagError> {
        let body = &mut self.container;
        match flag.long {
            "entrypoint" => body.entrypoint = Some(vec![text.to_owned()]),
            "user" => body.user = Some(text.to_owned()),
            "workdir" => body.working_dir = Some(text.to_owned()),
            "hostname" => body.hostname = Some(text.to_owned()),
            "stop-signal" => body.stop_signal = Some(text.to_owned()),
            "stop-timeout" => {
                body.stop_timeout = Some(value::number(text).map_err(|why| flags::bad(flag, text, why))?);
            }
            "expose" => self.expose(flag, text)?,
            "no-healthcheck" if text == "true" => {
                body.healthcheck =
                    Some(HealthConfig { test: Some(vec!["NONE".to_owned()]), ..HealthConfig::default() });
            }
            "no-healthcheck" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn expose(&mut self, flag: &Flag, text: &str) -> Result<(), FlagError> {
        let ports = value::ports(text).map_err(|why| flags::bad(flag, text, why))?;
        self.container.exposed_ports.get_or_insert_default().extend(ports.into_iter().map(|(port, _)| port));
        Ok(())
    }

    fn publish(&mut self, flag: &Flag, text: &str) -> Result<(), FlagError> {
        let ports = value::ports(text).map_err(|why| flags::bad(flag, text, why))?;
        for (port, binding) in ports {
            self.container.exposed_ports.get_or_insert_default().push(port.clone());
            let bindings = self.host.port_bindings.get_or_insert_default().entry(port).or_default();
            bindings.get_or_insert_default().push(binding);
        }
        Ok(())
    }

    /// Flags about its place on the host.
    fn host(&mut self, flag: &Flag, text: &str) -> Result<bool, FlagError> {
        let bad = |why| flags::bad(flag, text, why);
        if flag.long == "publish" {
            return self.publish(flag, text).map(|()| true);
        }
        let (host, text_owned, is) = (&mut self.host, text.to_owned(), text == "true");
        match flag.long {
            "add-host" => host.extra_hosts.get_or_insert_default().push(value::host(text).map_err(bad)?),
            "cap-add" => host.cap_add.get_or_insert_default().push(text_owned),
            "cap-drop" => host.cap_drop.get_or_insert_default().push(text_owned),
            "device" => host.devices.get_or_insert_default().push(value::device(text)),
            "dns" => host.dns.get_or_insert_default().push(text_owned),
            "group-add" => host.group_add.get_or_insert_default().push(text_owned),
            "init" => host.init = Some(is),
            "ipc" => host.ipc_mode = Some(text_owned),
            "link" => host.links.get_or_insert_default().push(text_owned),
            "log-driver" => log(host).typ = Some(text_owned),
            "log-opt" => log(host).config.get_or_insert_default().extend([value::pair(text)]),
            "mount" => host.mounts.get_or_insert_default().push(value::mount(text).map_err(bad)?),
            "network" => host.network_mode = Some(text_owned),
            "pid" => host.pid_mode = Some(text_owned),
            "privileged" => host.privileged = Some(is),
            "publish-all" => host.publish_all_ports = Some(is),
            "read-only" => host.readonly_rootfs = Some(is),
            "restart" => host.restart_policy = Some(value::restart(text).map_err(bad)?),
            "security-opt" => host.security_opt.get_or_insert_default().push(text_owned),
            "sysctl" => host.sysctls.get_or_insert_default().extend([value::pair(text)]),
            "tmpfs" => host.tmpfs.get_or_insert_default().extend([value::tmpfs(text)]),
            "userns" => host.userns_mode = Some(text_owned),
            "volumes-from" => host.volumes_from.get_or_insert_default().push(text_owned),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn log(host: &mut HostConfig) -> &mut HostConfigLogConfig {
    host.log_config.get_or_insert_default()
}

/// `-v ./data:/data` begins at `dir`; a name without `/` is a volume's.
fn absolute(bind: &str, dir: &Path) -> String {
    let (source, rest) = bind.split_once(':').unwrap_or((bind, ""));
    let relative = source.starts_with("./") || source.starts_with("../") || matches!(source, "." | "..");
    if relative { format!("{}:{rest}", dir.join(source).display()) } else { bind.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use serde_json::Value;
    use serde_json::json;

    use super::RunOptions;
    use crate::backends::docker::run::flags::FlagError;

    fn parse(text: &str) -> Result<RunOptions, FlagError> {
        RunOptions::parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    fn body(text: &str) -> Value {
        serde_json::to_value(parse(text).unwrap().body(Path::new("/builds/p"))).unwrap()
    }

    #[test]
    fn the_flags_of_jobs_reach_the_engine() {
        let body = body(
            "-d --rm -p 8080:80 -v /a:/b:ro -v data:/data -v ./c:/c -v /anonymous --network host --restart always -w /app \
             -u 1000 --entrypoint sh --add-host db:10.0.0.1 --memory 64m --cpus 1.5 --tmpfs /run:size=1m --ulimit nofile=9",
        );
        let host = &body["HostConfig"];
        assert_eq!(body["Entrypoint"], json!(["sh"]));
        assert_eq!((&body["WorkingDir"], &body["User"]), (&json!("/app"), &json!("1000")));
        assert_eq!(body["Volumes"], json!({"/anonymous": {}}));
        assert_eq!(body["ExposedPorts"], json!({"80/tcp": {}}));
        assert_eq!(host["Binds"], json!(["/a:/b:ro", "data:/data", "/builds/p/./c:/c"]));
        assert_eq!(host["PortBindings"], json!({"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}));
        assert_eq!((&host["NetworkMode"], &host["AutoRemove"]), (&json!("host"), &json!(true)));
        assert_eq!(host["RestartPolicy"], json!({"Name": "always"}));
        assert_eq!((&host["Memory"], &host["NanoCpus"]), (&json!(67_108_864), &json!(1_500_000_000)));
        assert_eq!((&host["Tmpfs"], &host["ExtraHosts"]), (&json!({"/run": "size=1m"}), &json!(["db:10.0.0.1"])));
        assert_eq!(host["Ulimits"], json!([{"Name": "nofile", "Soft": 9, "Hard": 9}]));
    }

    #[test]
    fn in_the_foreground_we_are_attached_and_remove_it_ourselves() {
        let body = body("-it --rm");
        assert_eq!(
            (&body["Tty"], &body["OpenStdin"], &body["AttachStdin"]),
            (&json!(true), &json!(true), &json!(true))
        );
        assert_eq!(body["HostConfig"]["AutoRemove"], json!(false));
    }

    #[test]
    fn environment_comes_from_files_then_flags_then_ours() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("env"), "# comment\n\nA=file\n  B=x y\nGIVEN\n").unwrap();
        let options = parse("--env-file env -e A=flag -e ABSENT").unwrap();
        let from = BTreeMap::from([("GIVEN".to_owned(), "yes".to_owned())]);
        let words = options.environment(&from, dir.path()).unwrap();
        assert_eq!(words, ["A=file", "B=x y", "GIVEN=yes", "A=flag"]);
        let error = parse("--env-file missing").unwrap().environment(&from, dir.path()).unwrap_err();
        assert!(error.to_string().starts_with("read `"), "{error}");
    }

    #[test]
    fn every_known_flag_does_something() {
        for word in crate::backends::docker::run::flags::all() {
            let text = match word {
                "memory" | "memory-reservation" | "memory-swap" | "shm-size" => "1m",
                "cpus" | "cpu-shares" | "pids-limit" | "stop-timeout" | "expose" | "publish" => "1",
                "ulimit" => "a=1",
                "restart" => "no",
                "mount" => "target=/a",
                "add-host" => "a:b",
                "network-alias" => "a --network=n",
                _ => "true",
            };
            assert_ne!(parse(&format!("--{word}={text}")), Ok(RunOptions::default()), "{word}");
        }
    }

    #[test]
    fn a_bad_value_names_its_flag() {
        let error = parse("--memory lots").unwrap_err().to_string();
        assert_eq!(
            error,
            "the flag `--memory` of `docker run` cannot be `lots`: it is a number with `b`, `k`, `m`, `g` or `t`"
        );
    }
}
