//! The rendered text, cut into its documents.

use crate::project::error::ProjectError;
use crate::yaml;
use crate::yaml::Node;
use crate::yaml::Position;
use crate::yaml::Value;

/// One document of the rendered text.
#[derive(Debug)]
pub(super) struct Document<'a> {
    /// Its text.
    pub text: &'a str,
    /// Its first line in the whole text, counted from 1.
    pub first_line: usize,
    /// What it says.
    pub root: Node,
}

impl<'a> Document<'a> {
    fn parse(text: &'a str, first_line: usize) -> Result<Self, ProjectError> {
        let root = yaml::parse(text).map_err(|error| unreadable(text, first_line, &error))?;
        let nothing = Node { value: Value::Null, at: Position { line: 1, column: 1 } };
        Ok(Self { text, first_line, root: root.unwrap_or(nothing) })
    }

    /// The line of the whole text where `node` stands.
    pub(super) fn line_of(&self, node: &Node) -> usize {
        node.at.line + self.first_line - 1
    }

    /// A mistake at `node`.
    pub(super) fn error(&self, node: &Node, message: impl Into<String>) -> ProjectError {
        ProjectError {
            line: Some(self.line_of(node)),
            excerpt: Some(excerpt(self.text, self.first_line)),
            ..ProjectError::new(message)
        }
    }

    /// The text of a plain scalar as it was written: `1.10` stays `1.10`.
    pub(super) fn written(&self, node: &Node) -> Option<&'a str> {
        let line = self.text.lines().nth(node.at.line.checked_sub(1)?)?;
        let (start, _) = line.char_indices().nth(node.at.column.checked_sub(1)?)?;
        let rest = &line[start..];
        let end = [": ", " #", ", ", ",", "]", "}"].iter().filter_map(|mark| rest.find(mark)).min();
        Some(rest[..end.unwrap_or(rest.len())].trim_end_matches([' ', '\t', ':']))
    }
}

/// Cuts `rendered` at its `---` lines; documents of blanks and comments only are left out.
pub(super) fn split(rendered: &str) -> Result<Vec<Document<'_>>, ProjectError> {
    let mut documents = Vec::new();
    for (first_line, text) in pieces(rendered) {
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            continue;
        }
        let document = Document::parse(text, first_line)?;
        if document.root.value != Value::Null {
            documents.push(document);
        }
    }
    Ok(documents)
}

/// The text between separators, with the number of its first line.
fn pieces(rendered: &str) -> Vec<(usize, &str)> {
    let (mut pieces, mut start, mut first_line, mut offset) = (Vec::new(), 0, 1, 0);
    for (index, line) in rendered.split_inclusive('\n').enumerate() {
        if is_separator(line) {
            pieces.push((first_line, &rendered[start..offset]));
            start = offset + line.len();
            first_line = index + 2;
        }
        offset += line.len();
    }
    pieces.push((first_line, &rendered[start..]));
    pieces
}

fn is_separator(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| {
        let rest = rest.trim();
        rest.is_empty() || rest.starts_with('#')
    })
}

/// Shows the document around the line of a mistake that was found across documents.
pub(super) fn quote(mut error: ProjectError, documents: &[Document<'_>]) -> ProjectError {
    let holds = |document: &&Document<'_>| error.line.is_some_and(|line| document.first_line <= line);
    if let Some(document) = documents.iter().rev().find(holds) {
        error.excerpt = Some(excerpt(document.text, document.first_line));
    }
    error
}

/// `text` with numbered lines, as werf shows it.
fn excerpt(text: &str, first_line: usize) -> String {
    text.trim_end()
        .lines()
        .enumerate()
        .map(|(index, line)| format!("{:6}  {line}", index + first_line).trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

fn unreadable(text: &str, first_line: usize, error: &yaml::Error) -> ProjectError {
    let line = error.at().map_or(1, |at| at.line).max(1);
    let found = ProjectError {
        line: Some(line + first_line - 1),
        excerpt: Some(excerpt(text, first_line)),
        ..ProjectError::new(format!("not valid YAML: {}", problem(error)))
    };
    match text.lines().nth(line - 1).and_then(advice) {
        Some(hint) => found.hint(hint),
        None => found,
    }
}

/// go-yaml's text without its line, which is counted from the document's beginning.
fn problem(error: &yaml::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("yaml: ").unwrap_or(&text);
    let rest = text.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
    rest.map_or(text, |(_, problem)| problem).to_owned()
}

/// What is usually wrong with a line that YAML refuses.
fn advice(line: &str) -> Option<&'static str> {
    let value = line.split_once(": ").map_or(line, |(_, value)| value).trim();
    if line.starts_with('\t') || line.trim_start_matches(' ').starts_with('\t') {
        Some("YAML is indented with spaces, not with tabs")
    } else if value.matches('"').count() % 2 == 1 {
        Some("a double quote on this line is not closed")
    } else if value.starts_with('{') || value.starts_with("{{") {
        Some("a value that begins with `{` must be quoted")
    } else if value.contains(": ") {
        Some("a value that contains `: ` must be quoted; if a template put this text here, look at its `indent`")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn documents_are_cut_at_separators_and_know_their_lines() {
        let text = "a: 1\n--- # second\nb: 1\n---\n\n# nothing\n---x: 1\n";
        assert_eq!(pieces(text), [(1, "a: 1\n"), (3, "b: 1\n"), (5, "\n# nothing\n---x: 1\n")]);
    }
}
