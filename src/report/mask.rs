//! Secrets never leave.

use std::borrow::Cow;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use aho_corasick::MatchKind;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::engine::general_purpose::URL_SAFE;
use zeroize::Zeroizing;

use crate::model::secret::Secret;

/// What stands in a secret's place.
const HIDDEN: &str = "***";

/// Shorter values are not hidden: they would turn half of the log into stars and protect nothing.
const SHORTEST: usize = 4;

/// Shorter values are not looked for within longer base64 texts: two or three characters would be left to compare.
const SHORTEST_EMBEDDED: usize = 8;

/// The values that are hidden, each also in the forms in which it travels.
///
/// A value is found as it is, each line of it on its own, as base64 (both alphabets; also in the middle of a longer
/// text, as in `user:password`), and as the inside of a JSON string. Values of fewer than four bytes are not hidden.
#[derive(Clone, Default)]
pub struct Mask {
    forms: Vec<Zeroizing<String>>,
    finder: Option<Arc<AhoCorasick>>,
}

impl Mask {
    /// Hides `secrets` from now on.
    pub fn add(&mut self, secrets: impl IntoIterator<Item = Secret>) {
        let before = self.forms.len();
        for secret in secrets {
            self.forms.extend(forms(secret.reveal()));
        }
        if self.forms.len() == before {
            return;
        }
        self.forms.sort_by(|one, other| one.as_str().cmp(other));
        self.forms.dedup();
        let texts = self.forms.iter().map(|form| form.as_bytes());
        self.finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(texts).ok().map(Arc::new);
    }

    /// `text` with `***` in place of every hidden value.
    pub fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.finder {
            Some(finder) if finder.is_match(text) => {
                let mut masked = String::with_capacity(text.len());
                finder.replace_all_with(text, &mut masked, |_, _, target| {
                    target.push_str(HIDDEN);
                    true
                });
                Cow::Owned(masked)
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// Takes from `stream` what can be shown already, masked; leaves what may be the beginning of a hidden value.
    pub(super) fn take_masked(&self, stream: &mut Vec<u8>) -> Vec<u8> {
        let mut cut = stream.len() - self.unfinished(stream);
        if let Some(finder) = &self.finder {
            let across = finder.find_iter(&*stream).find(|it| it.start() < cut && cut < it.end());
            cut = across.map_or(cut, |found| found.start());
        }
        let rest = stream.split_off(cut);
        self.hide_bytes(&std::mem::replace(stream, rest))
    }

    /// `bytes` with `***` in place of every hidden value.
    pub(super) fn hide_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let Some(finder) = &self.finder else { return bytes.to_vec() };
        let mut masked = Vec::with_capacity(bytes.len());
        finder.replace_all_with_bytes(bytes, &mut masked, |_, _, target| {
            target.extend_from_slice(HIDDEN.as_bytes());
            true
        });
        masked
    }

    /// How many bytes at the end of `stream` could grow into a hidden value.
    fn unfinished(&self, stream: &[u8]) -> usize {
        let longest = |form: &Zeroizing<String>| {
            let most = (form.len() - 1).min(stream.len());
            (1..=most).rev().find(|&length| stream.ends_with(&form.as_bytes()[..length]))
        };
        self.forms.iter().filter_map(longest).max().unwrap_or(0)
    }
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Mask").field("forms", &self.forms.len()).finish_non_exhaustive()
    }
}

/// The texts by which `value` could be recognised.
fn forms(value: &str) -> Vec<Zeroizing<String>> {
    let mut forms = spellings(value);
    if value.trim().len() != value.len() || value.contains('\n') {
        forms.extend(value.lines().map(str::trim).chain([value.trim()]).flat_map(spellings));
    }
    forms.into_iter().map(Zeroizing::new).collect()
}

fn spellings(value: &str) -> Vec<String> {
    if value.len() < SHORTEST {
        return Vec::new();
    }
    let mut spellings = vec![value.to_owned()];
    spellings.extend(as_json(value));
    spellings.extend([STANDARD.encode(value), URL_SAFE.encode(value)]);
    if value.len() >= SHORTEST_EMBEDDED {
        spellings.extend((0..3).flat_map(|offset| embedded(value, offset)));
    }
    spellings
}

/// The inside of a JSON string, as serde writes it and as Go does (which escapes `<`, `>` and `&` too).
fn as_json(value: &str) -> Vec<String> {
    let Ok(quoted) = serde_json::to_string(value) else { return Vec::new() };
    let inside = quoted[1..quoted.len() - 1].to_owned();
    let go = inside.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    vec![inside, go]
}

/// The base64 digits that `value` alone decides when it begins `offset` bytes (mod 3) into a longer text.
fn embedded(value: &str, offset: usize) -> Vec<String> {
    let mut longer = vec![0; offset];
    longer.extend_from_slice(value.as_bytes());
    let first = (offset * 8).div_ceil(6);
    let last = longer.len() * 8 / 6;
    [STANDARD.encode(&longer), URL_SAFE.encode(&longer)].map(|digits| digits[first..last].to_owned()).into()
}

#[cfg(test)]
mod tests {
    use super::Mask;
    use super::forms;
    use crate::model::secret::Secret;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    fn mask(values: &[&str]) -> Mask {
        let mut mask = Mask::default();
        mask.add(values.iter().map(|value| Secret::new(*value)));
        mask
    }

    #[test]
    fn a_value_is_hidden_in_every_form() {
        let mask = mask(&["pa\"ss<word>"]);
        assert_eq!(mask.hide("-p pa\"ss<word>!"), "-p ***!");
        assert_eq!(mask.hide(r#"{"p":"pa\"ss<word>"}"#), r#"{"p":"***"}"#);
        assert_eq!(mask.hide(r#"{"p":"pa\"ss\u003cword\u003e"}"#), r#"{"p":"***"}"#);
        assert_eq!(mask.hide(&STANDARD.encode("pa\"ss<word>")), "***");
    }

    #[test]
    fn a_password_within_encoded_credentials_is_hidden() {
        for user in ["ci", "bot", "user"] {
            let encoded = STANDARD.encode(format!("{user}:correct horse"));
            assert!(mask(&["correct horse"]).hide(&encoded).contains("***"), "{encoded}");
        }
    }

    #[test]
    fn the_lines_of_a_value_are_hidden_one_by_one() {
        let mask = mask(&["-----BEGIN KEY-----\n  MIIEpQIB\n-----END KEY-----\n"]);
        assert_eq!(mask.hide("a: MIIEpQIB"), "a: ***");
    }

    #[test]
    fn short_values_are_not_hidden() {
        assert_eq!(mask(&["1", "", "yes"]).hide("yes 1"), "yes 1");
    }

    #[test]
    fn the_longer_of_two_values_wins() {
        assert_eq!(mask(&["pass", "password"]).hide("password pass"), "*** ***");
    }

    #[test]
    fn a_mask_does_not_print_what_it_hides() {
        assert!(!format!("{:?}", mask(&["hunter2"])).contains("hunter2"));
    }

    proptest! {
        #[test]
        fn no_secret_survives_a_stream_in_chunks(
            secrets in prop::collection::vec("[ab]{4,9}(\n[ab]{4,6})?", 1..4),
            text in "([ab \n]{0,20}){1,4}",
            at in prop::collection::vec(0_usize..200, 0..6),
        ) {
            let whole = format!("{text}{}{text}", secrets.concat());
            let mask = mask(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
            let mut cuts: Vec<usize> = at.iter().map(|cut| cut % (whole.len() + 1)).collect();
            cuts.extend([0, whole.len()]);
            cuts.sort_unstable();
            let (mut held, mut shown) = (Vec::new(), Vec::new());
            for pair in cuts.windows(2) {
                held.extend_from_slice(&whole.as_bytes()[pair[0]..pair[1]]);
                shown.extend(mask.take_masked(&mut held));
            }
            shown.extend(mask.hide_bytes(&held));
            let shown = String::from_utf8(shown).unwrap();
            for form in secrets.iter().flat_map(|secret| forms(secret)) {
                prop_assert!(!shown.contains(form.as_str()), "{form:?} in {shown:?}");
            }
        }
    }
}
