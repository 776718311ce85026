//! Files of an image, looked at without running anything of it.

use std::io;
use std::io::Read;

use bollard::query_parameters::DownloadFromContainerOptionsBuilder;

use crate::backends::docker::archive;
use crate::backends::docker::container::ContainerSpec;
use crate::backends::docker::container::StageContainer;
use crate::backends::docker::engine::Engine;
use crate::backends::docker::failures;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::ownership::Owner;

/// What stands at a path of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathFact {
    /// What it is.
    pub kind: PathKind,
    /// Permission bits.
    pub mode: u32,
    /// User id.
    pub uid: u64,
    /// Group id.
    pub gid: u64,
    /// Modification time, seconds since 1970.
    pub mtime: u64,
}

/// What an entry of an image is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathKind {
    /// A file with that many bytes.
    File(u64),
    /// A directory.
    Directory,
    /// A symbolic link with that target.
    Symlink(Vec<u8>),
    /// A device, pipe or the like.
    Other,
}

/// The files of one image. In the engine it is a container that is never started; dropped or removed, it is gone.
#[derive(Debug)]
pub struct ImageFiles<'a> {
    container: StageContainer<'a>,
}

impl Engine {
    /// Opens an image to look at its files.
    pub async fn files(&self, image: &StoredImage, owner: &Owner) -> Result<ImageFiles<'_>, Failure> {
        let spec = ContainerSpec {
            owner: owner.clone(),
            // An engine wants a command even where none will run.
            command: vec!["none".to_owned()],
            mounts: Vec::new(),
            add_hosts: Vec::new(),
            network: Some("none".to_owned()),
            init: false,
        };
        Ok(ImageFiles { container: self.create_container(image, &spec).await? })
    }
}

impl ImageFiles<'_> {
    /// What stands at the absolute path; `None` when nothing does. A link at the end is not followed, those before are.
    ///
    /// A layer that puts files below a directory must say what the directory is, as the classic store would otherwise
    /// take it for root's with mode 755.
    pub async fn look(&self, path: &str) -> Result<Option<PathFact>, Failure> {
        self.archive(path, |tar| {
            let mut archive = tar::Archive::new(tar);
            let entry = archive.entries()?.next().transpose()?;
            entry.map(|entry| fact(entry.header(), entry.link_name_bytes().as_deref())).transpose()
        })
        .await
        .map(Option::flatten)
    }

    /// The content of the file at the absolute path, at most `limit` bytes; `None` when it is no file or longer.
    pub async fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, Failure> {
        self.archive(path, move |tar| {
            let mut archive = tar::Archive::new(tar);
            let Some(mut entry) = archive.entries()?.next().transpose()? else { return Ok(None) };
            if !entry.header().entry_type().is_file() || entry.size() > limit {
                return Ok(None);
            }
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map(|_| Some(content))
        })
        .await
        .map(Option::flatten)
    }

    /// Lets `read` read a tar archive of the path and all that is below it: [`StageContainer::read_path`].
    pub async fn archive<T: Send + 'static>(
        &self,
        path: &str,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T> + Send + 'static,
    ) -> Result<Option<T>, Failure> {
        self.container.read_path(path, read).await
    }

    /// Closes the image.
    pub async fn close(self) -> Result<(), Failure> {
        self.container.remove().await
    }
}

impl StageContainer<'_> {
    /// Shows the file or directory at `path`, absolute, as a tar archive to `read`; `None` when there is nothing there.
    ///
    /// Names in the archive begin with the last part of `path`. A symbolic link at `path` is shown as a link. When
    /// `read` ends before the archive, the rest is not sent.
    pub async fn read_path<T: Send + 'static>(
        &self,
        path: &str,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T> + Send + 'static,
    ) -> Result<Option<T>, Failure> {
        let doing = format!("read `{path}` of a container");
        let options = DownloadFromContainerOptionsBuilder::default().path(path).build();
        let pieces = self.engine.client.download_from_container(&self.id, Some(options));
        let reading = archive::read_by(pieces, read);
        self.engine
            .transfer(&doing, async {
                match reading.await {
                    Ok(read) => Ok(Some(read)),
                    Err(archive::ReadError::Sender(error)) if failures::status(&error) == Some(404) => Ok(None),
                    Err(archive::ReadError::Sender(error)) => Err(failures::refused(&doing, error)),
                    Err(archive::ReadError::Reader(error)) => {
                        Err(Failure::new(Cause::EngineUnavailable, &*doing).because(error))
                    }
                }
            })
            .await
    }
}

fn fact(header: &tar::Header, link: Option<&[u8]>) -> io::Result<PathFact> {
    let kind = match header.entry_type() {
        tar::EntryType::Regular | tar::EntryType::Continuous => PathKind::File(header.size()?),
        tar::EntryType::Directory => PathKind::Directory,
        tar::EntryType::Symlink => PathKind::Symlink(link.unwrap_or_default().to_vec()),
        _ => PathKind::Other,
    };
    let mode = header.mode()? & 0o7777;
    Ok(PathFact { kind, mode, uid: header.uid()?, gid: header.gid()?, mtime: header.mtime()? })
}
