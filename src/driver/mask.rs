//! Hides values in the job's own output, which comes in pieces of any size.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::bytes::NoExpand;
use regex::bytes::Regex;
use regex::bytes::RegexBuilder;

use crate::model::secret::Secret;

/// What stands where a value stood; the Runner's own word for it.
const SHOWN: &str = "[MASKED]";

/// Shorter values are not hidden: they would tear holes into every line, and protect nothing.
const SHORTEST: usize = 8;

/// Every form of every value that must not be seen.
#[derive(Debug, Clone, Default)]
pub(super) struct OutputMask {
    forms: Option<Regex>,
    longest: usize,
}

impl OutputMask {
    /// Hides `secrets` as they are, line by line where they have several, in base64 at any offset, JSON-escaped, and
    /// percent-encoded as in an address.
    pub(super) fn new(secrets: &[Secret]) -> Self {
        let mut forms: Vec<_> = secrets.iter().flat_map(|secret| forms(secret.reveal())).collect();
        // The longest first: one value may be the beginning of another.
        forms.sort_by(|left, right| right.len().cmp(&left.len()).then(left.cmp(right)));
        forms.dedup();
        let longest = forms.first().map_or(0, String::len);
        let pattern = forms.iter().map(|form| regex::escape(form)).collect::<Vec<_>>().join("|");
        // Escaped literals always compile when their size is not limited.
        let compile = || RegexBuilder::new(&pattern).size_limit(usize::MAX).build().ok();
        let forms = (!forms.is_empty()).then(compile).flatten();
        Self { forms, longest }
    }

    /// `text` with every value replaced.
    pub(super) fn hide<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        match &self.forms {
            Some(forms) => forms.replace_all(text, NoExpand(SHOWN.as_bytes())),
            None => Cow::Borrowed(text),
        }
    }

    /// How many bytes at the end of an unfinished text must wait for more: a value may have begun in them.
    pub(super) fn held_back(&self) -> usize {
        self.longest.saturating_sub(1)
    }
}

fn forms(secret: &str) -> Vec<String> {
    let whole = secret.trim();
    let lines = whole.lines().map(str::trim);
    let pieces = lines.chain([whole]).filter(|piece| piece.len() >= SHORTEST);
    pieces
        .flat_map(|piece| {
            [vec![piece.to_owned(), json_escaped(piece), percent_encoded(piece)], encoded(piece)].concat()
        })
        .collect()
}

fn json_escaped(text: &str) -> String {
    serde_json::to_string(text).map(|quoted| quoted[1..quoted.len() - 1].to_owned()).unwrap_or_default()
}

fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The part of the base64 form that depends on `text` alone, for each of the three places where it can begin; in the
/// alphabet of files and in that of addresses.
fn encoded(text: &str) -> Vec<String> {
    let shifted = (0..3).map(|shift| {
        let padded = [vec![0; shift], text.as_bytes().to_vec()].concat();
        let whole = STANDARD.encode(&padded);
        let begin = (shift * 8).div_ceil(6);
        whole[begin..padded.len() * 8 / 6].to_owned()
    });
    shifted.flat_map(|form| [form.replace('+', "-").replace('/', "_"), form]).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::proptest;

    use super::OutputMask;
    use crate::model::secret::Secret;

    fn hide(text: &str) -> String {
        let mask = OutputMask::new(&[Secret::new("hunter2/\"pass+word\""), Secret::new("first line\nsecond line\n")]);
        String::from_utf8(mask.hide(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn t23_every_form_of_a_value_is_hidden() {
        assert_eq!(hide("+ curl -u x:hunter2/\"pass+word\" y"), "+ curl -u x:[MASKED] y");
        assert_eq!(hide(r#"{"p":"hunter2/\"pass+word\""}"#), r#"{"p":"[MASKED]"}"#);
        assert_eq!(hide("https://x:hunter2%2F%22pass%2Bword%22@h/"), "https://x:[MASKED]@h/");
        assert_eq!(hide("a second line b"), "a [MASKED] b");
        assert_eq!(hide("a first line\nsecond line b"), "a [MASKED] b");
        assert_eq!(hide("nothing here"), "nothing here");
    }

    #[test]
    fn without_values_nothing_changes() {
        let mask = OutputMask::new(&[Secret::new(""), Secret::new("short")]);
        assert_eq!(mask.hide(b"a short text\xff").as_ref(), b"a short text\xff");
        assert_eq!(mask.held_back(), 0);
    }

    proptest! {
        #[test]
        fn t23_base64_is_hidden_wherever_the_value_stands(before in ".{0,9}", secret in "[!-~]{8,40}", after in ".{0,9}") {
            let mask = OutputMask::new(&[Secret::new(secret.clone())]);
            let text = STANDARD.encode(format!("{before}{secret}{after}"));
            let hidden = String::from_utf8(mask.hide(text.as_bytes()).into_owned()).unwrap();
            assert!(hidden.contains("[MASKED]"), "{text} {hidden}");
        }
    }
}
