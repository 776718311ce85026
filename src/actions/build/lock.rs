//! A stage is built once on a host, however many ask for it.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rustix::fs::FlockOperation;
use rustix::io::Errno;

use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::signature::Signature;

/// How long between two looks at a lock that somebody else holds: the kernel offers no wait that can be given up.
const PAUSE: Duration = Duration::from_millis(50);

/// Holds the lock of a stage; it is let go when the file is closed.
///
/// There is no limit of its own: who holds it is building, and a killed process holds nothing.
pub(super) async fn take(dir: &Path, signature: &Signature) -> Result<File, Failure> {
    let path = dir.join(signature.as_str());
    let failed = |error: std::io::Error| {
        Failure::new(Cause::HostFiles, format!("lock the stage with `{}`", path.display())).because(error)
    };
    std::fs::create_dir_all(dir).map_err(failed)?;
    let file = File::create(&path).map_err(failed)?;
    loop {
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(Errno::WOULDBLOCK | Errno::INTR) => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(failed(error.into())),
        }
    }
}
