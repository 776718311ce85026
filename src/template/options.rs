//! What can be chosen about a set of templates.

/// What stands around an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delimiters {
    /// The beginning; empty is read as `{{`.
    pub left: String,
    /// The end; empty is read as `}}`.
    pub right: String,
}

impl Delimiters {
    /// These delimiters; an empty one is Go's own.
    pub fn new(left: &str, right: &str) -> Self {
        let or = |given: &str, default: &str| if given.is_empty() { default.to_owned() } else { given.to_owned() };
        Self { left: or(left, "{{"), right: or(right, "}}") }
    }
}

/// `{{` and `}}`.
impl Default for Delimiters {
    fn default() -> Self {
        Self::new("", "")
    }
}

/// What `.missing` is when the map has no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingKey {
    /// No value at all: Go's default.
    Invalid,
    /// The zero value of the map's elements, which is nil for documents: Helm's choice.
    #[default]
    Zero,
    /// An error: Helm's `--strict`.
    Error,
}

/// What is done about `<no value>`, which Go prints for what is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NoValue {
    /// It stays.
    Keep,
    /// It is taken out of what `render` and `tpl` give, also where a template spells it out: Helm's choice.
    #[default]
    Remove,
}

/// Where a rendering ends with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many bytes of text one rendering may make: what it puts out, and each string that a function returns.
    pub output: usize,
    /// How many actions, commands and turns of `range` one rendering may carry out.
    pub steps: u64,
    /// How deep `{{ template }}` may nest.
    pub depth: usize,
    /// How often a template of one name may stand inside itself through `include`.
    pub includes: usize,
}

/// 1 GiB, 500 million steps, and the depths of Go and Helm.
impl Default for Limits {
    fn default() -> Self {
        Self { output: 1 << 30, steps: 500_000_000, depth: 100_000, includes: 1000 }
    }
}

/// What can be chosen about a set of templates. The default is Helm's choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The name of the set, which stands in the messages of `include` and names what `tpl` renders.
    pub name: String,
    /// What stands around an action.
    pub delimiters: Delimiters,
    /// What a missing key is.
    pub missing_key: MissingKey,
    /// What is done about `<no value>`.
    pub no_value: NoValue,
    /// Where a rendering ends.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "gotpl".to_owned(),
            delimiters: Delimiters::default(),
            missing_key: MissingKey::default(),
            no_value: NoValue::default(),
            limits: Limits::default(),
        }
    }
}
