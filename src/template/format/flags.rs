//! What stands between `%` and the verb, and the padding that follows from it.

/// The flags, width and precision of one directive.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "Go's flags are independent of each other")]
pub(super) struct Flags {
    /// `+`.
    pub(super) plus: bool,
    /// `-`.
    pub(super) minus: bool,
    /// `#`.
    pub(super) sharp: bool,
    /// A space.
    pub(super) space: bool,
    /// `0`.
    pub(super) zero: bool,
    /// `%+v`.
    pub(super) plus_v: bool,
    /// `%#v`.
    pub(super) sharp_v: bool,
    /// The least number of characters.
    pub(super) width: Option<usize>,
    /// The number behind the dot.
    pub(super) precision: Option<usize>,
}

impl Flags {
    /// Appends `text`, padded to the width: with zeros where they are asked for and stand on the left.
    pub(super) fn pad(&self, out: &mut Vec<u8>, text: &[u8]) {
        let fill = if self.zero && !self.minus { b'0' } else { b' ' };
        self.pad_with(out, text, fill);
    }

    /// Appends `text`, padded to the width with spaces.
    pub(super) fn pad_spaces(&self, out: &mut Vec<u8>, text: &[u8]) {
        self.pad_with(out, text, b' ');
    }

    fn pad_with(&self, out: &mut Vec<u8>, text: &[u8], fill: u8) {
        let missing = self.width.unwrap_or(0).saturating_sub(rune_count(text));
        if self.minus {
            out.extend_from_slice(text);
        }
        out.resize(out.len() + missing, fill);
        if !self.minus {
            out.extend_from_slice(text);
        }
    }
}

/// How many runes Go counts: bytes that are no UTF-8 count one each.
pub(super) fn rune_count(text: &[u8]) -> usize {
    text.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
}

/// The first `count` runes.
pub(super) fn first_runes(text: &[u8], count: usize) -> &[u8] {
    let mut left = count;
    let mut end = 0;
    for chunk in text.utf8_chunks() {
        let widths = chunk.valid().chars().map(char::len_utf8).chain(chunk.invalid().iter().map(|_| 1));
        for width in widths {
            if left == 0 {
                return &text[..end];
            }
            left -= 1;
            end += width;
        }
    }
    text
}
