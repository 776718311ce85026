//! Letters as Go's `unicode` package sorts and maps them: one rune to one rune, by general category.

use std::iter;
use std::sync::LazyLock;

use regex::Regex;

static UPPER: Category = LazyLock::new(|| Regex::new(r"^\p{Lu}").ok());
static LOWER: Category = LazyLock::new(|| Regex::new(r"^\p{Ll}").ok());
static TITLE: Category = LazyLock::new(|| Regex::new(r"^\p{Lt}").ok());
static LETTER: Category = LazyLock::new(|| Regex::new(r"^\p{L}").ok());
static PUNCTUATION: Category = LazyLock::new(|| Regex::new(r"^\p{P}").ok());

type Category = LazyLock<Option<Regex>>;

/// The runes of a Go string: each byte that is no UTF-8 is U+FFFD.
pub(super) fn runes(text: &[u8]) -> impl Iterator<Item = char> {
    text.utf8_chunks().flat_map(|chunk| {
        let broken = iter::repeat_n(char::REPLACEMENT_CHARACTER, chunk.invalid().len());
        chunk.valid().chars().chain(broken)
    })
}

/// `unicode.IsUpper`.
pub(super) fn is_upper(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_uppercase() } else { is_in(&UPPER, rune) }
}

/// `unicode.IsLower`.
pub(super) fn is_lower(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_lowercase() } else { is_in(&LOWER, rune) }
}

/// `unicode.IsTitle`: such as `ǅ`.
pub(super) fn is_title(rune: char) -> bool {
    !rune.is_ascii() && is_in(&TITLE, rune)
}

/// `unicode.IsLetter`.
pub(super) fn is_letter(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_alphabetic() } else { is_in(&LETTER, rune) }
}

/// `unicode.IsPunct`: also of ASCII not the symbols ``$+<=>^`|~``.
pub(super) fn is_punctuation(rune: char) -> bool {
    if rune.is_ascii() {
        return rune.is_ascii_punctuation() && !"$+<=>^`|~".contains(rune);
    }
    is_in(&PUNCTUATION, rune)
}

fn is_in(category: &Category, rune: char) -> bool {
    category.as_ref().is_some_and(|regex| regex.is_match(rune.encode_utf8(&mut [0; 4])))
}

/// `unicode.ToUpper`: `ß` has no upper case of one rune and stays.
pub(super) fn to_upper(rune: char) -> char {
    let mut upper = rune.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(only), None) => only,
        _ => iota_subscript(rune),
    }
}

/// The Greek vowels with an iota below, whose capital in one rune is that of a title.
fn iota_subscript(rune: char) -> char {
    let distance = match u32::from(rune) {
        0x1F80..=0x1F87 | 0x1F90..=0x1F97 | 0x1FA0..=0x1FA7 => 8,
        0x1FB3 | 0x1FC3 | 0x1FF3 => 9,
        _ => 0,
    };
    char::from_u32(u32::from(rune) + distance).unwrap_or(rune)
}

/// `unicode.ToLower`.
pub(super) fn to_lower(rune: char) -> char {
    // The only rune whose full lower case is two: a dotted I.
    if rune == 'İ' { 'i' } else { rune.to_lowercase().next().unwrap_or(rune) }
}

/// `unicode.ToTitle`.
pub(super) fn to_title(rune: char) -> char {
    match rune {
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        // Georgian has capitals for whole words only.
        '\u{10D0}'..='\u{10FF}' => rune,
        other => to_upper(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rune_stays_one_rune() {
        assert_eq!(
            (to_upper('ß'), to_upper('é'), to_upper('ᾳ'), to_lower('İ'), to_title('ǆ')),
            ('ß', 'É', 'ᾼ', 'i', 'ǅ')
        );
    }

    #[test]
    fn categories_are_unicodes_not_the_derived_properties() {
        assert!(is_upper('É') && !is_upper('Ⅷ') && is_lower('é') && !is_lower('ª') && is_title('ǅ'));
        assert!(
            is_letter('ª') && !is_letter('Ⅷ') && is_punctuation('—') && !is_punctuation('€') && !is_punctuation('$')
        );
    }

    #[test]
    fn each_broken_byte_is_a_rune() {
        assert_eq!(runes(b"a\xE2\x82b\xFF").collect::<String>(), "a\u{FFFD}\u{FFFD}b\u{FFFD}");
    }
}
