//! Which jobs a push creates: `only`, `except` and `rules`.

use regex::Regex;

use super::ci_file::JobSpec;

/// What was pushed.
#[derive(Debug, Clone)]
pub(crate) struct Pushed {
    pub(crate) name: String,
    pub(crate) tag: bool,
    /// `push`, `merge_request_event`, `schedule`, `web` …
    pub(crate) source: String,
}

/// How a job of this push begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) when: String,
    pub(crate) allow_failure: bool,
}

/// Decides whether the push creates the job, and how it begins; `lookup` gives the values of variables.
pub(crate) fn start(spec: &JobSpec, pushed: &Pushed, lookup: &dyn Fn(&str) -> Option<String>) -> Option<Start> {
    let Some(rules) = &spec.rules else { return by_reference(spec, pushed) };
    let applies = |condition: &String| Condition::new(condition, lookup).holds();
    let rule = rules.iter().find(|rule| rule.condition.as_ref().is_none_or(applies))?;
    let when = rule.when.clone().unwrap_or_else(|| spec.when.clone());
    // In `rules` a manual job blocks unless it says otherwise.
    let allow_failure = rule.allow_failure.or(spec.allow_failure).unwrap_or(false);
    (when != "never").then_some(Start { when, allow_failure })
}

/// `only` and `except`.
fn by_reference(spec: &JobSpec, pushed: &Pushed) -> Option<Start> {
    let default = ["branches".to_owned(), "tags".to_owned()];
    let only = spec.only.as_deref().unwrap_or(&default);
    let wanted = only.iter().any(|entry| matches(entry, pushed));
    let unwanted = spec.except.iter().any(|entry| matches(entry, pushed));
    let allow_failure = spec.allow_failure.unwrap_or(spec.when == "manual");
    (wanted && !unwanted).then(|| Start { when: spec.when.clone(), allow_failure })
}

fn matches(entry: &str, pushed: &Pushed) -> bool {
    let entry = entry.split('@').next().unwrap_or(entry);
    match entry {
        "branches" => !pushed.tag && pushed.source != "merge_request_event",
        "tags" => pushed.tag,
        "pushes" => pushed.source == "push",
        "web" => pushed.source == "web",
        "schedules" => pushed.source == "schedule",
        "merge_requests" => pushed.source == "merge_request_event",
        _ => match entry.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
            Some((pattern, flags)) => pattern_of(pattern, flags).is_match(&pushed.name),
            None => glob(entry).is_match(&pushed.name),
        },
    }
}

/// A plain entry is a name; `*` in it stands for anything, as `review/*` in the seeds.
fn glob(entry: &str) -> Regex {
    let parts: Vec<String> = entry.split('*').map(regex::escape).collect();
    Regex::new(&format!("^{}$", parts.join(".*"))).expect("an escaped pattern")
}

fn pattern_of(pattern: &str, flags: &str) -> Regex {
    let prefix = if flags.contains('i') { "(?i)" } else { "" };
    Regex::new(&format!("{prefix}{pattern}")).expect("a valid pattern in only/except/rules")
}

/// An expression of `rules:if`: `$A == "x" && ($B =~ /y/ || $C)`.
struct Condition<'a> {
    tokens: Vec<String>,
    at: usize,
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Condition<'a> {
    fn new(text: &str, lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        let token = Regex::new(r#"&&|\|\||==|!=|=~|!~|\(|\)|\$\w+|"[^"]*"|'[^']*'|/(?:[^/\\]|\\.)*/i?|null"#).unwrap();
        let tokens = token.find_iter(text).map(|found| found.as_str().to_owned()).collect();
        Self { tokens, at: 0, lookup }
    }

    fn holds(mut self) -> bool {
        self.any()
    }

    fn next_is(&mut self, wanted: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| token == wanted);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> bool {
        let mut result = self.all();
        while self.next_is("||") {
            let right = self.all();
            result = result || right;
        }
        result
    }

    fn all(&mut self) -> bool {
        let mut result = self.comparison();
        while self.next_is("&&") {
            let right = self.comparison();
            result = result && right;
        }
        result
    }

    fn comparison(&mut self) -> bool {
        if self.next_is("(") {
            let result = self.any();
            assert!(self.next_is(")"), "`(` without `)` in {:?}", self.tokens);
            return result;
        }
        let left = self.operand();
        for operator in ["==", "!=", "=~", "!~"] {
            if self.next_is(operator) {
                let right = self.operand();
                return compare(left.as_deref(), operator, right.as_deref());
            }
        }
        left.is_some_and(|value| !value.is_empty())
    }

    fn operand(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at).unwrap_or_else(|| panic!("an operand is missing in {:?}", self.tokens));
        self.at += 1;
        match token.strip_prefix('$') {
            Some(name) => (self.lookup)(name),
            None if token == "null" => None,
            None => Some(token.trim_matches(['"', '\'']).to_owned()),
        }
    }
}

fn compare(left: Option<&str>, operator: &str, right: Option<&str>) -> bool {
    match operator {
        "==" => left == right,
        "!=" => left != right,
        _ => {
            let (pattern, flags) =
                right.and_then(|right| right.strip_prefix('/')?.rsplit_once('/')).expect("a pattern");
            let found = left.is_some_and(|left| pattern_of(pattern, flags).is_match(left));
            found == (operator == "=~")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Condition;
    use super::Pushed;
    use super::matches;

    #[test]
    fn conditions() {
        let lookup = |name: &str| (name == "A").then(|| "master".to_owned());
        for (text, expected) in [
            (r#"$A == "master""#, true),
            (r#"$A != "master""#, false),
            (r"$A =~ /^ma/", true),
            (r"$A =~ /^MA/i && $B == null", true),
            (r"$B || ($A == 'x')", false),
            ("$A", true),
            ("$B", false),
        ] {
            assert_eq!(Condition::new(text, &lookup).holds(), expected, "{text}");
        }
    }

    #[test]
    fn refs() {
        let branch = Pushed { name: "review/x".to_owned(), tag: false, source: "push".to_owned() };
        assert!(matches("branches", &branch) && matches("review/*", &branch) && matches("/^rev/", &branch));
        assert!(!matches("tags", &branch) && !matches("master", &branch) && !matches("merge_requests", &branch));
    }
}
