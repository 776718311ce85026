//! Secret values files: every leaf encrypted, keys, comments and layout as they were written. Pure.

use std::collections::HashMap;

use crate::actions::secret::leaves::Leaf;
use crate::actions::secret::leaves::LeavesError;
use crate::actions::secret::leaves::leaves;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret_text::BLOCK;
use crate::model::secret_text::SecretKey;
use crate::yaml;

/// Where random initialisation vectors come from.
pub type Vectors<'a> = &'a mut dyn FnMut() -> [u8; BLOCK];

/// A leaf that is encrypted already: where it stands, and what it means, to its ciphertext.
pub type Known = HashMap<(String, String), String>;

/// Encrypts every leaf of `text`. One that `known` has is not encrypted anew, so that a file changes only where a value
/// did.
pub fn encrypt(text: &str, key: &SecretKey, known: &Known, vectors: Vectors<'_>) -> Result<String, Failure> {
    rewrite(text, |leaf| {
        let place = (leaf.path.clone(), leaf.value.clone());
        let text = known.get(&place).cloned().unwrap_or_else(|| key.encrypt(leaf.value.as_bytes(), vectors()));
        Ok(text)
    })
}

/// Decrypts every leaf of `text`, and says which ciphertexts it had.
pub fn decrypt(text: &str, key: &SecretKey) -> Result<(String, Known), Failure> {
    let mut known = Known::new();
    let plain = rewrite(text, |leaf| {
        let plain = key.decrypt_text(&leaf.value).map_err(|error| unreadable(leaf, error))?;
        known.insert((leaf.path.clone(), plain.to_string()), leaf.value.clone());
        Ok(written(&plain, leaf.block))
    })?;
    Ok((plain, known))
}

/// Decrypts every leaf of `text` under `old` and encrypts it under `new`.
pub fn rotate(text: &str, old: &SecretKey, new: &SecretKey, vectors: Vectors<'_>) -> Result<String, Failure> {
    rewrite(text, |leaf| {
        let plain = old.decrypt(&leaf.value).map_err(|error| unreadable(leaf, error))?;
        Ok(if leaf.value.is_empty() { "\"\"".to_owned() } else { new.encrypt(&plain, vectors()) })
    })
}

fn unreadable(leaf: &Leaf, error: crate::model::secret_text::SecretTextError) -> Failure {
    Failure::new(Cause::SecretUnreadable, format!("value `{}`", leaf.path)).because(error)
}

/// `text` with each leaf replaced by what `replace` says.
fn rewrite(text: &str, mut replace: impl FnMut(&Leaf) -> Result<String, Failure>) -> Result<String, Failure> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rewritten = String::with_capacity(text.len() * 2);
    let mut done = 0;
    for leaf in leaves(text).map_err(not_values)? {
        rewritten.push_str(&text[done..leaf.span.start]);
        if !rewritten.is_empty() && !rewritten.ends_with([' ', '\t', '\n', '[', '{']) {
            rewritten.push(' ');
        }
        if let Some(anchor) = &leaf.anchor {
            rewritten.extend(["&", anchor, " "]);
        }
        rewritten.push_str(&replace(&leaf)?);
        let old = &text[leaf.span.clone()];
        // A block scalar reaches to the beginning of the next line.
        rewritten.push_str(&old[old.trim_end().len()..]);
        done = leaf.span.end;
    }
    rewritten.push_str(&text[done..]);
    Ok(rewritten)
}

fn not_values(error: LeavesError) -> Failure {
    Failure::new(Cause::ChartInvalid, "read the values").because(error)
}

/// `plain` as a YAML text: as little quoted as possible, several lines as a block where that is possible.
fn written(plain: &str, block: Option<usize>) -> String {
    let quoted = || serde_json::Value::from(plain).to_string();
    let Some(column) = block else { return quoted() };
    if plain.contains('\n') {
        return literal(plain, column + 2).unwrap_or_else(quoted);
    }
    match yaml::emit::to_string(&serde_json::Value::from(plain)) {
        Ok(text) if text.trim_end_matches('\n').lines().count() == 1 => text.trim_end_matches('\n').to_owned(),
        _ => quoted(),
    }
}

/// `plain` as a literal block indented by `indent`, if it can be written as one.
fn literal(plain: &str, indent: usize) -> Option<String> {
    let fits = |char: char| char == '\n' || char == '\t' || !char.is_control() && char != '\u{feff}';
    let body = plain.strip_suffix('\n').unwrap_or(plain);
    let starts_well = !plain.starts_with([' ', '\n', '\t']);
    if !starts_well || body.ends_with('\n') || !plain.chars().all(fits) || plain.contains(['\u{2028}', '\u{2029}']) {
        return None;
    }
    let indent = " ".repeat(indent);
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("{indent}{line}") };
    let lines: Vec<String> = body.split('\n').map(line).collect();
    Some(format!("|{}\n{}", if body.len() == plain.len() { "-" } else { "" }, lines.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::Known;
    use super::decrypt;
    use super::encrypt;
    use super::rotate;
    use crate::model::secret_text::SecretKey;
    use crate::model::secret_text::decrypt_values;
    use crate::yaml;
    use proptest::prelude::*;
    use serde_json::Value;
    use serde_json::json;

    fn key() -> SecretKey {
        SecretKey::parse("a05990039b40f47d88a0ab04424820d3").unwrap()
    }

    fn counting() -> impl FnMut() -> [u8; 16] {
        let mut count = 0;
        move || {
            count += 1;
            [count; 16]
        }
    }

    const PLAIN: &str = "# who may do what\napp:\n  password: s3cr3t # rotated in May\n  list:\n  - a\n  - 42\n  multi: |\n    line1\n    line2\n\n  none:\n  flow: {a: \"x, y\"}\n";

    #[test]
    fn comments_and_layout_stay() {
        let encrypted = encrypt(PLAIN, &key(), &Known::new(), &mut counting()).unwrap();
        let hidden = regex::Regex::new("1000[0-9a-f]{64,}").unwrap().replace_all(&encrypted, "SECRET").into_owned();
        assert_eq!(
            hidden,
            "# who may do what\napp:\n  password: SECRET # rotated in May\n  list:\n  - SECRET\n  - SECRET\n  multi: SECRET\n\n  none: SECRET\n  flow: {a: SECRET}\n"
        );
        let (plain, _) = decrypt(&encrypted, &key()).unwrap();
        assert_eq!(plain, PLAIN.replace("42", "\"42\"").replace("none:", "none: <nil>"));
    }

    #[test]
    fn only_what_was_edited_changes() {
        let before = encrypt(PLAIN, &key(), &Known::new(), &mut counting()).unwrap();
        let (plain, known) = decrypt(&before, &key()).unwrap();
        let edited = plain.replace("s3cr3t", "n3w");
        let after = encrypt(&edited, &key(), &known, &mut || [99; 16]).unwrap();
        let changed = before.lines().zip(after.lines()).filter(|(one, other)| one != other).count();
        assert_eq!(changed, 1);
    }

    #[test]
    fn rotating_changes_the_key_and_nothing_else() {
        let new = SecretKey::parse("e15e65bac634e68108f29f126d1806a9").unwrap();
        let before = encrypt(PLAIN, &key(), &Known::new(), &mut counting()).unwrap();
        let after = rotate(&before, &key(), &new, &mut counting()).unwrap();
        assert_eq!(decrypt(&after, &new).unwrap().0, decrypt(&before, &key()).unwrap().0);
        let failure = rotate(&before, &new, &key(), &mut counting()).unwrap_err();
        assert!(failure.to_string().starts_with("value `app.password`: decryption failed"), "{failure}");
    }

    #[test]
    fn what_is_not_encrypted_is_named() {
        let failure = decrypt("app:\n  port: 80\n", &key()).unwrap_err();
        let expected = "value `app.port`: decryption failed: check data `80`: minimum required data length: '68'";
        assert_eq!(failure.to_string(), expected);
    }

    proptest! {
        #[test]
        fn any_text_comes_back(leaf in "\\PC{0,90}|([ -~é\n\t]{0,30}\n){0,3}|[ \n\t'\":#-]{0,9}", deep in any::<bool>()) {
            let value = if deep { json!({"a": {"b": [leaf]}}) } else { json!({"a": leaf}) };
            let text = format!("a: {}\n", value["a"]);
            let encrypted = encrypt(&text, &key(), &Known::new(), &mut counting()).unwrap();
            let read: Value = yaml::from_text(&encrypted).unwrap();
            prop_assert_eq!(&decrypt_values(&read, &key()).unwrap(), &value);
            let (plain, _) = decrypt(&encrypted, &key()).unwrap();
            prop_assert_eq!(yaml::from_text(&plain).unwrap(), value, "{}", plain);
        }

        #[test]
        fn blocks_come_back(leaf in "([ -~é\t]{0,30}\n){0,4}[ -~]{0,9}") {
            let text = format!("list:\n- a: {}\n  c: d\nb: e\n", json!(leaf));
            let encrypted = encrypt(&text, &key(), &Known::new(), &mut counting()).unwrap();
            let (plain, _) = decrypt(&encrypted, &key()).unwrap();
            let expected = json!({"list": [{"a": leaf, "c": "d"}], "b": "e"});
            prop_assert_eq!(yaml::from_text(&plain).unwrap(), expected, "{}", plain);
        }
    }
}
