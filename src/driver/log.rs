//! What a call itself says in the job log.

use std::fmt::Write as _;
use std::io;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use crate::driver::mask::OutputMask;
use crate::model::failure::Failure;

const YELLOW: &str = "\x1b[33;1m";
const RED: &str = "\x1b[31;1m";
const PLAIN: &str = "\x1b[0;m";
/// GitLab hides everything up to it at the start of a line.
const ERASE: &str = "\r\x1b[0K";

/// The job log of one call: whole lines, one write each, secrets hidden. Clones write to the same log.
#[derive(Clone)]
pub(super) struct CallLog(Arc<Mutex<Inner>>);

struct Inner {
    out: Box<dyn Write + Send>,
    mask: OutputMask,
    sections: bool,
    /// Names of the sections that have begun and not ended.
    open: Vec<String>,
    begun: usize,
}

/// A folded part of the job log; ends when it is dropped.
pub(super) struct Section(CallLog);

impl CallLog {
    /// A log that writes to `out`; `sections` says whether GitLab's side folds them.
    pub(super) fn new(out: Box<dyn Write + Send>, sections: bool, mask: OutputMask) -> Self {
        Self(Arc::new(Mutex::new(Inner { out, mask, sections, open: Vec::new(), begun: 0 })))
    }

    /// Writes one line; control characters in it are shown, not obeyed.
    pub(super) fn line(&self, text: impl AsRef<str>) {
        self.inner().say(&visible(text.as_ref()));
    }

    /// Writes one line that is to be noticed.
    pub(super) fn warn(&self, text: impl AsRef<str>) {
        self.inner().say(&format!("{YELLOW}WARNING: {}{PLAIN}", visible(text.as_ref())));
    }

    /// Writes what went wrong, what to do about it, and the cause's name in the last line.
    pub(super) fn failure(&self, failure: &Failure) {
        let mut inner = self.inner();
        inner.end_sections();
        inner.say(&format!("{RED}ERROR: {}{PLAIN}", visible(&failure.to_string())));
        for hint in &failure.hints {
            inner.say(&format!("  fix: {}", visible(hint)));
        }
        inner.say(&format!("cause: {} ({})", failure.cause.id(), failure.blame()));
    }

    /// Begins a folded section under `title`.
    #[must_use]
    pub(super) fn section(&self, title: &str) -> Section {
        let mut inner = self.inner();
        inner.begin_section(title);
        Section(self.clone())
    }

    /// Passes the job's own output on, with secrets hidden; an error means that nobody reads the log any more.
    pub(super) fn pass(&self, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.inner();
        let Inner { out, mask, .. } = &mut *inner;
        out.write_all(&mask.hide(bytes))?;
        out.flush()
    }

    /// Ends every section that is open.
    pub(super) fn end_sections(&self) {
        self.inner().end_sections();
    }

    /// The bytes at the end of an unfinished line that have to wait for more.
    pub(super) fn held_back(&self) -> usize {
        self.inner().mask.held_back()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic while a line was written leaves a torn line, not a torn state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Whoever does not read the log any more need not know that there was more.
    fn say(&mut self, line: &str) {
        let line = format!("{line}\n");
        let hidden = self.mask.hide(line.as_bytes());
        let _ = self.out.write_all(&hidden).and_then(|()| self.out.flush());
    }

    fn begin_section(&mut self, title: &str) {
        if !self.sections {
            self.open.push(String::new());
            return self.say(&visible(title));
        }
        self.begun += 1;
        // A job's calls are different processes; with the number of the process the name is unique in the job log.
        let name = format!("werf_executor_{}_{}", std::process::id(), self.begun);
        let title = visible(title);
        self.say(&format!("section_start:{}:{name}[collapsed=true]{ERASE}{title}", seconds()));
        self.open.push(name);
    }

    fn end_section(&mut self) {
        if let Some(name) = self.open.pop().filter(|name| !name.is_empty()) {
            self.say(&format!("section_end:{}:{name}{ERASE}", seconds()));
        }
    }

    fn end_sections(&mut self) {
        while !self.open.is_empty() {
            self.end_section();
        }
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        self.0.inner().end_section();
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Names of a job can hold anything, also a forged end of a section.
fn visible(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, character| {
        if character.is_control() {
            // Writing to a string does not fail.
            let _ = write!(shown, "{}", character.escape_debug());
        } else {
            shown.push(character);
        }
        shown
    })
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::Mutex;

    use super::CallLog;
    use crate::driver::mask::OutputMask;
    use crate::model::failure::Cause;
    use crate::model::failure::Failure;
    use crate::model::secret::Secret;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<Vec<u8>>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Captured {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().concat()).unwrap()
        }
    }

    fn log(sections: bool) -> (CallLog, Captured) {
        let captured = Captured::default();
        let mask = OutputMask::new(&[Secret::new("hunter2hunter2")]);
        (CallLog::new(Box::new(captured.clone()), sections, mask), captured)
    }

    #[test]
    fn t10_every_section_ends_also_in_a_panic() {
        let (log, captured) = log(true);
        let inside = log.clone();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _outer = inside.section("one");
            let _inner = inside.section("two");
            panic!("defect");
        }));
        assert!(panicked.is_err());
        let _again = log.section("three");
        log.failure(&Failure::new(Cause::Defect, "x"));
        let text = captured.text();
        let names = |which: &str| {
            let mut names: Vec<_> =
                text.split(which).skip(1).map(|rest| rest.split([':', '[', '\r']).nth(1).unwrap()).collect();
            names.sort_unstable();
            names.join(" ")
        };
        assert_eq!(names("section_start:"), names("section_end:"));
        assert_eq!(text.matches("section_start:").count(), 3);
    }

    #[test]
    fn t10_without_sections_there_is_no_marker() {
        let (log, captured) = log(false);
        drop(log.section("title"));
        assert_eq!(captured.text(), "title\n");
    }

    #[test]
    fn t19_a_name_cannot_forge_a_marker() {
        let (log, captured) = log(true);
        log.line("job \r\x1b[0Ksection_end:1:x\r\x1b[0K\nnext");
        assert_eq!(captured.text(), "job \\r\\u{1b}[0Ksection_end:1:x\\r\\u{1b}[0K\\nnext\n");
    }

    #[test]
    fn a_failure_ends_with_its_cause_and_one_write_is_one_line() {
        let (log, captured) = log(true);
        log.failure(&Failure::new(Cause::EngineUnavailable, "ask hunter2hunter2").hint("start it"));
        assert!(
            captured.text().ends_with("  fix: start it\ncause: engine-unavailable (system)\n"),
            "{}",
            captured.text()
        );
        assert!(captured.text().contains("ask [MASKED]"));
        assert!(captured.0.lock().unwrap().iter().all(|write| write.ends_with(b"\n")));
    }
}
