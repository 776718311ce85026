//! Rows of text in columns, as Helm prints them: separated by tabs, filled with blanks.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The rows below their titles; every cell but the last of a row is as wide as its column.
pub(super) fn rows(titles: &[&str], rows: &[Vec<String>]) -> String {
    let title_row: Vec<String> = titles.iter().map(|title| (*title).to_owned()).collect();
    let all: Vec<&Vec<String>> = std::iter::once(&title_row).chain(rows).collect();
    let width = |column: usize| all.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..titles.len()).map(width).collect();
    let mut text = String::new();
    for row in all {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(&cells.join("\t"));
        text.push('\n');
    }
    text
}

/// A time as Helm 2 prints it: `Sat Nov 21 11:57:16 2026`, of this host's zone.
pub(super) fn time(time: Option<Timestamp>) -> String {
    let zoned = time.map(|time| time.to_zoned(TimeZone::system()));
    zoned.map_or_else(String::new, |zoned| zoned.strftime("%a %b %e %H:%M:%S %Y").to_string())
}

/// `text`, cut to `width` columns with `...` at its end.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(3)).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::cut;
    use super::rows;

    #[test]
    fn columns_stand_below_their_titles() {
        let text = rows(&["NAME", "REVISION"], &[vec!["demo-production".to_owned(), "5".to_owned()]]);
        assert_eq!(text, "NAME           \tREVISION\ndemo-production\t5       \n");
        assert_eq!(cut("abcdefghij", 8), "abcde...");
    }
}
