//! The script of a shell stage (pure).
//!
//! All commands are one script under `bash -e`, as in werf: a `cd` or a variable holds for the commands that follow.
//! The script tells which of its commands it ended in, so that a failure can name it.

/// Begins the line in which the script tells where it ended; no program writes it by accident.
const MARK: char = '\u{1e}';

/// The command of the container: the script in the image's bash, or in its `/bin/sh` where it has no bash.
pub fn command(commands: &[String]) -> Vec<String> {
    let choose =
        "exec 2>&1\nif command -v bash >/dev/null 2>&1; then exec bash -ec \"$1\" bash; fi\nexec sh -ec \"$1\" sh";
    ["/bin/sh", "-c", choose, "stage"].map(str::to_owned).into_iter().chain([script(commands)]).collect()
}

fn script(commands: &[String]) -> String {
    let mark =
        "trap 'werf_code=$?; [ $werf_code -eq 0 ] || printf \"\\036%s %s\\n\" \"$werf_command\" \"$werf_code\"' EXIT\n";
    let mut script = mark.to_owned();
    for (index, command) in commands.iter().enumerate() {
        script.extend(["werf_command=", &index.to_string(), "\n", command, "\n"]);
    }
    script
}

/// What a line of the container's output is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line<'a> {
    /// Output of a command.
    Output(&'a str),
    /// The index of the command in which the script ended with a failure.
    EndedIn(usize),
}

/// Tells the script's own line from output.
pub fn line(text: &str) -> Line<'_> {
    let told = text.strip_prefix(MARK).and_then(|rest| rest.split(' ').next()?.parse().ok());
    told.map_or(Line::Output(text), Line::EndedIn)
}

#[cfg(test)]
mod tests {
    use super::Line;
    use super::line;
    use super::script;

    #[test]
    fn commands_follow_each_other_in_one_script() {
        let script = script(&["cd /app".to_owned(), "make".to_owned()]);
        assert!(script.ends_with("werf_command=0\ncd /app\nwerf_command=1\nmake\n"), "{script}");
    }

    #[test]
    fn only_the_marked_line_is_the_scripts_own() {
        assert_eq!(line("\u{1e}3 127"), Line::EndedIn(3));
        assert_eq!(line("3 127"), Line::Output("3 127"));
        assert_eq!(line("\u{1e}x"), Line::Output("\u{1e}x"));
    }
}
