//! Lines that fit. Pure.

use crate::report::text::Part;
use crate::report::text::parts;
use crate::report::text::width;

/// Stands at the end of a line that goes on below.
pub(super) const MARK: &str = " ↵";

/// Columns of [`MARK`].
const MARK_WIDTH: usize = 2;

/// Below this many columns of text nothing is wrapped any more: it would be one character a line.
pub(super) const NARROWEST: usize = 10;

/// Cuts `text` into pieces for lines of `limit` columns; the pieces joined are the text.
///
/// Every piece but the last leaves room for [`MARK`]. A piece ends behind a blank where the next word fits into a line
/// of its own, else within the word. As in werf, a word belongs to a piece only if the blank behind it does too. Blanks at the end of a piece may stand over the limit: they are not to be shown.
pub(super) fn wrap(text: &str, limit: usize) -> Vec<&str> {
    let limit = limit.max(NARROWEST);
    if width(text) <= limit {
        return vec![text];
    }
    let cells: Vec<Cell> = cells(text);
    let mut pieces = Vec::new();
    let mut from = 0;
    while columns(&cells, from, cells.len()) > limit {
        let to = cut(&cells, from, limit - MARK_WIDTH);
        pieces.push(&text[cells[from].start..cells[to].start]);
        from = to;
    }
    pieces.push(&text[cells[from].start..]);
    pieces
}

/// A character or a colour, and where it stands.
struct Cell {
    /// Its first byte.
    start: usize,
    /// The columns before it.
    column: usize,
    /// The columns it takes.
    width: usize,
    /// Whether a line may end behind it.
    blank: bool,
}

fn cells(text: &str) -> Vec<Cell> {
    let mut start = 0;
    let mut column = 0;
    let mut cells = Vec::with_capacity(text.len());
    for part in parts(text) {
        let cell = Cell { start, column, width: part.width(), blank: part == Part::Char(" ") };
        start += part.text().len();
        column += cell.width;
        cells.push(cell);
    }
    cells
}

/// The columns of the cells `from..to`.
fn columns(cells: &[Cell], from: usize, to: usize) -> usize {
    let end =
        |at: usize| cells.get(at).map_or_else(|| cells.last().map_or(0, |it| it.column + it.width), |it| it.column);
    end(to) - end(from)
}

/// Where the line that begins at `from` ends, at most `room` columns on. Always behind `from` and before the end.
fn cut(cells: &[Cell], from: usize, room: usize) -> usize {
    let mut full = from + 1;
    while full < cells.len() && columns(cells, from, full + 1) <= room {
        full += 1;
    }
    let full = full.min(cells.len() - 1);
    let next_word = word_start(cells, from, full);
    let blanks_first = cells[from..next_word].iter().all(|cell| cell.blank || cell.width == 0);
    if cells[full].blank && (blanks_first || cells[full - 1].blank) {
        return behind_blanks(cells, full);
    }
    let word_fits = columns(cells, next_word, word_end(cells, full)) <= room;
    if word_fits && !blanks_first { next_word } else { full }
}

fn word_start(cells: &[Cell], from: usize, at: usize) -> usize {
    cells[from..at].iter().rposition(|cell| cell.blank).map_or(from, |blank| from + blank + 1)
}

fn word_end(cells: &[Cell], at: usize) -> usize {
    cells[at..].iter().position(|cell| cell.blank).map_or(cells.len(), |blank| at + blank)
}

fn behind_blanks(cells: &[Cell], at: usize) -> usize {
    let next = cells[at..].iter().position(|cell| !cell.blank).map_or(cells.len(), |word| at + word);
    next.min(cells.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::wrap;
    use crate::report::text::width;
    use proptest::prelude::*;

    #[test]
    fn a_word_that_fits_goes_to_the_next_line() {
        assert_eq!(wrap("one two three four", 11), ["one two ", "three four"]);
    }

    #[test]
    fn a_word_longer_than_a_line_is_cut_where_the_line_ends() {
        assert_eq!(wrap("label=0123456789abcdef end", 14), ["label=012345", "6789abcdef end"]);
    }

    #[test]
    fn an_indented_word_does_not_leave_an_empty_line() {
        assert_eq!(wrap("    0123456789", 12), ["    012345", "6789"]);
    }

    #[test]
    fn what_fits_exactly_is_not_wrapped() {
        assert_eq!(wrap("exactly 14 col", 14), ["exactly 14 col"]);
    }

    proptest! {
        #[test]
        fn the_pieces_joined_are_the_text(text in "[ a-zé日⛵/=-]{0,300}", limit in 10_usize..60) {
            prop_assert_eq!(wrap(&text, limit).concat(), text);
        }

        #[test]
        fn every_piece_fits(text in "(\\x1b\\[3[0-7]m|[ a-z日]){0,200}", limit in 10_usize..60) {
            let pieces = wrap(&text, limit);
            for (at, piece) in pieces.iter().enumerate() {
                let room = if at + 1 == pieces.len() { limit } else { limit - 2 };
                prop_assert!(width(piece.trim_end()) <= room, "{piece:?} in {limit}");
            }
        }
    }
}
