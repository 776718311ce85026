//! The flags of `docker run`: which there are, and how words become them.

use strsim::jaro_winkler;

/// How alike an unknown flag must be to one that is proposed.
const ALIKE: f64 = 0.8;

/// Why words are no flags of `docker run`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// There is no such flag, or we do not have it.
    #[error("unknown flag `{flag}` of `docker run`{}; known are {known}", proposal(.nearest.as_deref()))]
    Unknown {
        /// As given.
        flag: String,
        /// The flag that may be meant.
        nearest: Option<String>,
        /// All that are known.
        known: String,
    },
    /// The flag stands at the end and wants a value.
    #[error("the flag `{0}` of `docker run` needs a value")]
    NoValue(String),
    /// The value is wrong.
    #[error("the flag `{flag}` of `docker run` cannot be `{value}`: {why}")]
    BadValue {
        /// The flag.
        flag: String,
        /// As given.
        value: String,
        /// What is wrong with it.
        why: String,
    },
    /// A word that is no flag.
    #[error("`{0}` is no flag of `docker run`; the image and its command stand elsewhere")]
    NoFlag(String),
}

/// A flag that we know.
pub(super) struct Flag {
    pub(super) long: &'static str,
    short: Option<char>,
    /// Whether it stands alone.
    switch: bool,
}

const fn value(long: &'static str) -> Flag {
    Flag { long, short: None, switch: false }
}

const fn short(long: &'static str, short: char) -> Flag {
    Flag { long, short: Some(short), switch: false }
}

const fn switch(long: &'static str, short: Option<char>) -> Flag {
    Flag { long, short, switch: true }
}

/// Every flag that we know.
const FLAGS: &[Flag] = &[
    value("add-host"),
    value("cap-add"),
    value("cap-drop"),
    short("cpu-shares", 'c'),
    value("cpus"),
    value("cpuset-cpus"),
    switch("detach", Some('d')),
    value("device"),
    value("dns"),
    value("entrypoint"),
    short("env", 'e'),
    value("env-file"),
    value("expose"),
    value("group-add"),
    short("hostname", 'h'),
    switch("init", None),
    switch("interactive", Some('i')),
    value("ipc"),
    short("label", 'l'),
    value("link"),
    value("log-driver"),
    value("log-opt"),
    short("memory", 'm'),
    value("memory-reservation"),
    value("memory-swap"),
    value("mount"),
    value("name"),
    value("network"),
    value("network-alias"),
    switch("no-healthcheck", None),
    value("pid"),
    value("pids-limit"),
    value("platform"),
    switch("privileged", None),
    short("publish", 'p'),
    switch("publish-all", Some('P')),
    switch("read-only", None),
    value("restart"),
    switch("rm", None),
    value("security-opt"),
    value("shm-size"),
    value("stop-signal"),
    value("stop-timeout"),
    value("sysctl"),
    value("tmpfs"),
    switch("tty", Some('t')),
    value("ulimit"),
    short("user", 'u'),
    value("userns"),
    short("volume", 'v'),
    value("volumes-from"),
    short("workdir", 'w'),
];

/// Other words for the same flag.
const ALIASES: &[(&str, &str)] = &[("net", "network"), ("net-alias", "network-alias"), ("mem", "memory")];

/// Reads the words as pairs of flag and value; a switch's value is `true` or `false`.
pub(super) fn read(words: &[String]) -> Result<Vec<(&'static Flag, String)>, FlagError> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut next = || words.next().cloned();
        match word.strip_prefix("--") {
            Some(long) if !long.is_empty() => found.push(read_long(word, long, &mut next)?),
            _ => match word.strip_prefix('-') {
                Some(letters) if !letters.is_empty() && letters != "-" => {
                    read_short(word, letters, &mut next, &mut found)?;
                }
                _ => return Err(FlagError::NoFlag(word.clone())),
            },
        }
    }
    Ok(found)
}

type Next<'a> = dyn FnMut() -> Option<String> + 'a;

fn read_long(word: &str, long: &str, next: &mut Next<'_>) -> Result<(&'static Flag, String), FlagError> {
    let (name, given) = match long.split_once('=') {
        Some((name, given)) => (name, Some(given.to_owned())),
        None => (long, None),
    };
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, flag)| flag);
    let flag = FLAGS.iter().find(|flag| flag.long == name).ok_or_else(|| unknown(&format!("--{name}")))?;
    let value = match given {
        Some(given) if flag.switch => truth(flag, &given)?,
        Some(given) => given,
        None if flag.switch => "true".to_owned(),
        None => next().ok_or_else(|| FlagError::NoValue(word.to_owned()))?,
    };
    Ok((flag, value))
}

/// `-it`, `-p80:80`, `-p=80:80`, `-dp 80:80`: switches may be joined, the last letter may have a value.
fn read_short(
    word: &str,
    letters: &str,
    next: &mut Next<'_>,
    found: &mut Vec<(&'static Flag, String)>,
) -> Result<(), FlagError> {
    let mut rest = letters.chars();
    while let Some(letter) = rest.next() {
        let flag =
            FLAGS.iter().find(|flag| flag.short == Some(letter)).ok_or_else(|| unknown(&format!("-{letter}")))?;
        let tail = rest.as_str();
        if flag.switch {
            let given = tail.strip_prefix('=');
            found.push((flag, given.map_or_else(|| Ok("true".to_owned()), |given| truth(flag, given))?));
            if given.is_some() {
                return Ok(());
            }
            continue;
        }
        let value = match tail {
            "" => next().ok_or_else(|| FlagError::NoValue(word.to_owned()))?,
            joined => joined.strip_prefix('=').unwrap_or(joined).to_owned(),
        };
        found.push((flag, value));
        return Ok(());
    }
    Ok(())
}

fn truth(flag: &Flag, given: &str) -> Result<String, FlagError> {
    match given {
        "true" | "True" | "TRUE" | "t" | "T" | "1" => Ok("true".to_owned()),
        "false" | "False" | "FALSE" | "f" | "F" | "0" => Ok("false".to_owned()),
        _ => Err(bad(flag, given, "it is `true` or `false`")),
    }
}

/// The failure of a flag's value.
pub(super) fn bad(flag: &Flag, value: &str, why: impl Into<String>) -> FlagError {
    FlagError::BadValue { flag: format!("--{}", flag.long), value: value.to_owned(), why: why.into() }
}

fn unknown(flag: &str) -> FlagError {
    let name = flag.trim_start_matches('-');
    let likeness = |known: &&Flag| jaro_winkler(known.long, name);
    let nearest = FLAGS.iter().max_by(|left, right| likeness(left).total_cmp(&likeness(right)));
    let nearest = nearest.filter(|known| name.len() > 1 && likeness(known) >= ALIKE);
    FlagError::Unknown {
        flag: flag.to_owned(),
        nearest: nearest.map(|known| format!("--{}", known.long)),
        known: FLAGS.iter().map(shown).collect::<Vec<_>>().join(", "),
    }
}

fn shown(flag: &Flag) -> String {
    match flag.short {
        Some(short) => format!("-{short}/--{}", flag.long),
        None => format!("--{}", flag.long),
    }
}

fn proposal(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!(" (did you mean `{nearest}`?)")).unwrap_or_default()
}

/// The long names of all flags.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    FLAGS.iter().map(|flag| flag.long)
}

#[cfg(test)]
mod tests {
    use super::FlagError;
    use super::read;

    fn words(text: &str) -> Result<String, FlagError> {
        let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
        let found = read(&words)?;
        Ok(found.iter().map(|(flag, value)| format!("{}={value}", flag.long)).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn words_become_flags_as_docker_reads_them() {
        let cases = [
            ("-it --rm", "interactive=true tty=true rm=true"),
            ("-dp 80:80", "detach=true publish=80:80"),
            ("-p80:80 -p=81:81 -e A=b", "publish=80:80 publish=81:81 env=A=b"),
            ("--name x --name=y", "name=x name=y"),
            ("--rm=false -t=0", "rm=false tty=false"),
            ("--net host", "network=host"),
            ("-e A=-b", "env=A=-b"),
        ];
        for (text, flags) in cases {
            assert_eq!(words(text), Ok(flags.to_owned()), "{text}");
        }
    }

    #[test]
    fn an_unknown_flag_is_told_with_those_that_are_known() {
        let error = words("--volum /a:/b").unwrap_err().to_string();
        assert!(
            error
                .starts_with("unknown flag `--volum` of `docker run` (did you mean `--volume`?); known are --add-host")
        );
        assert!(error.contains(", -p/--publish, "), "{error}");
        assert!(words("-z").unwrap_err().to_string().starts_with("unknown flag `-z` of `docker run`; known are"));
    }

    #[test]
    fn words_that_do_not_fit_are_refused() {
        assert_eq!(words("--name"), Err(FlagError::NoValue("--name".to_owned())));
        assert_eq!(words("-p"), Err(FlagError::NoValue("-p".to_owned())));
        assert_eq!(words("alpine"), Err(FlagError::NoFlag("alpine".to_owned())));
        assert_eq!(words("--"), Err(FlagError::NoFlag("--".to_owned())));
        assert!(matches!(words("--rm=maybe"), Err(FlagError::BadValue { .. })));
    }
}
