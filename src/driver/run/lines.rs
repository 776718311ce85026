//! Cuts a stream of bytes into pieces that can be shown: whole lines, and of an unfinished line what may not wait.

/// An unfinished line longer than this is shown in pieces.
const LONGEST: usize = 64 * 1024;

/// The bytes of a script that have not been shown.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pending: Vec<u8>,
}

impl Lines {
    /// Takes further bytes and gives what can be shown now: everything to the last line break, or, of an endless line,
    /// everything but the last `held_back` bytes.
    pub(super) fn take(&mut self, bytes: &[u8], held_back: usize) -> Vec<u8> {
        self.pending.extend_from_slice(bytes);
        let whole = self.pending.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let ready =
            if self.pending.len() - whole > LONGEST + held_back { self.pending.len() - held_back } else { whole };
        self.split(ready)
    }

    /// Gives what has waited long enough: a progress bar or a question without a line break.
    pub(super) fn settle(&mut self, held_back: usize) -> Vec<u8> {
        self.split(self.pending.len().saturating_sub(held_back))
    }

    /// Gives the rest.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.pending)
    }

    fn split(&mut self, ready: usize) -> Vec<u8> {
        let rest = self.pending.split_off(ready);
        std::mem::replace(&mut self.pending, rest)
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
        assert_eq!(lines.take(b"a\nb", 0), b"a\n");
        assert_eq!(lines.take(b"c\r\n\xff\x00", 0), b"bc\r\n");
        assert_eq!(lines.settle(0), b"\xff\x00");
        assert_eq!(lines.finish(), b"");
    }

    #[test]
    fn t23_what_may_be_half_a_secret_waits() {
        let mut lines = Lines::default();
        assert_eq!(lines.take(b"progress hunt", 7), b"");
        assert_eq!(lines.settle(7), b"progre");
        assert_eq!(lines.take(b"er2\n", 7), b"ss hunter2\n");
    }

    #[test]
    fn t09_an_endless_line_is_shown_in_pieces() {
        let mut lines = Lines::default();
        let shown = lines.take(&vec![b'x'; LONGEST + 11], 10);
        assert_eq!(shown.len(), LONGEST + 1);
        assert_eq!(lines.finish().len(), 10);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(pieces: Vec<Vec<u8>>, held_back in 0..9usize) {
            let mut lines = Lines::default();
            let mut shown = Vec::new();
            for piece in &pieces {
                shown.extend(lines.take(piece, held_back));
                shown.extend(lines.settle(held_back));
            }
            shown.extend(lines.finish());
            assert_eq!(shown, pieces.concat());
        }
    }
}
