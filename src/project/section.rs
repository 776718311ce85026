//! Strict reading: a section knows its keys, and every value says where it stood.

use std::cell::RefCell;

use crate::project::document::Document;
use crate::project::error::ProjectError;
use crate::project::error::Warning;
use crate::project::error::listed;
use crate::project::error::nearest;
use crate::yaml::Node;
use crate::yaml::Value;

/// A document being read, with the warnings found on the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    /// The document.
    pub document: &'a Document<'a>,
    /// Where warnings go.
    pub warnings: &'a RefCell<Vec<Warning>>,
}

impl<'a> Reader<'a> {
    /// The document's own mapping, which may have the keys `known`.
    pub(super) fn section(self, name: &str, known: &[&'static str]) -> Result<Section<'a>, ProjectError> {
        Field { reader: self, node: &self.document.root, path: name.to_owned() }.section(known)
    }

    /// Notes something odd at `node`.
    pub(super) fn warn(&self, node: &Node, message: impl Into<String>) {
        let warning = Warning { message: message.into(), line: self.document.line_of(node) };
        self.warnings.borrow_mut().push(warning);
    }
}

/// A mapping whose keys were checked.
#[derive(Debug)]
pub(super) struct Section<'a> {
    reader: Reader<'a>,
    node: &'a Node,
    path: String,
}

impl<'a> Section<'a> {
    /// The value of `key`; nothing if it is absent or null.
    pub(super) fn get(&self, key: &str) -> Option<Field<'a>> {
        self.present(key).filter(|field| field.node.value != Value::Null)
    }

    /// The value of `key`, null too; nothing if it is absent. Of a key given twice the last counts, as in werf.
    pub(super) fn present(&self, key: &str) -> Option<Field<'a>> {
        let Value::Mapping(entries) = &self.node.value else { return None };
        let entry = entries.iter().rev().find(|entry| entry.key.value == Value::String(key.to_owned()))?;
        let path = format!("`{key}` of {}", self.path);
        Some(Field { reader: self.reader, node: &entry.value, path })
    }

    /// A mistake of this section as a whole.
    pub(super) fn error(&self, message: impl std::fmt::Display) -> ProjectError {
        self.reader.document.error(self.node, format!("{}: {message}", self.path))
    }

    /// Text of `key`, if it is there.
    pub(super) fn text(&self, key: &str) -> Result<Option<String>, ProjectError> {
        self.get(key).map(|field| field.text()).transpose()
    }

    /// One or many texts of `key`; none if it is absent.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, ProjectError> {
        self.get(key).map_or(Ok(Vec::new()), |field| field.texts())
    }

    /// Whether `key` is there and true.
    pub(super) fn flag(&self, key: &str) -> Result<bool, ProjectError> {
        self.get(key).map_or(Ok(false), |field| field.flag())
    }

    /// The items of the list `key`; none if it is absent.
    pub(super) fn items(&self, key: &str) -> Result<Vec<Field<'a>>, ProjectError> {
        self.get(key).map_or(Ok(Vec::new()), |field| field.items())
    }

    /// The entries of the mapping `key` in their order; none if it is absent.
    pub(super) fn map(&self, key: &str) -> Result<Vec<(String, String)>, ProjectError> {
        self.get(key).map_or(Ok(Vec::new()), |field| field.map())
    }

    /// The section `key`, which may have the keys `known`.
    pub(super) fn section(&self, key: &str, known: &[&'static str]) -> Result<Option<Section<'a>>, ProjectError> {
        self.get(key).map(|field| field.section(known)).transpose()
    }
}

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    /// The document it stands in.
    pub reader: Reader<'a>,
    /// The value.
    pub node: &'a Node,
    /// What it is, such as ``` `add` of `git[0]` of image `app` ```.
    pub path: String,
}

impl<'a> Field<'a> {
    /// A mistake of this value.
    pub(super) fn error(&self, message: impl std::fmt::Display) -> ProjectError {
        self.reader.document.error(self.node, format!("{}: {message}", self.path))
    }

    fn must_be(&self, expected: &str) -> ProjectError {
        self.error(format!("must be {expected}, not {}", kind(&self.node.value)))
    }

    /// Any scalar, as it was written.
    pub(super) fn text(&self) -> Result<String, ProjectError> {
        match &self.node.value {
            Value::String(text) => Ok(text.clone()),
            Value::Sequence(_) | Value::Mapping(_) | Value::Null => Err(self.must_be("text")),
            _ => Ok(self.reader.document.written(self.node).unwrap_or_default().to_owned()),
        }
    }

    /// A scalar, or a list of scalars.
    pub(super) fn texts(&self) -> Result<Vec<String>, ProjectError> {
        match &self.node.value {
            Value::Sequence(_) => self.items()?.iter().map(Field::text).collect(),
            Value::Null => Ok(Vec::new()),
            _ => Ok(vec![self.text().map_err(|_| self.must_be("text or a list of texts"))?]),
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&self) -> Result<bool, ProjectError> {
        match &self.node.value {
            Value::Bool(flag) => Ok(*flag),
            _ => Err(self.must_be("`true` or `false`")),
        }
    }

    /// A whole number.
    pub(super) fn number(&self) -> Result<i64, ProjectError> {
        match &self.node.value {
            Value::Int(number) => Ok(*number),
            _ => Err(self.must_be("a whole number")),
        }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Result<Vec<Field<'a>>, ProjectError> {
        let Value::Sequence(items) = &self.node.value else { return Err(self.must_be("a list")) };
        let item = |(index, node)| Field { reader: self.reader, node, path: indexed(&self.path, index) };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// A mapping of texts, in its order.
    pub(super) fn map(&self) -> Result<Vec<(String, String)>, ProjectError> {
        let Value::Mapping(entries) = &self.node.value else { return Err(self.must_be("a mapping")) };
        let pair = |entry: &'a crate::yaml::Entry| {
            let key =
                Field { reader: self.reader, node: &entry.key, path: format!("a key of {}", self.path) }.text()?;
            let path = format!("`{key}` of {}", self.path);
            let value = Field { reader: self.reader, node: &entry.value, path };
            let text = if value.node.value == Value::Null { String::new() } else { value.text()? };
            Ok((key, text))
        };
        entries.iter().map(pair).collect()
    }

    /// A mapping that may have the keys `known` and no others.
    pub(super) fn section(&self, known: &[&'static str]) -> Result<Section<'a>, ProjectError> {
        let Value::Mapping(entries) = &self.node.value else { return Err(self.must_be("a mapping")) };
        for entry in entries {
            let name = match &entry.key.value {
                Value::String(name) => name.as_str(),
                _ => self.reader.document.written(&entry.key).unwrap_or("?"),
            };
            if !known.contains(&name) {
                return Err(self.unknown(&entry.key, name, known));
            }
        }
        Ok(Section { reader: self.reader, node: self.node, path: self.path.clone() })
    }

    fn unknown(&self, key: &Node, name: &str, known: &[&'static str]) -> ProjectError {
        let message = format!("{}: unknown key `{name}`; allowed: {}", self.path, listed(known.iter().copied()));
        let error = self.reader.document.error(key, message);
        match nearest(name, known.iter().copied()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        }
    }

    /// A path that begins with `/`.
    pub(super) fn absolute(&self) -> Result<String, ProjectError> {
        let path = self.text()?;
        if path.starts_with('/') {
            Ok(clean(&path))
        } else {
            Err(self.error(format!("`{path}` must be an absolute path")))
        }
    }

    /// Paths that do not begin with `/`, one or many.
    pub(super) fn relatives(&self) -> Result<Vec<String>, ProjectError> {
        let paths = self.texts()?;
        match paths.iter().find(|path| path.starts_with('/')) {
            Some(path) => Err(self
                .error(format!("`{path}` must be relative"))
                .hint("leave the leading `/` out: it is meant below `add`")),
            None => Ok(paths),
        }
    }
}

/// `git` of … becomes `git[0]` of ….
fn indexed(path: &str, index: usize) -> String {
    match path.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
        Some((name, rest)) => format!("`{name}[{index}]`{rest}"),
        None => format!("item {index} of {path}"),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean (YAML reads `y`, `yes`, `on`, `no`, `off` as one: quote it to mean text)",
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => "a number",
        Value::String(_) => "text",
        Value::Sequence(_) => "a list",
        Value::Mapping(_) => "a mapping (a value with `: ` or `{` in it must be quoted)",
    }
}

/// An absolute path without `.`, `..`, doubled and closing slashes.
pub(super) fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::clean;
    use super::indexed;

    #[test]
    fn paths_are_cleaned_like_gos() {
        assert_eq!(clean("//a/./b/../c/"), "/a/c");
        assert_eq!(clean("/.."), "/");
    }

    #[test]
    fn an_item_is_named_after_its_list() {
        assert_eq!(indexed("`git` of image `x`", 1), "`git[1]` of image `x`");
    }
}
