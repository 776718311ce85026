//! Which style go-yaml chooses for a text.

use crate::yaml::emit::Dialect;
use crate::yaml::emit::analysis;
use crate::yaml::resolve;
use crate::yaml::resolve::Resolved;

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// As it is.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|` and the lines below.
    Literal,
}

/// A text with its style.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scalar<'t> {
    /// The text.
    pub(crate) text: &'t str,
    /// Its style.
    pub(crate) style: Style,
}

/// The style of a string; a `simple_key` stands on one line in front of its colon.
pub(crate) fn styled(text: &str, simple_key: bool, dialect: Dialect) -> Scalar<'_> {
    let allowed = analysis::analyse(text, dialect);
    let style = match wished(text) {
        _ if simple_key && allowed.multiline => Style::DoubleQuoted,
        Style::Plain if allowed.plain => Style::Plain,
        Style::Plain if allowed.single_quoted => Style::SingleQuoted,
        Style::Literal if allowed.block && !simple_key => Style::Literal,
        _ => Style::DoubleQuoted,
    };
    Scalar { text, style }
}

/// Whether a key can stand in front of its colon; others are written behind a question mark.
pub(crate) fn is_simple_key(key: &str) -> bool {
    key.len() <= 128 && !key.contains(analysis::is_break)
}

fn wished(text: &str) -> Style {
    if text.contains('\n') {
        Style::Literal
    } else if resolve::resolve(text) == Resolved::Text && !resolve::is_base60(text) {
        Style::Plain
    } else {
        Style::DoubleQuoted
    }
}
