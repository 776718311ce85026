//! The command line as people and jobs call it: the program itself, in an environment of its own.

mod ci_env;
mod help;
mod log_goldens;
mod secret;

use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

/// A directory with a home and a place for temporary files, and nothing else.
struct World {
    root: tempfile::TempDir,
}

/// What a command said and how it ended.
#[must_use = "look at what it said"]
struct Outcome {
    code: i32,
    stdout: String,
    stderr: String,
}

impl World {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("tmp")).unwrap();
        Self { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `werf` with these words.
    fn werf(&self, words: &[&str], variables: &[(&str, &str)]) -> Outcome {
        self.run(&[&["werf"], words].concat(), variables, "")
    }

    /// Runs the program with these words and this input. Nothing of the test's own environment is seen.
    fn run(&self, words: &[&str], variables: &[(&str, &str)], input: &str) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gitlab-werf-executor"));
        command.args(words).current_dir(self.root.path()).env_clear().env("HOME", self.root.path());
        command.env("TMPDIR", self.path("tmp")).env("PATH", "/usr/bin:/bin").envs(variables.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that does not read its input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| self.without_places(&String::from_utf8(bytes).unwrap());
        Outcome { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Paths and random names as the goldens have them.
    fn without_places(&self, text: &str) -> String {
        let text = text.replace(self.root.path().to_str().unwrap(), "/home/ci");
        regex::Regex::new(r"werf-docker-config-\w+").unwrap().replace_all(&text, "werf-docker-config-N").into_owned()
    }
}

impl Outcome {
    /// What a successful command printed.
    fn printed(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self.stdout
    }
}

/// Everything, for snapshots.
impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}--- stderr\n{}--- exit code {}", self.stdout, self.stderr, self.code)
    }
}

fn golden(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/cli").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_name_of_the_program_picks_the_door() {
    let world = World::new();
    let program = env!("CARGO_BIN_EXE_gitlab-werf-executor");
    for name in ["werf", "multiwerf"] {
        std::os::unix::fs::symlink(program, world.path(name)).unwrap();
        let version = Command::new(world.path(name)).arg("version").env_clear().output().unwrap();
        assert!(String::from_utf8(version.stdout).unwrap().starts_with("v1.1.36+executor."), "{name}");
    }
    assert!(world.werf(&["version"], &[]).printed().starts_with("v1.1.36+executor."));
}

#[test]
fn the_first_lines_of_every_job_work() {
    let world = World::new();
    let program = env!("CARGO_BIN_EXE_gitlab-werf-executor");
    for name in ["werf", "multiwerf"] {
        std::os::unix::fs::symlink(program, world.path(name)).unwrap();
    }
    let script = "type multiwerf >/dev/null && . $(multiwerf use 1.1 stable --as-file) && type werf >/dev/null \
                  && . $(werf ci-env gitlab --as-file) && echo $WERF_ENV $WERF_IMAGES_REPO";
    let path = format!("{}:/usr/bin:/bin", world.root.path().display());
    let shell = Command::new("sh")
        .args(["-ec", script])
        .env_clear()
        .envs([("PATH", path.as_str()), ("HOME", world.root.path().to_str().unwrap())])
        .envs([("CI_ENVIRONMENT_SLUG", "stage"), ("CI_REGISTRY_IMAGE", "r.example.org/a")])
        .envs([("TMPDIR", world.path("tmp"))])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(shell.stdout).unwrap(), "stage r.example.org/a\n");
}

#[test]
fn a_mistake_is_shown_with_its_cause() {
    let world = World::new();
    insta::assert_snapshot!(world.werf(&["slugify", "--nope", "x"], &[]), @r"
    --- stderr
    Error: unexpected argument '--nope' found

      tip: to pass '--nope' as a value, use '-- --nope'

    Usage: werf slugify [OPTIONS] --format <FORMAT> <STRING>

    For more information, try '--help'.
    cause: usage (user)
    --- exit code 1
    ");
    let wrong = world.werf(&["slugify", "-f", "ns", "x"], &[("WERF_LOG_TERMINAL_WIDTH", "wide")]);
    assert!(wrong.stderr.contains("hint: `--log-terminal-width` was taken from `$WERF_LOG_TERMINAL_WIDTH`"));
}

#[test]
fn slugs_are_werfs() {
    use gitlab_werf_executor::model::slug;
    let mut rows = 0;
    for row in golden("slugify.txt").lines() {
        let [kind, name, expected] = row.split(" | ").collect::<Vec<_>>()[..] else { panic!("{row}") };
        // 1.1 takes a name with a leading dash for an option.
        if expected.starts_with("Error") {
            continue;
        }
        let slug = match kind {
            "helm-release" => slug::helm_release(name),
            "kubernetes-namespace" => slug::kubernetes_namespace(name),
            _ => slug::docker_tag(name),
        };
        assert_eq!(slug, expected, "{row}");
        rows += 1;
    }
    assert_eq!(rows, 42);
    let world = World::new();
    assert_eq!(world.werf(&["slugify", "feature/x", "--format", "docker-tag"], &[]).printed(), "feature-x-8339ecf4\n");
    assert_eq!(world.werf(&["slugify", "-f", "ns", "--", "-data"], &[]).printed(), "data-a871d86e\n");
}

#[test]
fn completions_name_the_commands() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = world.werf(&["completion", "--shell", shell], &[]).printed();
        assert!(script.contains("slugify") && script.contains("rotate-secret-key"), "{shell}");
    }
}

#[test]
fn the_bare_word_does_what_the_jobs_place_says() {
    let world = World::new();
    let outside = world.werf(&[], &[]);
    assert!(outside.printed().starts_with("werf helps to implement"));
    let stop = [("CI_JOB_ID", "1"), ("CI_ENVIRONMENT_NAME", "review/x"), ("CI_ENVIRONMENT_ACTION", "stop")];
    let outcome = world.werf(&[], &stop);
    assert!(outcome.stdout.starts_with("werf dismiss: the job stops environment `review/x`"), "{outcome}");
    let unknown = world.werf(&[], &[("WERF_ACTION", "fly")]);
    assert!(
        unknown.stdout.contains("`fly` is not a verb") && unknown.stdout.ends_with("cause: usage (user)\n"),
        "{unknown}"
    );
}
