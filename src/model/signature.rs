//! Signatures: what decides the content of a stage, and its name for it.
//!
//! A signature is a pure function of [`StageInputs`], and those hold content only: commands, trees of files, settings,
//! the signature below. No commit id, no time, no builder enters. The chain of an image is laid out so that its last
//! signature, the tag of the published image, does not tell how the image came to be:
//!
//! - gitArchive covers the settings of the mappings, not the files. Whichever commit it was first made from, it is
//!   found again, and so are the user stages above it, which cover the files they depend on.
//! - gitLatestPatch covers the files as they are now. It stands in every chain with mappings, whether a difference to
//!   the stage below has to be laid over it or not: where there is none, it has no image of its own.
//! - gitCache is a resting place of a large difference. It is found by a signature beside the chain.

use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha224;

use crate::model::stage::StageName;

/// The version of these rules; it enters every signature.
pub const VERSION: &str = "1";

/// The name of a stage's content: 56 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Signature(String);

impl Signature {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes digits that were read from a label or a tag; nothing if they are none.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 56 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        digits.then(|| Self(text.to_owned()))
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The digest of any text, 56 hexadecimal digits.
pub fn digest(text: impl AsRef<[u8]>) -> String {
    hex::encode(Sha224::digest(text))
}

/// Everything that decides the content of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageInputs {
    /// Which stage.
    pub stage: StageName,
    /// The stage below; nothing below the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Signature>,
    /// What is special to it, in an order that means something.
    pub inputs: Vec<Input>,
}

/// One thing that decides the content of a stage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Input {
    /// What it is, for people, such as `command 2` or `package.json`.
    pub name: String,
    /// Its digest or id: never the content itself, which may be secret and long.
    pub value: String,
}

impl Input {
    /// An input that is covered by its digest.
    pub fn of(name: impl Into<String>, content: impl AsRef<[u8]>) -> Self {
        Self { name: name.into(), value: digest(content)[..16].to_owned() }
    }

    /// An input that is a digest, an id or a short public text already.
    pub fn id(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

impl StageInputs {
    /// The name of the content that these inputs decide.
    pub fn signature(&self) -> Signature {
        let mut hash = Sha224::new();
        let mut add = |text: &str| {
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        };
        add(VERSION);
        add(self.stage.as_str());
        add(self.parent.as_ref().map_or("", Signature::as_str));
        for input in &self.inputs {
            add(&input.name);
            add(&input.value);
        }
        Signature(hex::encode(hash.finalize()))
    }

    /// Why a stage with these inputs is not the one with `earlier`: the first difference, for people.
    pub fn difference(&self, earlier: &Self) -> Option<String> {
        let find = |inputs: &'_ [Input], name: &str| inputs.iter().find(|input| input.name == name).cloned();
        for input in &self.inputs {
            match find(&earlier.inputs, &input.name) {
                None => return Some(format!("{} is new", input.name)),
                Some(old) if old.value != input.value => return Some(format!("{} changed", input.name)),
                Some(_) => {}
            }
        }
        if let Some(gone) = earlier.inputs.iter().find(|old| find(&self.inputs, &old.name).is_none()) {
            return Some(format!("{} is gone", gone.name));
        }
        (self.inputs != earlier.inputs)
            .then(|| "the order changed".to_owned())
            .or_else(|| (self.parent != earlier.parent).then(|| "a stage below changed".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::Input;
    use super::Signature;
    use super::StageInputs;
    use crate::model::stage::StageName;

    fn inputs(values: &[(&str, &str)]) -> StageInputs {
        let inputs = values.iter().map(|(name, value)| Input::id(*name, *value)).collect();
        StageInputs { stage: StageName::Install, parent: None, inputs }
    }

    #[test]
    fn neighbouring_texts_do_not_run_together() {
        assert_ne!(inputs(&[("a", "bc")]).signature(), inputs(&[("ab", "c")]).signature());
        assert_ne!(inputs(&[("a", "")]).signature(), inputs(&[]).signature());
    }

    #[test]
    fn a_difference_names_the_first_input_that_differs() {
        let old = inputs(&[("command 1", "1"), ("package.json", "2")]);
        assert_eq!(old.difference(&old), None);
        assert_eq!(
            inputs(&[("command 1", "1"), ("package.json", "3")]).difference(&old).unwrap(),
            "package.json changed"
        );
        assert_eq!(inputs(&[("command 1", "1")]).difference(&old).unwrap(), "package.json is gone");
        assert_eq!(inputs(&[("a", "1")]).difference(&old).unwrap(), "a is new");
        let above = StageInputs { parent: Signature::parse(&"0".repeat(56)), ..old.clone() };
        assert_eq!(above.difference(&old).unwrap(), "a stage below changed");
    }

    #[test]
    fn only_signatures_are_taken_for_signatures() {
        assert!(Signature::parse(inputs(&[]).signature().as_str()).is_some());
        assert!(Signature::parse("latest").is_none());
    }
}
