//! Where the bytes of a log go: straight out, or into memory until it is their turn.

use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::Ordering;

use crate::report::frame::Frame;
use crate::report::mask::Mask;

/// One stream of bytes. Every call of [`Sink::write`] arrives in one piece.
pub(super) struct Sink {
    state: Mutex<State>,
    mask: Arc<RwLock<Mask>>,
}

struct State {
    target: Target,
    /// The end of a raw stream that may be the beginning of a secret.
    held_back: Vec<u8>,
}

enum Target {
    /// The job log itself.
    Out(Box<dyn Write + Send>),
    /// Memory, until the work beside this has shown its own.
    Waiting { bytes: Vec<u8>, behind: Arc<Sink> },
    /// What waited has been shown; the rest follows at once.
    Live { behind: Arc<Sink> },
}

impl Sink {
    /// A sink that writes to `out` at once. A failing `out` is not an error: a job goes on when nobody reads its log.
    pub(super) fn new(out: Box<dyn Write + Send>, mask: Arc<RwLock<Mask>>) -> Arc<Self> {
        Self::with(Target::Out(out), mask)
    }

    /// A sink that keeps everything until [`Sink::release`].
    pub(super) fn waiting(behind: Arc<Sink>) -> Arc<Self> {
        let mask = Arc::clone(&behind.mask);
        Self::with(Target::Waiting { bytes: Vec::new(), behind }, mask)
    }

    fn with(target: Target, mask: Arc<RwLock<Mask>>) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { target, held_back: Vec::new() }), mask })
    }

    /// Writes whole lines, already masked.
    pub(super) fn write(&self, lines: &[u8]) {
        let mut state = self.lock();
        self.flush_held_back(&mut state);
        state.target.write(lines);
    }

    /// Writes part of a stream; masks it, also where a secret is split between calls.
    pub(super) fn raw(&self, bytes: &[u8]) {
        let mut state = self.lock();
        state.held_back.extend_from_slice(bytes);
        let shown = self.mask().take_masked(&mut state.held_back);
        state.target.write(&shown);
    }

    /// Shows what waits, after `separator` if there is any; from now on everything goes straight on.
    fn release(&self, separator: &str) {
        let mut state = self.lock();
        self.flush_held_back(&mut state);
        let Target::Waiting { bytes, behind } = &mut state.target else { return };
        let mut shown = if bytes.is_empty() { Vec::new() } else { separator.as_bytes().to_vec() };
        shown.append(bytes);
        let behind = Arc::clone(behind);
        behind.write(&shown);
        state.target = Target::Live { behind };
    }

    /// Whether anything waits to be shown.
    fn has_waiting(&self) -> bool {
        let state = self.lock();
        matches!(&state.target, Target::Waiting { bytes, .. } if !bytes.is_empty()) || !state.held_back.is_empty()
    }

    fn flush_held_back(&self, state: &mut State) {
        if !state.held_back.is_empty() {
            let held_back = std::mem::take(&mut state.held_back);
            state.target.write(&self.mask().hide_bytes(&held_back));
        }
    }

    /// A panic elsewhere must not silence the log.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mask(&self) -> std::sync::RwLockReadGuard<'_, Mask> {
        self.mask.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let mut state = self.lock();
        self.flush_held_back(&mut state);
    }
}

impl Target {
    fn write(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Out(out) => drop(out.write_all(bytes).and_then(|()| out.flush())),
            Self::Waiting { bytes: waiting, .. } => waiting.extend_from_slice(bytes),
            Self::Live { behind } => behind.write(bytes),
        }
    }
}

/// The part of a log that waits for its turn. Dropped, it shows what waits: nothing is lost.
#[must_use = "dropping it shows what waits at once"]
pub struct Pending {
    /// The buffered log's sink.
    pub(super) sink: Arc<Sink>,
    /// The buffered log's place.
    pub(super) inner: Arc<Frame>,
    /// The place in the log behind it.
    pub(super) outer: Arc<Frame>,
    pub(super) color: bool,
}

impl Pending {
    /// Shows what waits in one piece; what is written later follows at once.
    pub fn flush(self) {
        drop(self);
    }

    /// Shows what waits; from now on the log is written as the work goes on. For the first of works side by side.
    pub fn go_live(&self) {
        let separator = if self.sink.has_waiting() { self.outer.separator(self.color) } else { String::new() };
        self.sink.release(&separator);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.go_live();
        if self.inner.pending.swap(false, Ordering::Relaxed) {
            self.outer.pending.store(true, Ordering::Relaxed);
        }
    }
}

/// What a log in memory has received.
#[derive(Debug, Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// Everything written until now.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
