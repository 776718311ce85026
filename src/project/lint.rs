//! What works in a werf.yaml but is probably not what was meant.

use crate::project::section::Field;
use crate::yaml::Value;

/// Warns of words in commands or tasks that mix Latin letters with look-alikes of another script, such as `npm ci` with a Cyrillic `с`.
pub(super) fn commands(field: &Field<'_>) {
    match &field.node.value {
        Value::String(text) => {
            if let Some((word, letter)) = mixed_word(text) {
                let code = u32::from(letter);
                field.reader.warn(
                    field.node,
                    format!(
                        "{}: `{word}` has the non-Latin letter `{letter}` (U+{code:04X}) that looks like a Latin one",
                        field.path
                    ),
                );
            }
        }
        Value::Sequence(_) => field.items().iter().flatten().for_each(commands),
        Value::Mapping(entries) => {
            for entry in entries {
                commands(&Field { node: &entry.value, ..field.clone() });
            }
        }
        _ => {}
    }
}

/// Cyrillic and Greek letters that look like Latin ones.
const LOOK_ALIKES: &str = "асеорхуіјѕԁһАВЕКМНОРСТУХІЈЅαοινρυκΑΒΕΖΗΙΚΜΝΟΡΤΥΧ";

/// The first word of look-alikes that stands where a program would understand Latin only: beside Latin letters, or made
/// of look-alikes and ASCII alone.
fn mixed_word(text: &str) -> Option<(&str, char)> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '-' && letter != '_').find_map(|word| {
        let odd = word.chars().find(|letter| LOOK_ALIKES.contains(*letter))?;
        let only_known = word.chars().all(|letter| letter.is_ascii() || LOOK_ALIKES.contains(letter));
        (only_known && word.chars().any(|letter| letter.is_ascii_alphabetic())).then_some((word, odd))
    })
}

#[cfg(test)]
mod tests {
    use super::mixed_word;

    #[test]
    fn a_cyrillic_letter_among_latin_ones_is_found() {
        assert_eq!(mixed_word("npm \u{441}i"), Some(("\u{441}i", '\u{441}')));
        assert_eq!(mixed_word("npm ci"), None);
        assert_eq!(mixed_word("echo привет мир"), None);
    }
}
