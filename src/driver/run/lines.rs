//! Cuts a stream of bytes into pieces that can be shown: whole lines, and of an unfinished line what may not wait.

/// An unfinished line longer than this is shown in pieces.
const LONGEST: usize = 64 * 1024;

/// The bytes of a script that have not been shown.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pending: Vec<u8>,
    /// Whether what has been shown ends within a line.
    in_line: bool,
}

impl Lines {
    /// Takes further bytes and gives what can be shown now: everything to the last line break, or all of an endless line.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.pending.extend_from_slice(bytes);
        let whole = self.pending.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let ready = if self.pending.len() - whole > LONGEST { self.pending.len() } else { whole };
        self.split(ready)
    }

    /// Gives what has waited long enough: a progress bar or a question without a line break.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        self.split(self.pending.len())
    }

    /// Gives the rest, with a line break if the script wrote none: what is said next begins a line.
    pub(super) fn end(&mut self) -> Vec<u8> {
        let mut rest = self.finish();
        if std::mem::take(&mut self.in_line) {
            rest.push(b'\n');
        }
        rest
    }

    fn split(&mut self, ready: usize) -> Vec<u8> {
        let rest = self.pending.split_off(ready);
        let shown = std::mem::replace(&mut self.pending, rest);
        self.in_line = shown.last().map_or(self.in_line, |&last| last != b'\n');
        shown
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::LONGEST;
    use super::Lines;

    #[test]
    fn t09_whole_lines_go_at_once_and_the_rest_waits() {
        let mut lines = Lines::default();
        assert_eq!(lines.take(b"a\nb"), b"a\n");
        assert_eq!(lines.take(b"c\r\n\xff\x00"), b"bc\r\n");
        assert_eq!(lines.finish(), b"\xff\x00");
        assert_eq!(lines.end(), b"\n");
    }

    #[test]
    fn t09_an_endless_line_is_shown_in_pieces() {
        let mut lines = Lines::default();
        assert_eq!(lines.take(&vec![b'x'; LONGEST]).len(), 0);
        assert_eq!(lines.take(b"x").len(), LONGEST + 1);
        assert_eq!(lines.end(), b"\n");
        assert_eq!(lines.end(), b"");
    }

    proptest! {
        #[test]
        fn nothing_is_lost(pieces: Vec<Vec<u8>>) {
            let mut lines = Lines::default();
            let mut shown = Vec::new();
            for piece in &pieces {
                shown.extend(lines.take(piece));
                shown.extend(lines.finish());
            }
            assert_eq!(shown, pieces.concat());
            let ends_in_line = shown.last().is_some_and(|&last| last != b'\n');
            assert_eq!(lines.end().len(), usize::from(ends_in_line));
        }
    }
}
