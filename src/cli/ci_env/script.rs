//! Variables as a script. Pure.

use std::fmt::Write as _;

/// The language of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Any unix shell.
    Unix,
    /// PowerShell.
    PowerShell,
    /// Windows' command line.
    CmdExe,
    /// `NAME=value` lines, as for `docker run --env-file`.
    EnvFile,
}

/// A group of variables under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    title: &'static str,
    variables: Vec<Variable>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Variable {
    name: &'static str,
    value: String,
    /// Whether it is set even if it is set already.
    overrides: bool,
}

impl Section {
    /// An empty section.
    pub(super) fn new(title: &'static str) -> Self {
        Self { title, variables: Vec::new() }
    }

    /// Adds a variable; one that is set already keeps its value, an empty value is only shown.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push(Variable { name, value: value.into(), overrides: false });
        self
    }

    /// Adds a variable that replaces one that is set.
    pub(super) fn overriding(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push(Variable { name, value: value.into(), overrides: true });
        self
    }

    /// The variables and their values; an empty value is none.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.variables.iter().map(|it| (it.name, it.value.as_str())).filter(|(_, value)| !value.is_empty())
    }

    /// Adds a variable if `condition` holds.
    pub(super) fn with_if(self, condition: bool, name: &'static str, value: impl Into<String>) -> Self {
        if condition { self.with(name, value) } else { self }
    }
}

impl Dialect {
    /// The script that sets the variables of `sections`; those that `current` knows stay as they are. With `echo` it
    /// shows its lines when it runs.
    pub(super) fn script<'a>(
        self,
        sections: &[Section],
        current: impl Fn(&str) -> Option<&'a str>,
        echo: bool,
    ) -> String {
        let echo = echo && self != Self::EnvFile;
        let mut script = String::new();
        for (at, section) in sections.iter().enumerate() {
            let header = self.comment(section.title);
            let separator = if at == 0 { "" } else { "\n" };
            let _ = writeln!(script, "{separator}{header}");
            if echo && at > 0 {
                let _ = writeln!(script, "{}", self.echo(""));
            }
            if echo {
                let _ = writeln!(script, "{}", self.echo(&header));
            }
            for variable in &section.variables {
                self.add_variable(&mut script, variable, current(variable.name), echo);
            }
        }
        script
    }

    /// A script that shows the error and fails where it is run.
    pub(super) fn failing_script(self, error: &str) -> String {
        let echo = |text: &str| self.echo(text);
        format!("{}\n{}\nexit 1\n", echo(""), echo(&one_line(&format!("Error: {error}"))))
    }

    fn add_variable(self, script: &mut String, variable: &Variable, current: Option<&str>, echo: bool) {
        let assignment = self.assignment(variable.name, &variable.value);
        let line = match current {
            Some(current) if !variable.overrides => self.comment(&format!("skip {assignment} ({})", one_line(current))),
            _ if variable.value.is_empty() => self.comment(&assignment),
            _ => assignment,
        };
        let _ = writeln!(script, "{line}");
        if echo {
            let _ = writeln!(script, "{}", self.echo(&line));
        }
    }

    fn assignment(self, name: &str, value: &str) -> String {
        let value = one_line(value);
        match self {
            Self::Unix => format!("export {name}=\"{}\"", escaped(&value, &['\\', '"', '$', '`'], '\\')),
            Self::PowerShell => format!("$Env:{name} = \"{}\"", escaped(&value, &['`', '"', '$'], '`')),
            Self::CmdExe => format!("set {name}={}", escaped(&value, &['^', '&', '|', '<', '>', '%'], '^')),
            Self::EnvFile => format!("{name}={value}"),
        }
    }

    fn comment(self, text: &str) -> String {
        let mark = if self == Self::CmdExe { "REM" } else { "#" };
        format!("{mark} {text}")
    }

    fn echo(self, text: &str) -> String {
        match self {
            Self::Unix => format!("echo '{}'", text.replace('\'', "'\\''")),
            Self::PowerShell => format!("echo '{}'", text.replace('\'', "''")),
            Self::CmdExe if text.is_empty() => "echo.".to_owned(),
            Self::CmdExe => format!("echo {}", escaped(text, &['^', '&', '|', '<', '>', '%'], '^')),
            Self::EnvFile => self.comment(text),
        }
    }
}

/// A value cannot end its line and begin another one.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

fn escaped(text: &str, special: &[char], by: char) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        if special.contains(&char) {
            escaped.push(by);
        }
        escaped.push(char);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::Dialect;
    use super::Section;

    fn sections() -> Vec<Section> {
        let hostile = "a\"$(id)`id`'\nid\n#";
        vec![Section::new("ONE").with("A", hostile), Section::new("TWO").with("B", "").with("C", "new")]
    }

    fn current(name: &str) -> Option<&'static str> {
        (name == "C").then_some("old\nid")
    }

    #[test]
    fn no_value_becomes_code() {
        insta::assert_snapshot!(Dialect::Unix.script(&sections(), current, true), @r##"
        # ONE
        echo '# ONE'
        export A="a\"\$(id)\`id\`' id #"
        echo 'export A="a\"\$(id)\`id\`'\'' id #"'

        # TWO
        echo ''
        echo '# TWO'
        # export B=""
        echo '# export B=""'
        # skip export C="new" (old id)
        echo '# skip export C="new" (old id)'
        "##);
        assert_eq!(Dialect::Unix.failing_script("it's\nbad"), "echo ''\necho 'Error: it'\\''s bad'\nexit 1\n");
    }

    #[test]
    fn other_dialects() {
        let sections = [Section::new("ONE").with("A", "x&y").overriding("C", "z")];
        let script = |dialect: Dialect| dialect.script(&sections, current, true);
        assert_eq!(script(Dialect::EnvFile), "# ONE\nA=x&y\nC=z\n");
        assert!(script(Dialect::CmdExe).contains("set A=x^&y\n"));
        assert!(script(Dialect::PowerShell).contains("$Env:A = \"x&y\"\n"));
    }
}
