//! Collapsible sections of a GitLab job log.
//!
//! The form is `section_start:UNIX:NAME\r ESC[0K` before a header, `section_end:UNIX:NAME\r ESC[0K` at the end. GitLab
//! compares names in lower case with everything but letters and digits as `-`, and drops a section whose name occurs
//! twice in a log; a job's script may call this program many times, so a name carries the moment of its start.

use std::time::Duration;
use std::time::SystemTime;

/// Longest part of a name that comes from the title.
const LONGEST_SLUG: usize = 60;

/// An open section.
#[derive(Debug, Clone)]
pub(super) struct Section {
    name: String,
}

impl Section {
    /// A section for `title`, named uniquely, and the text that opens it (without a line end).
    pub(super) fn open(title: &str, collapsed: bool) -> (Self, String) {
        let now = since_epoch();
        let section = Self { name: format!("{}-{}", slug(title), now.as_nanos()) };
        let options = if collapsed { "[collapsed=true]" } else { "" };
        let start = format!("section_start:{}:{}{options}\r\x1b[0K{title}", now.as_secs(), section.name);
        (section, start)
    }

    /// The text that closes it (without a line end).
    pub(super) fn close(&self) -> String {
        format!("section_end:{}:{}\r\x1b[0K", since_epoch().as_secs(), self.name)
    }
}

/// The time by the clock of this host; GitLab computes a section's duration from it.
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// The letters and digits of `title`, anything between as one `-`.
fn slug(title: &str) -> String {
    let words = title.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    slug.truncate(LONGEST_SLUG);
    if slug.is_empty() { "section".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::Section;
    use super::slug;

    #[test]
    fn a_name_has_only_what_gitlab_allows() {
        assert_eq!(slug("⛵ image web/Front_end"), "image-web-front-end");
        assert_eq!(slug("Развёртывание"), "section");
    }

    #[test]
    fn an_end_names_its_start_and_no_name_occurs_twice() {
        let (one, start) = Section::open("Deploy", true);
        let (other, _) = Section::open("Deploy", true);
        assert!(start.contains(&format!(":{}[collapsed=true]\r\x1b[0KDeploy", one.name)), "{start:?}");
        assert!(one.close().ends_with(&format!(":{}\r\x1b[0K", one.name)));
        assert_ne!(one.name, other.name);
    }
}
