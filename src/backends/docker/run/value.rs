//! Values of `docker run`'s flags.

use std::collections::HashMap;

use bollard::models::DeviceMapping;
use bollard::models::Mount;
use bollard::models::MountTmpfsOptions;
use bollard::models::MountType;
use bollard::models::PortBinding;
use bollard::models::ResourcesUlimits;
use bollard::models::RestartPolicy;
use bollard::models::RestartPolicyNameEnum;

/// What can stand in `--mount`.
const MOUNT_KEYS: &[&str] =
    &["type", "source", "src", "target", "destination", "dst", "readonly", "ro", "tmpfs-size", "tmpfs-mode"];

/// A number of bytes with an optional unit: `512m`, `1.5GiB`, `64kb`.
pub(super) fn bytes(text: &str) -> Result<i64, String> {
    let refuse = || "it is a number with `b`, `k`, `m`, `g` or `t`".to_owned();
    let lower = text.trim().to_ascii_lowercase();
    let digits = lower.trim_end_matches(|character: char| character.is_ascii_alphabetic() || character == ' ');
    let factor: u32 = match lower.get(digits.len()..).unwrap_or_default().trim() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        _ => return Err(refuse()),
    };
    let factor = 1024_i64.pow(factor);
    let whole = digits.parse::<i64>().ok().and_then(|number| number.checked_mul(factor));
    whole.or_else(|| fraction(digits, factor)).filter(|bytes| *bytes >= 0).ok_or_else(refuse)
}

/// `1.5` as thousandths times the factor; exact enough for an amount of memory and free of rounding surprises.
fn fraction(digits: &str, factor: i64) -> Option<i64> {
    let (whole, part) = digits.split_once('.')?;
    let thousandths: i64 = format!("{part:0<3}").get(..3)?.parse().ok()?;
    let whole = whole.parse::<i64>().ok()?.checked_mul(factor)?;
    whole.checked_add(factor.checked_mul(thousandths)? / 1000)
}

/// A number of processors in thousand millionths: `1.5`.
pub(super) fn cpus(text: &str) -> Result<i64, String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{part:0<9}");
    let fits = part.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| fits);
    number.ok_or_else(|| "it is a number of processors such as `1.5`".to_owned())
}

/// A whole number.
pub(super) fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "it is a whole number".to_owned())
}

/// `KEY=VALUE`, or `KEY` with an empty value.
pub(super) fn pair(text: &str) -> (String, String) {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    (key.to_owned(), value.to_owned())
}

/// `NAME:ADDRESS` or `NAME=ADDRESS`.
pub(super) fn host(text: &str) -> Result<String, String> {
    let pair = text.split_once('=').or_else(|| text.split_once(':'));
    let (name, address) = pair.ok_or("it is `NAME:ADDRESS`")?;
    Ok(format!("{name}:{address}"))
}

/// A port of the container and where it is published: `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`, both may be ranges.
pub(super) fn ports(text: &str) -> Result<Vec<(String, PortBinding)>, String> {
    let refuse = || "it is `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`".to_owned();
    let (ports, protocol) = text.rsplit_once('/').unwrap_or((text, "tcp"));
    if !matches!(protocol, "tcp" | "udp" | "sctp") {
        return Err(refuse());
    }
    let (published, inside) = ports.rsplit_once(':').map_or((None, ports), |(before, inside)| (Some(before), inside));
    let (address, outside) = match published {
        None => ("", ""),
        Some(before) => before.rsplit_once(':').unwrap_or(("", before)),
    };
    let address = address.trim_start_matches('[').trim_end_matches(']');
    let inside = range(inside).ok_or_else(refuse)?;
    let outside = if outside.is_empty() { None } else { Some(range(outside).ok_or_else(refuse)?) };
    let count = inside.len();
    if outside.as_ref().is_some_and(|outside| outside.len() != count && count != 1) {
        return Err("the two ranges are of different length".to_owned());
    }
    let host_port = |index: usize| match &outside {
        // A range for one port: the engine takes a free one of it.
        Some(outside) if count == 1 && outside.len() > 1 => format!("{}-{}", outside.start, outside.end - 1),
        Some(outside) => (outside.start + index).to_string(),
        None => String::new(),
    };
    let binding = |index| PortBinding { host_ip: Some(address.to_owned()), host_port: Some(host_port(index)) };
    Ok(inside.clone().enumerate().map(|(index, port)| (format!("{port}/{protocol}"), binding(index))).collect())
}

fn range(text: &str) -> Option<std::ops::Range<usize>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then(|| usize::from(first)..usize::from(last) + 1)
}

/// `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:N`.
pub(super) fn restart(text: &str) -> Result<RestartPolicy, String> {
    let (name, count) = text.split_once(':').map_or((text, None), |(name, count)| (name, Some(count)));
    let policy = match name {
        "no" => RestartPolicyNameEnum::NO,
        "always" => RestartPolicyNameEnum::ALWAYS,
        "unless-stopped" => RestartPolicyNameEnum::UNLESS_STOPPED,
        "on-failure" => RestartPolicyNameEnum::ON_FAILURE,
        _ => return Err("it is `no`, `always`, `unless-stopped` or `on-failure[:N]`".to_owned()),
    };
    let count = count.map(number).transpose()?;
    if count.is_some() && policy != RestartPolicyNameEnum::ON_FAILURE {
        return Err("only `on-failure` takes a number".to_owned());
    }
    Ok(RestartPolicy { name: Some(policy), maximum_retry_count: count })
}

/// `NAME=SOFT[:HARD]`.
pub(super) fn ulimit(text: &str) -> Result<ResourcesUlimits, String> {
    let (name, limits) = text.split_once('=').ok_or("it is `NAME=SOFT[:HARD]`")?;
    let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
    Ok(ResourcesUlimits { name: Some(name.to_owned()), soft: Some(number(soft)?), hard: Some(number(hard)?) })
}

/// `HOST[:CONTAINER[:PERMISSIONS]]`.
pub(super) fn device(text: &str) -> DeviceMapping {
    let mut parts = text.splitn(3, ':');
    let host = parts.next().unwrap_or_default();
    DeviceMapping {
        path_on_host: Some(host.to_owned()),
        path_in_container: Some(parts.next().unwrap_or(host).to_owned()),
        cgroup_permissions: Some(parts.next().unwrap_or("rwm").to_owned()),
    }
}

/// `PATH[:OPTIONS]`.
pub(super) fn tmpfs(text: &str) -> (String, String) {
    let (path, options) = text.split_once(':').unwrap_or((text, ""));
    (path.to_owned(), options.to_owned())
}

/// The long form of a mount: `type=bind,source=/a,target=/b,readonly`.
pub(super) fn mount(text: &str) -> Result<Mount, String> {
    let fields: HashMap<String, String> = text.split(',').map(pair).collect();
    let field = |names: &[&str]| names.iter().find_map(|name| fields.get(*name)).cloned();
    if let Some(unknown) = fields.keys().find(|key| !MOUNT_KEYS.contains(&key.as_str())) {
        return Err(format!("`{unknown}` is not one of {}", MOUNT_KEYS.join(", ")));
    }
    let kind = match field(&["type"]).as_deref() {
        None | Some("volume") => MountType::VOLUME,
        Some("bind") => MountType::BIND,
        Some("tmpfs") => MountType::TMPFS,
        Some(_) => return Err("`type` is `bind`, `volume` or `tmpfs`".to_owned()),
    };
    let read_only = field(&["readonly", "ro"]).is_some_and(|value| matches!(value.as_str(), "" | "true" | "1"));
    let size = field(&["tmpfs-size"]).map(|size| bytes(&size)).transpose()?;
    let mode = field(&["tmpfs-mode"]).map(|mode| i64::from_str_radix(&mode, 8).map_err(|_| "`tmpfs-mode` is octal"));
    let mode = mode.transpose()?;
    Ok(Mount {
        target: Some(field(&["target", "destination", "dst"]).ok_or("`target` is missing")?),
        source: field(&["source", "src"]),
        typ: Some(kind),
        read_only: Some(read_only),
        tmpfs_options: (kind == MountType::TMPFS).then(|| MountTmpfsOptions {
            size_bytes: size,
            mode,
            ..MountTmpfsOptions::default()
        }),
        ..Mount::default()
    })
}

#[cfg(test)]
mod tests {
    use super::bytes;
    use super::cpus;
    use super::host;
    use super::mount;
    use super::ports;
    use super::restart;
    use super::ulimit;

    fn published(text: &str) -> Result<Vec<String>, String> {
        let one = |(inside, binding): (String, bollard::models::PortBinding)| {
            format!("{inside}={}:{}", binding.host_ip.unwrap_or_default(), binding.host_port.unwrap_or_default())
        };
        Ok(ports(text)?.into_iter().map(one).collect())
    }

    #[test]
    fn amounts_are_read_as_docker_reads_them() {
        assert_eq!(
            [bytes("512m"), bytes("1.5g"), bytes("64kb"), bytes("7")].map(Result::unwrap),
            [536_870_912, 1_610_612_736, 65_536, 7]
        );
        assert!([bytes("x"), bytes("-1"), bytes("1z"), bytes("9999999999999g")].iter().all(Result::is_err));
        assert_eq!(
            [cpus("1.5"), cpus("2"), cpus(".25")].map(Result::unwrap),
            [1_500_000_000, 2_000_000_000, 250_000_000]
        );
        assert!([cpus("a"), cpus("1.0000000001"), cpus("")].iter().take(2).all(Result::is_err));
    }

    #[test]
    fn ports_are_published_one_by_one() {
        assert_eq!(published("8080:80").unwrap(), ["80/tcp=:8080"]);
        assert_eq!(published("80").unwrap(), ["80/tcp=:"]);
        assert_eq!(published("127.0.0.1:53:53/udp").unwrap(), ["53/udp=127.0.0.1:53"]);
        assert_eq!(published("[::1]::80").unwrap(), ["80/tcp=::1:"]);
        assert_eq!(published("8000-8001:80-81").unwrap(), ["80/tcp=:8000", "81/tcp=:8001"]);
        assert_eq!(published("8000-8009:80").unwrap(), ["80/tcp=:8000-8009"]);
        for wrong in ["", "x", "80/abc", "1-2:1-3", "2-1:80", "99999:80"] {
            assert!(published(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn other_values_have_their_forms() {
        assert_eq!(host("db:10.0.0.1").unwrap(), "db:10.0.0.1");
        assert_eq!(host("db=::1").unwrap(), "db:::1");
        assert_eq!(restart("on-failure:3").unwrap().maximum_retry_count, Some(3));
        assert!(restart("always:3").is_err() && restart("sometimes").is_err());
        assert_eq!(ulimit("nofile=1024:2048").unwrap().hard, Some(2048));
        assert!(ulimit("nofile").is_err());
    }

    #[test]
    fn a_mount_says_what_it_is() {
        let bind = mount("type=bind,src=/a,dst=/b,readonly").unwrap();
        assert_eq!(
            (bind.source.as_deref(), bind.target.as_deref(), bind.read_only),
            (Some("/a"), Some("/b"), Some(true))
        );
        let tmpfs = mount("type=tmpfs,target=/run,tmpfs-size=1m,tmpfs-mode=1777").unwrap().tmpfs_options.unwrap();
        assert_eq!((tmpfs.size_bytes, tmpfs.mode), (Some(1_048_576), Some(0o1777)));
        assert_eq!(mount("type=bind,src=/a").unwrap_err(), "`target` is missing");
        assert!(mount("type=bind,target=/a,colour=red").unwrap_err().starts_with("`colour` is not one of"));
    }
}
