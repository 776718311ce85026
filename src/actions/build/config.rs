//! The `docker` section of an image, applied to its configuration as a Dockerfile's instructions would be (pure).

use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::oci::Healthcheck;
use crate::model::oci::ImageConfig;
use crate::project::Command;
use crate::project::DockerInstructions;

/// Applies `docker` to `config`.
///
/// # Errors
///
/// When an instruction cannot be understood.
pub fn apply(docker: &DockerInstructions, config: &mut ImageConfig) -> Result<(), Failure> {
    for (name, value) in &docker.env {
        let value = expand(value, &config.env);
        set_env(&mut config.env, name, &value);
    }
    for volume in &docker.volumes {
        config.volumes.extend(words(&expand(volume, &config.env)));
    }
    for port in &docker.expose {
        for port in expand(port, &config.env).split_whitespace() {
            config.exposed_ports.extend(ports(port)?);
        }
    }
    for (name, value) in &docker.labels {
        config.labels.insert(name.clone(), expand(value, &config.env));
    }
    commands(docker, config);
    if let Some(workdir) = &docker.workdir {
        config.working_dir = joined(&config.working_dir, &expand(workdir, &config.env));
    }
    if let Some(user) = &docker.user {
        config.user = expand(user, &config.env);
    }
    if let Some(check) = &docker.healthcheck {
        config.healthcheck = Some(healthcheck(check)?);
    }
    Ok(())
}

/// An entrypoint of one's own takes the inherited command away, as in a Dockerfile.
fn commands(docker: &DockerInstructions, config: &mut ImageConfig) {
    if let Some(entrypoint) = &docker.entrypoint {
        config.entrypoint = Some(argv(entrypoint, &config.shell));
        if docker.cmd.is_none() {
            config.cmd = None;
        }
    }
    if let Some(cmd) = &docker.cmd {
        config.cmd = Some(argv(cmd, &config.shell));
    }
}

fn argv(command: &Command, shell: &[String]) -> Vec<String> {
    match command {
        Command::Exec(words) => words.clone(),
        Command::Shell(text) if shell.is_empty() => vec!["/bin/sh".to_owned(), "-c".to_owned(), text.clone()],
        Command::Shell(text) => shell.iter().cloned().chain([text.clone()]).collect(),
    }
}

fn set_env(env: &mut Vec<String>, name: &str, value: &str) {
    let entry = format!("{name}={value}");
    let same = |old: &&mut String| old.split_once('=').is_some_and(|(old, _)| old == name);
    match env.iter_mut().find(same) {
        Some(old) => *old = entry,
        None => env.push(entry),
    }
}

/// `$NAME`, `${NAME}` and `${NAME:-default}` filled in from `env`; `\$` is a dollar sign.
fn expand(text: &str, env: &[String]) -> String {
    let value = |name: &str| env.iter().find_map(|entry| entry.split_once('=').filter(|(key, _)| *key == name));
    let (mut out, mut rest) = (String::new(), text);
    while let Some(index) = rest.find('$') {
        let (before, after) = (&rest[..index], &rest[index + 1..]);
        if let Some(before) = before.strip_suffix('\\') {
            out.push_str(before);
            out.push('$');
            rest = after;
            continue;
        }
        out.push_str(before);
        let (name, default, next) = variable(after);
        match value(name).map(|(_, value)| value).filter(|value| !value.is_empty()) {
            Some(value) => out.push_str(value),
            None if name.is_empty() => out.push('$'),
            None => out.push_str(default),
        }
        rest = next;
    }
    out + rest
}

/// The name behind a `$`, its default, and what follows.
fn variable(text: &str) -> (&str, &str, &str) {
    if let Some((inner, rest)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        let (name, default) = inner.split_once(":-").unwrap_or((inner, ""));
        return (name, default, rest);
    }
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len());
    (&text[..end], "", &text[end..])
}

/// The words of a JSON list, or the words between blanks.
fn words(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|_| text.split_whitespace().map(str::to_owned).collect())
}

/// `80` is `80/tcp`; `80-82/udp` are three.
fn ports(text: &str) -> Result<Vec<String>, Failure> {
    let wrong =
        || Failure::new(Cause::ProjectInvalid, format!("`EXPOSE {text}` is not a port, such as `80` or `53/udp`"));
    let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (first, last): (u16, u16) = (first.parse().map_err(|_| wrong())?, last.parse().map_err(|_| wrong())?);
    let protocol = protocol.to_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") || last < first {
        return Err(wrong());
    }
    Ok((first..=last).map(|port| format!("{port}/{protocol}")).collect())
}

fn joined(dir: &str, path: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{dir}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    format!("/{}", parts.join("/"))
}

/// `NONE`, or options and `CMD` with a command.
fn healthcheck(text: &str) -> Result<Healthcheck, Failure> {
    let wrong = |why: &str| {
        Failure::new(Cause::ProjectInvalid, format!("`HEALTHCHECK {text}`: {why}"))
            .hint("write it as in a Dockerfile, such as `--interval=30s CMD curl -f http://localhost/`")
    };
    let (mut check, mut rest) = (Healthcheck::default(), text.trim());
    while let Some(option) = rest.strip_prefix("--") {
        let (option, next) = option.split_once(char::is_whitespace).ok_or_else(|| wrong("there is no command"))?;
        let (name, value) = option.split_once('=').ok_or_else(|| wrong("an option needs `=VALUE`"))?;
        let duration = || nanoseconds(value).ok_or_else(|| wrong("a duration looks like `30s`"));
        match name {
            "interval" => check.interval = duration()?,
            "timeout" => check.timeout = duration()?,
            "start-period" => check.start_period = duration()?,
            "start-interval" => check.start_interval = duration()?,
            "retries" => check.retries = value.parse().map_err(|_| wrong("`retries` is a number"))?,
            _ => return Err(wrong("options are `interval`, `timeout`, `start-period`, `start-interval`, `retries`")),
        }
        rest = next.trim_start();
    }
    check.test = match rest.split_once(char::is_whitespace) {
        None if rest.eq_ignore_ascii_case("none") => vec!["NONE".to_owned()],
        Some((word, command)) if word.eq_ignore_ascii_case("cmd") => match serde_json::from_str::<Vec<String>>(command)
        {
            Ok(words) => ["CMD".to_owned()].into_iter().chain(words).collect(),
            Err(_) => vec!["CMD-SHELL".to_owned(), command.trim().to_owned()],
        },
        _ => return Err(wrong("it must be `NONE` or `CMD …`")),
    };
    Ok(check)
}

fn nanoseconds(text: &str) -> Option<i64> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let number: f64 = text[..digits].parse().ok()?;
    let unit = match &text[digits..] {
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        _ => return None,
    };
    #[expect(clippy::cast_possible_truncation, reason = "a duration of centuries is no health check")]
    Some((number * unit) as i64)
}

#[cfg(test)]
mod tests {
    use super::apply;
    use crate::model::oci::ImageConfig;
    use crate::project::Command;
    use crate::project::DockerInstructions;

    fn base() -> ImageConfig {
        ImageConfig {
            env: vec!["PATH=/bin".to_owned()],
            cmd: Some(vec!["sh".to_owned()]),
            working_dir: "/srv".to_owned(),
            ..ImageConfig::default()
        }
    }

    fn applied(docker: &DockerInstructions) -> ImageConfig {
        let mut config = base();
        apply(docker, &mut config).unwrap();
        config
    }

    #[test]
    fn nothing_asked_nothing_changed() {
        assert_eq!(applied(&DockerInstructions::default()), base());
    }

    #[test]
    fn variables_are_replaced_in_place_and_filled_in() {
        let env = vec![("PATH".to_owned(), "/opt:$PATH".to_owned()), ("A".to_owned(), "${B:-x}\\$".to_owned())];
        assert_eq!(
            applied(&DockerInstructions { env, ..DockerInstructions::default() }).env,
            ["PATH=/opt:/bin", "A=x$"]
        );
    }

    #[test]
    fn an_entrypoint_takes_the_inherited_command_away() {
        let entrypoint = Some(Command::Shell("run".to_owned()));
        let config = applied(&DockerInstructions { entrypoint: entrypoint.clone(), ..DockerInstructions::default() });
        assert_eq!((config.entrypoint.unwrap().join(" "), config.cmd), ("/bin/sh -c run".to_owned(), None));
        let cmd = Some(Command::Exec(vec!["a \"b\"".to_owned()]));
        let config = applied(&DockerInstructions { cmd, entrypoint, ..DockerInstructions::default() });
        assert_eq!(config.cmd.unwrap(), ["a \"b\""]);
    }

    #[test]
    fn ports_directories_and_checks_read_as_in_a_dockerfile() {
        let config = applied(&DockerInstructions {
            expose: vec!["80".to_owned(), "53-54/udp".to_owned()],
            workdir: Some("../app".to_owned()),
            healthcheck: Some("--interval=5s --retries=2 CMD curl -f localhost".to_owned()),
            ..DockerInstructions::default()
        });
        assert_eq!(config.exposed_ports.into_iter().collect::<Vec<_>>(), ["53/udp", "54/udp", "80/tcp"]);
        assert_eq!(config.working_dir, "/app");
        let check = config.healthcheck.unwrap();
        assert_eq!((check.interval, check.retries, check.test[1].as_str()), (5_000_000_000, 2, "curl -f localhost"));
    }

    #[test]
    fn nonsense_is_refused() {
        for docker in [
            DockerInstructions { expose: vec!["http".to_owned()], ..DockerInstructions::default() },
            DockerInstructions { healthcheck: Some("curl".to_owned()), ..DockerInstructions::default() },
        ] {
            assert!(apply(&docker, &mut base()).is_err());
        }
    }
}
