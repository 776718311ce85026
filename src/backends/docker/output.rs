//! Output of containers, cut into lines while it comes.

/// A line longer than this is handed on in pieces, in bytes.
const LONGEST_LINE: usize = 64 * 1024;

/// What takes a container's output, a line at a time, without its line break. Bytes that are not UTF-8 are replaced.
pub type Lines<'a> = dyn FnMut(&str) + Send + 'a;

/// Collects pieces of output until a line is whole.
#[derive(Default)]
pub(super) struct LineCutter {
    rest: Vec<u8>,
}

impl LineCutter {
    /// Takes a piece and hands on the lines that it completes.
    pub(super) fn push(&mut self, piece: &[u8], lines: &mut Lines<'_>) {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(part);
            if part.ends_with(b"\n") || self.rest.len() >= LONGEST_LINE {
                self.hand_on(lines);
            }
        }
    }

    /// Hands on what came after the last line break.
    pub(super) fn finish(&mut self, lines: &mut Lines<'_>) {
        if !self.rest.is_empty() {
            self.hand_on(lines);
        }
    }

    fn hand_on(&mut self, lines: &mut Lines<'_>) {
        let line = self.rest.strip_suffix(b"\n").unwrap_or(&self.rest);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        lines(&String::from_utf8_lossy(line));
        self.rest.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::LONGEST_LINE;
    use super::LineCutter;

    fn cut(pieces: &[&[u8]]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut cutter = LineCutter::default();
        for piece in pieces {
            cutter.push(piece, &mut |line| lines.push(line.to_owned()));
        }
        cutter.finish(&mut |line| lines.push(line.to_owned()));
        lines
    }

    #[test]
    fn lines_are_whole_however_the_pieces_are_cut() {
        assert_eq!(
            cut(&[b"a\nb", b"c\r\n\n", "\u{e4}".as_bytes().split_at(1).0, &[0xa4], b"!"]),
            ["a", "bc", "", "\u{e4}!"]
        );
        assert_eq!(cut(&[b"", b"\n"]), [""]);
        assert_eq!(cut(&[b"\xff\n"]), ["\u{fffd}"]);
    }

    #[test]
    fn a_line_without_end_is_handed_on_in_pieces() {
        let lines = cut(&[&vec![b'x'; LONGEST_LINE], b"y"]);
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [LONGEST_LINE, 1]);
    }
}
