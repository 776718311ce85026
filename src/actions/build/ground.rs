//! What a layer must know of the image below: directories with their owners, symbolic links, names of users.

use std::collections::BTreeMap;
use std::io::Read;

use crate::actions::build::layers::Ground;
use crate::actions::build::layers::Metadata;
use crate::backends::docker::StageContainer;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::layer::FileOwner;

/// As many links in a row as Linux follows.
const MOST_LINKS: usize = 40;

/// The image below, looked at through a container that is never started.
#[derive(Debug)]
pub struct Below<'a> {
    container: StageContainer<'a>,
    known: Ground,
    names: Option<Names>,
}

/// Names of users and groups with their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Names {
    users: BTreeMap<String, (u64, u64)>,
    groups: BTreeMap<String, u64>,
}

/// What stands at a path.
enum Found {
    Directory(Metadata),
    Link(Vec<u8>),
    Other,
}

impl<'a> Below<'a> {
    /// Looks through `container`.
    pub fn new(container: StageContainer<'a>) -> Self {
        Self { container, known: Ground::default(), names: None }
    }

    /// What is known by now.
    pub fn known(&self) -> &Ground {
        &self.known
    }

    /// The container, for what it is needed for besides.
    pub fn container(&self) -> &StageContainer<'a> {
        &self.container
    }

    /// Ends the look.
    pub async fn close(self) -> Result<(), Failure> {
        self.container.remove().await
    }

    /// The real path of `path` (absolute): symbolic links above its last part followed, and at it too where they lead
    /// to a directory. Directories on the way are known afterwards. No slash at either end of the answer.
    pub async fn resolve(&mut self, path: &str) -> Result<Vec<u8>, Failure> {
        let mut left: Vec<Vec<u8>> = parts(path.as_bytes());
        left.reverse();
        let (mut real, mut links) = (Vec::<Vec<u8>>::new(), 0);
        while let Some(part) = left.pop() {
            match part.as_slice() {
                b".." => drop(real.pop()),
                _ => real.push(part),
            }
            match self.look(&real.join(&b'/')).await? {
                Some(Found::Link(target)) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(Failure::new(
                            Cause::StageFailed,
                            format!("too many symbolic links on the way to `{path}`"),
                        ));
                    }
                    if target.starts_with(b"/") {
                        real.clear();
                    } else {
                        real.pop();
                    }
                    left.extend(parts(&target).into_iter().rev());
                }
                Some(Found::Directory(_) | Found::Other) => {}
                None => {
                    real.extend(left.into_iter().rev());
                    break;
                }
            }
        }
        Ok(real.join(&b'/'))
    }

    /// Makes the directories `paths` known, as far as they exist.
    pub async fn learn(&mut self, paths: impl IntoIterator<Item = Vec<u8>>) -> Result<(), Failure> {
        for path in paths {
            if !path.is_empty() && !self.known.directories.contains_key(&path) {
                self.look(&path).await?;
            }
        }
        Ok(())
    }

    /// The owner that these names or numbers mean in the image; root where nothing is said.
    pub async fn owner(&mut self, user: Option<&str>, group: Option<&str>) -> Result<FileOwner, Failure> {
        let number = |text: Option<&str>| text.map_or(Some(0), |text| text.parse::<u64>().ok());
        if let (Some(uid), Some(gid)) = (number(user), number(group)) {
            return Ok(FileOwner { uid, gid, ..FileOwner::default() });
        }
        let names = match self.names.clone() {
            Some(names) => names,
            None => self.names.insert(self.read_names().await?).clone(),
        };
        let unknown = |what: &str, name: &str| {
            Failure::new(Cause::StageFailed, format!("the {what} `{name}` does not exist in the image"))
                .hint("create it in `beforeInstall`, or give a number")
        };
        let uid = match user {
            None => 0,
            Some(user) => match user.parse().ok().or_else(|| names.users.get(user).map(|(uid, _)| *uid)) {
                Some(uid) => uid,
                None => return Err(unknown("user", user)),
            },
        };
        let gid = match group {
            None => 0,
            Some(group) => match group.parse().ok().or_else(|| names.groups.get(group).copied()) {
                Some(gid) => gid,
                None => return Err(unknown("group", group)),
            },
        };
        Ok(FileOwner { uid, gid, ..FileOwner::default() })
    }

    /// The paths of all that is in the directory `path`, relative to it; none if it is not there.
    pub async fn listing(&self, path: &[u8]) -> Result<Vec<Vec<u8>>, Failure> {
        let read = |archive: &mut dyn Read| {
            let mut paths = Vec::new();
            for entry in tar::Archive::new(archive).entries()? {
                let entry = entry?;
                let name = entry.path_bytes();
                if let Some(index) = name.iter().position(|byte| *byte == b'/')
                    && !entry.header().entry_type().is_dir()
                {
                    paths.push(name[index + 1..].to_vec());
                }
            }
            Ok(paths)
        };
        Ok(self.container.read_path(&absolute(path)?, read).await?.unwrap_or_default())
    }

    async fn look(&mut self, path: &[u8]) -> Result<Option<Found>, Failure> {
        if path.is_empty() {
            return Ok(Some(Found::Other));
        }
        if let Some(known) = self.known.directories.get(path) {
            return Ok(Some(Found::Directory(known.clone())));
        }
        let found = self.container.read_path(&absolute(path)?, first_entry).await?.flatten();
        if let Some(Found::Directory(metadata)) = &found {
            self.known.directories.insert(path.to_vec(), metadata.clone());
        }
        Ok(found)
    }

    async fn read_names(&self) -> Result<Names, Failure> {
        let users = table(&self.text("/etc/passwd").await?);
        let groups = table(&self.text("/etc/group").await?);
        Ok(Names {
            users: users
                .into_iter()
                .filter_map(|row| Some((row.first()?.clone(), (row.get(2)?.parse().ok()?, row.get(3)?.parse().ok()?))))
                .collect(),
            groups: groups
                .into_iter()
                .filter_map(|row| Some((row.first()?.clone(), row.get(2)?.parse().ok()?)))
                .collect(),
        })
    }

    async fn text(&self, path: &str) -> Result<String, Failure> {
        let read = |archive: &mut dyn Read| {
            let mut text = Vec::new();
            for entry in tar::Archive::new(archive).entries()? {
                entry?.read_to_end(&mut text)?;
            }
            Ok(String::from_utf8_lossy(&text).into_owned())
        };
        Ok(self.container.read_path(path, read).await?.unwrap_or_default())
    }
}

fn parts(path: &[u8]) -> Vec<Vec<u8>> {
    path.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b".")).map(<[u8]>::to_vec).collect()
}

fn absolute(path: &[u8]) -> Result<String, Failure> {
    let text = std::str::from_utf8(path).map_err(|error| {
        Failure::new(
            Cause::StageFailed,
            format!("the path `{}` in the image is not UTF-8", String::from_utf8_lossy(path)),
        )
        .because(error)
    })?;
    Ok(format!("/{text}"))
}

fn table(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(':').map(str::to_owned).collect()).collect()
}

/// The first entry of an archive is what stands at the path that was asked for.
fn first_entry(archive: &mut dyn Read) -> std::io::Result<Option<Found>> {
    let mut archive = tar::Archive::new(archive);
    let Some(entry) = archive.entries()?.next() else { return Ok(None) };
    let entry = entry?;
    let header = entry.header();
    if header.entry_type().is_symlink() {
        return Ok(Some(Found::Link(entry.link_name_bytes().unwrap_or_default().into_owned())));
    }
    if !header.entry_type().is_dir() {
        return Ok(Some(Found::Other));
    }
    let owner = FileOwner { uid: header.uid()?, gid: header.gid()?, ..FileOwner::default() };
    Ok(Some(Found::Directory(Metadata { mode: header.mode()? & 0o7777, owner, mtime: header.mtime()? })))
}
