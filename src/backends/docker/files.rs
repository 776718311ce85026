//! Files of a container, read without starting it.

use std::io;
use std::io::Read;

use bollard::query_parameters::DownloadFromContainerOptionsBuilder;

use crate::backends::docker::archive;
use crate::backends::docker::container::StageContainer;
use crate::backends::docker::failures;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

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
