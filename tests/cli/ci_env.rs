//! `werf ci-env` says what werf 1.1 said, byte for byte.

use super::Outcome;
use super::World;
use super::golden;

/// What every job in the goldens has.
const JOB: &[(&str, &str)] = &[
    ("GITLAB_CI", "true"),
    ("CI_SERVER_VERSION", "16.5.1-ee"),
    ("CI_PROJECT_URL", "https://gitlab.example.org/group/app"),
    ("CI_PIPELINE_ID", "777"),
    ("CI_JOB_ID", "1001"),
    ("CI_JOB_TOKEN", "jobtok123"),
    ("CI_COMMIT_SHA", "12f5dae7da86341ae4ed46ca3232c1e552da2059"),
];

/// The variables of the goldens that are files.
const REGISTRY: &[(&str, &str)] = &[
    ("CI_REGISTRY", "localhost:5000"),
    ("CI_REGISTRY_IMAGE", "localhost:5000/group/app"),
    ("CI_ENVIRONMENT_SLUG", "production"),
    ("CI_COMMIT_REF_NAME", "feature/x"),
];

/// Runs the first line of a golden: `$ GL env NAME=value … werf-1.1 WORD …`, where `GL` stands for [`JOB`].
fn replay(world: &World, command: &str) -> Outcome {
    let words: Vec<&str> = command.split(' ').skip_while(|word| *word != "env").skip(1).collect();
    let program = words.iter().position(|word| *word == "werf-1.1").unwrap();
    let variables = words[..program].iter().map(|word| word.split_once('=').unwrap());
    let variables: Vec<_> = JOB.iter().copied().chain(variables).collect();
    world.werf(&words[program + 1..], &variables)
}

#[test]
fn scripts_are_those_of_1_1() {
    let cases = [
        "default",
        "default-verbose",
        "env-with-registry-custom-repos",
        "no-registry",
        "stages-signature-branch",
        "tag-or-branch-branch",
        "tag-or-branch-mr",
        "tag-or-branch-tag",
    ];
    for case in cases {
        let world = World::new();
        let golden = world.without_places(&golden(&format!("ci-env/{case}.txt")));
        let (command, expected) = golden.split_once('\n').unwrap();
        let printed = replay(&world, command).printed() + "[exit code 0]\n";
        similar_asserted(&printed, expected, case);
    }
}

fn similar_asserted(printed: &str, expected: &str, case: &str) {
    for (line, (got, want)) in printed.lines().zip(expected.lines()).enumerate() {
        assert_eq!(got, want, "{case}, line {}", line + 1);
    }
    assert_eq!(printed.lines().count(), expected.lines().count(), "{case}");
}

#[test]
fn a_file_to_source_is_named_and_private() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let variables = [JOB, REGISTRY].concat();
    let path = world.werf(&["ci-env", "gitlab", "--as-file", "--verbose"], &variables).printed();
    let path = path.trim_end().strip_prefix("/home/ci/").unwrap();
    assert!(path.starts_with(".werf/service/tmp/ci_env/source_"), "{path}");
    let expected = world.without_places(&golden("ci-env/as-file.sh"));
    similar_asserted(&world.without_places(&world.read(path)), &expected, "as-file");
    let mode = std::fs::metadata(world.path(path)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_file_of_variables() {
    let world = World::new();
    let variables = [JOB, REGISTRY].concat();
    let said = world.werf(&["ci-env", "gitlab", "--as-env-file", "-o", "vars.env"], &variables).printed();
    assert_eq!(said, "");
    let expected = world.without_places(&golden("ci-env/env-file.env"));
    similar_asserted(&world.without_places(&world.read("vars.env")), &expected, "env-file");
}

#[test]
fn the_token_is_in_the_configuration_and_nowhere_else() {
    let world = World::new();
    world.write(".docker/config.json", r#"{"auths":{"other.example.org":{"auth":"eDp5"}}}"#);
    let printed = world.werf(&["ci-env", "gitlab", "--verbose"], &[JOB, REGISTRY].concat()).printed();
    assert!(!printed.contains("jobtok123") && !printed.contains("Z2l0bGFi"), "{printed}");
    let folder = std::fs::read_dir(world.path("tmp")).unwrap().next().unwrap().unwrap().path();
    insta::assert_snapshot!(std::fs::read_to_string(folder.join("config.json")).unwrap(), @r#"
    {
      "auths": {
        "localhost:5000": {
          "auth": "Z2l0bGFiLWNpLXRva2VuOmpvYnRvazEyMw=="
        },
        "other.example.org": {
          "auth": "eDp5"
        }
      }
    }
    "#);
}

#[test]
fn a_mistake_fails_the_shell_that_reads_it() {
    let world = World::new();
    insta::assert_snapshot!(world.werf(&["ci-env", "jenkins"], &[]), @r"
    echo ''
    echo 'Error: provided ci system '\''jenkins'\'' not supported'
    exit 1
    --- stderr
    Error: provided ci system 'jenkins' not supported
    hint: supported are `gitlab` and `github`
    cause: usage (user)
    --- exit code 1
    ");
    let as_file = world.werf(&["ci-env", "gitlab", "--as-file", "--tagging-strategy", "nope"], JOB);
    assert_eq!((as_file.code, as_file.stdout.as_str()), (1, ""));
    assert!(as_file.stderr.starts_with("\u{1b}[31;1mError: provided tagging-strategy 'nope' not supported"));
}
