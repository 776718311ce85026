//! Names of images, read as Docker reads them.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::model::digest::Digest;

/// The registry of a name that has none.
const DEFAULT_HOST: &str = "docker.io";
/// The tag of a name that has neither tag nor digest.
const DEFAULT_TAG: &str = "latest";
const LONGEST_PATH: usize = 255;
const LONGEST_TAG: usize = 128;

/// A place in a registry that holds images: `HOST/PATH`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Repository {
    host: String,
    path: String,
}

/// An image in a registry or an engine: a repository with a tag, a digest or both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Reference {
    /// Where it is.
    pub repository: Repository,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// What is not the name of an image, and why.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{name}` is not an image name: {why}")]
pub struct NotAReference {
    /// The text as given.
    pub name: String,
    /// What is wrong with it.
    pub why: String,
}

impl Repository {
    /// The registry with its port, such as `docker.io` or `localhost:5000`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path below the registry, such as `library/node`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether the registry is this machine: Docker then speaks plain http.
    pub fn is_local(&self) -> bool {
        let name = self.host.rsplit_once(':').map_or(self.host.as_str(), |(name, _)| name);
        name == "localhost" || name == "[::1]" || name.starts_with("127.")
    }

    /// The image of this repository with that tag.
    pub fn tagged(&self, tag: &str) -> Result<Reference, NotAReference> {
        let reference = Reference { repository: self.clone(), tag: Some(tag.to_owned()), digest: None };
        check_tag(tag).map_err(|why| NotAReference { name: reference.to_string(), why })?;
        Ok(reference)
    }

    /// The image of this repository with that digest.
    pub fn at(&self, digest: Digest) -> Reference {
        Reference { repository: self.clone(), tag: None, digest: Some(digest) }
    }
}

impl Reference {
    /// The tag, if the name has one; a name with neither tag nor digest was read with `latest`.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if the name has one.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// What stands behind `/manifests/`: the digest if there is one, else the tag.
    pub fn manifest_name(&self) -> String {
        self.digest.map_or_else(|| self.tag.clone().unwrap_or_default(), |digest| digest.to_string())
    }

    /// The name as Docker prints it: without `docker.io/` and `library/`.
    pub fn familiar(&self) -> String {
        let full = self.to_string();
        let Some(short) = full.strip_prefix("docker.io/") else { return full };
        short.strip_prefix("library/").unwrap_or(short).to_owned()
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.host, self.path)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.repository)?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        self.digest.map_or(Ok(()), |digest| write!(formatter, "@{digest}"))
    }
}

impl FromStr for Repository {
    type Err = NotAReference;

    fn from_str(name: &str) -> Result<Self, NotAReference> {
        parse_repository(name).map_err(|why| NotAReference { name: name.to_owned(), why })
    }
}

impl FromStr for Reference {
    type Err = NotAReference;

    fn from_str(name: &str) -> Result<Self, NotAReference> {
        parse_reference(name).map_err(|why| NotAReference { name: name.to_owned(), why })
    }
}

fn parse_reference(name: &str) -> Result<Reference, String> {
    let (rest, digest) = match name.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest.parse::<Digest>().map_err(|error| error.to_string())?)),
        None => (name, None),
    };
    let (rest, tag) = match rest.rsplit_once(':') {
        Some((rest, tag)) if !tag.contains('/') => (rest, Some(tag.to_owned())),
        _ => (rest, None),
    };
    let tag = tag.or_else(|| digest.is_none().then(|| DEFAULT_TAG.to_owned()));
    tag.as_deref().map_or(Ok(()), check_tag)?;
    Ok(Reference { repository: parse_repository(rest)?, tag, digest })
}

fn parse_repository(name: &str) -> Result<Repository, String> {
    let (host, path) = match name.split_once('/') {
        Some((host, path)) if is_host(host) => (host, path.to_owned()),
        _ => (DEFAULT_HOST, name.to_owned()),
    };
    let host = if host == "index.docker.io" { DEFAULT_HOST } else { host };
    let path = if host == DEFAULT_HOST && !path.contains('/') { format!("library/{path}") } else { path };
    check_host(host)?;
    check_path(&path)?;
    Ok(Repository { host: host.to_owned(), path })
}

/// The rule by which Docker tells `host/path` from `user/path`.
fn is_host(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn check_host(host: &str) -> Result<(), String> {
    let refuse = |host| format!("`{host}` is not the address of a registry");
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').ok_or_else(|| refuse(host))?,
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let is_address =
        host.starts_with('[') && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    let port_fits = port.is_empty() || port.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok());
    if !port_fits || !(is_address || name.split('.').all(is_host_part)) {
        return Err(refuse(host));
    }
    Ok(())
}

fn is_host_part(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !part.is_empty() && part.bytes().all(plain) && !part.starts_with('-') && !part.ends_with('-')
}

fn check_path(path: &str) -> Result<(), String> {
    if path.len() > LONGEST_PATH {
        return Err(format!("it is longer than {LONGEST_PATH} characters"));
    }
    match path.split('/').find(|part| !is_path_part(part)) {
        None => Ok(()),
        Some("") => Err("a part of its path is empty".to_owned()),
        Some(part) if part.bytes().any(|byte| byte.is_ascii_uppercase()) => Err(format!("`{part}` must be lower case")),
        Some(part) => Err(format!("`{part}` may hold only a-z, 0-9 and single `.`, `_`, `__` or dashes between them")),
    }
}

/// Letters and digits, joined by one dot, one or two underscores, or dashes.
fn is_path_part(part: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends_fit = part.bytes().next().is_some_and(word) && part.bytes().next_back().is_some_and(word);
    let joins = part.split(|character: char| character.is_ascii_lowercase() || character.is_ascii_digit());
    ends_fit
        && joins.into_iter().all(|join| matches!(join, "" | "." | "_" | "__") || join.bytes().all(|byte| byte == b'-'))
}

fn check_tag(tag: &str) -> Result<(), String> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let fits = tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-'))
        && tag.len() <= LONGEST_TAG;
    if fits {
        return Ok(());
    }
    Err(format!("the tag `{tag}` must match `[A-Za-z0-9_][A-Za-z0-9_.-]*` and have at most {LONGEST_TAG} characters"))
}

macro_rules! text_serde {
    ($($type:ident),*) => {
        $(
            impl From<$type> for String {
                fn from(value: $type) -> Self {
                    value.to_string()
                }
            }

            impl TryFrom<String> for $type {
                type Error = NotAReference;

                fn try_from(text: String) -> Result<Self, NotAReference> {
                    text.parse()
                }
            }
        )*
    };
}

text_serde!(Repository, Reference);

#[cfg(test)]
mod tests {
    use super::Reference;
    use super::Repository;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn names_are_completed_as_docker_does() {
        let cases = [
            ("node", "docker.io/library/node:latest", "node:latest"),
            ("node:14-stretch", "docker.io/library/node:14-stretch", "node:14-stretch"),
            ("flant/werf", "docker.io/flant/werf:latest", "flant/werf:latest"),
            ("index.docker.io/library/node", "docker.io/library/node:latest", "node:latest"),
            ("localhost/app", "localhost/app:latest", "localhost/app:latest"),
            ("localhost:5000/a/b__c:1", "localhost:5000/a/b__c:1", "localhost:5000/a/b__c:1"),
            ("REG.example.com/app--x", "REG.example.com/app--x:latest", "REG.example.com/app--x:latest"),
            ("[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest"),
        ];
        for (name, full, familiar) in cases {
            let reference: Reference = name.parse().unwrap();
            assert_eq!((reference.to_string().as_str(), reference.familiar().as_str()), (full, familiar));
        }
    }

    #[test]
    fn a_digest_wins_over_the_tag() {
        let reference: Reference = format!("r.io/app:1@{DIGEST}").parse().unwrap();
        assert_eq!((reference.tag(), reference.manifest_name().as_str()), (Some("1"), DIGEST));
        let reference: Reference = format!("r.io/app@{DIGEST}").parse().unwrap();
        assert_eq!(reference.tag(), None);
    }

    #[test]
    fn bad_names_say_what_is_wrong() {
        let cases = [
            ("", "a part of its path is empty"),
            ("a//b", "a part of its path is empty"),
            ("App", "`App` must be lower case"),
            ("a..b", "`a..b` may hold only"),
            ("a:b c", "the tag `b c`"),
            ("a:-x", "the tag `-x`"),
            ("r.io:99999/a", "`r.io:99999` is not the address"),
            ("a@sha256:12", "is not a digest"),
            ("../etc", "`..` is not the address"),
            ("-x.io/a", "`-x.io` is not the address"),
            ("[::1/a", "`[::1` is not the address"),
            ("a/../etc", "`..` may hold only"),
        ];
        for (name, why) in cases {
            let error = name.parse::<Reference>().unwrap_err().to_string();
            assert!(error.contains(why), "{name}: {error}");
        }
    }

    #[test]
    fn this_machine_is_spoken_to_in_plain_http() {
        for (name, local) in [("localhost:5000/a", true), ("127.0.0.2/a", true), ("[::1]:5/a", true), ("r.io/a", false)]
        {
            assert_eq!(name.parse::<Repository>().unwrap().is_local(), local, "{name}");
        }
    }
}
