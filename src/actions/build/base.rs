//! Base images: taken as they are in the engine, pulled where it has them not.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::OnceCell;

use crate::actions::build::show;
use crate::backends::docker::Engine;
use crate::backends::docker::PullProgress;
use crate::backends::registry::Keychain;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::reference::Reference;
use crate::report::JobLog;
use crate::report::Style;

/// How often a pull says how far it is.
const TELLS_EVERY: Duration = Duration::from_secs(5);

/// The base images of a build, each looked up and pulled once however many images begin with it.
#[derive(Debug)]
pub struct Bases<'a> {
    engine: &'a Engine,
    keychain: &'a Keychain,
    known: RefCell<HashMap<Reference, Rc<OnceCell<StoredImage>>>>,
}

impl<'a> Bases<'a> {
    /// None is known yet; `keychain` says who we are where one has to be pulled.
    pub fn new(engine: &'a Engine, keychain: &'a Keychain) -> Self {
        Self { engine, keychain, known: RefCell::default() }
    }

    /// Who we are at registries.
    pub fn keychain(&self) -> &'a Keychain {
        self.keychain
    }

    /// The image of that name. Who asks while another pulls it waits, and tries itself when the other fails.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::pull`].
    pub async fn image(&self, reference: &Reference, log: &JobLog) -> Result<StoredImage, Failure> {
        let cell = Rc::clone(self.known.borrow_mut().entry(reference.clone()).or_default());
        cell.get_or_try_init(|| self.found_or_pulled(reference, log)).await.cloned()
    }

    async fn found_or_pulled(&self, reference: &Reference, log: &JobLog) -> Result<StoredImage, Failure> {
        match self.engine.image(&reference.familiar()).await? {
            Some(image) => Ok(image),
            None => self.pull(reference, log).await,
        }
    }

    async fn pull(&self, reference: &Reference, log: &JobLog) -> Result<StoredImage, Failure> {
        let credentials = self.keychain.find(reference.repository.host()).await?;
        let block = log.block(format!("Pulling base image {}", reference.familiar()), Style::Highlight);
        let mut pace = Pace::begun(Instant::now());
        let mut tell = |progress| {
            if pace.allows(Instant::now()) {
                block.line(shown(progress));
            }
        };
        match self.engine.pull(reference, credentials.as_ref(), &mut tell).await {
            Ok(image) => {
                block.info(&show::pulled(&image));
                block.done();
                Ok(image)
            }
            Err(failure) => {
                block.failed();
                Err(failure)
            }
        }
    }
}

/// The name that `from` of an image gives.
pub fn named(name: &str) -> Result<Reference, Failure> {
    name.parse().map_err(|error| Failure::new(Cause::ProjectInvalid, format!("`from: {name}`")).because(error))
}

/// Keeps the lines of a pull few.
struct Pace(Instant);

impl Pace {
    fn begun(now: Instant) -> Self {
        Self(now)
    }

    fn allows(&mut self, now: Instant) -> bool {
        let allowed = now.duration_since(self.0) >= TELLS_EVERY;
        if allowed {
            self.0 = now;
        }
        allowed
    }
}

fn shown(progress: PullProgress) -> String {
    let layers = format!("{} of {} layers", progress.done, progress.layers);
    match progress.total {
        0 => layers,
        total => format!("{layers}, {} of {} under way", show::bytes(progress.current), show::bytes(total)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;
    use std::time::Instant;

    use super::Pace;
    use super::named;
    use super::shown;
    use crate::backends::docker::PullProgress;
    use crate::model::failure::Cause;

    #[test]
    fn a_pull_says_little() {
        let begin = Instant::now();
        let mut pace = Pace::begun(begin);
        let told: Vec<u64> = (1..=16).filter(|second| pace.allows(begin + Duration::from_secs(*second))).collect();
        assert_eq!(told, [5, 10, 15]);
    }

    #[test]
    fn progress_tells_layers_and_bytes() {
        let progress = PullProgress { layers: 4, done: 1, current: 1024, total: 5222 };
        assert_eq!(shown(progress), "1 of 4 layers, 1.0 KiB of 5.1 KiB under way");
        assert_eq!(shown(PullProgress { layers: 4, done: 4, ..PullProgress::default() }), "4 of 4 layers");
    }

    #[test]
    fn a_name_that_is_none_is_the_projects_fault() {
        assert_eq!(named("Not A Name").unwrap_err().cause, Cause::ProjectInvalid);
        assert_eq!(named("nginx:1.17").unwrap().repository.host(), "docker.io");
    }
}
