//! Building on the rig's real engine: what is built after which change, and what is in the image.

use std::path::Path;
use std::process::Command;

/// A project in a repository of its own, built by the program itself.
struct Bench {
    directory: tempfile::TempDir,
    home: tempfile::TempDir,
    engine: String,
    name: String,
}

const WERF_YAML: &str = r#"project: NAME
configVersion: 1
---
artifact: assets
from: BASE
git:
- add: /web
  to: /src
  stageDependencies: {install: package.json, setup: "**/*.js"}
shell:
  install: echo installing
  setup: [mkdir -p /out, "cat /src/*.js > /out/app.js"]
---
image: backend
from: BASE
git:
- add: /src
  to: /app
  owner: 1000
  group: 1000
  excludePaths: "*.md"
  stageDependencies: {install: requirements.txt}
import:
- {artifact: assets, add: /out, to: /app/static, after: setup}
shell:
  beforeInstall: echo first > /etc/first
  install: cat /app/requirements.txt
  setup: [cd /app, chmod +x run.sh]
docker:
  CMD: ["sh", "-c", "echo \"quoted\""]
  WORKDIR: /app
"#;

impl Bench {
    fn new(name: &str, variable: &str) -> Self {
        let engine = std::env::var(variable)
            .unwrap_or_else(|_| panic!("{variable} is not set: start the rig (`scripts/rig up`)"));
        let bench = Self {
            directory: tempfile::tempdir().unwrap(),
            home: tempfile::tempdir().unwrap(),
            engine,
            name: format!("{name}{}", std::process::id()),
        };
        bench.base_image();
        bench.write("werf.yaml", &WERF_YAML.replace("NAME", &bench.name).replace("BASE", &bench.base()));
        for (path, text) in [
            ("web/a.js", "1"),
            ("web/package.json", "{}"),
            ("src/requirements.txt", "flask==1.0\n"),
            ("src/run.sh", "#!/bin/sh\n"),
            ("src/index.html", "hello\n"),
            ("src/notes.md", "not in the image\n"),
        ] {
            bench.write(path, text);
        }
        bench.git(&["init", "-q"]);
        bench.commit();
        bench
    }

    fn base(&self) -> String {
        format!("{}-base:1", self.name)
    }

    /// A static busybox under the project's own name.
    fn base_image(&self) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("bin")).unwrap();
        std::fs::create_dir_all(root.path().join("etc")).unwrap();
        std::fs::copy("/usr/bin/busybox", root.path().join("bin/busybox")).expect("the package busybox-static");
        for name in ["sh", "cat", "mkdir", "chmod", "find"] {
            std::os::unix::fs::symlink("busybox", root.path().join("bin").join(name)).unwrap();
        }
        let script = format!("tar -C {} -c . | docker import - {}", root.path().display(), self.base());
        assert!(self.docker_command("sh", &["-c", &script]).status().unwrap().success());
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        let status = Command::new("git").args(who).args(arguments).current_dir(&self.directory).status().unwrap();
        assert!(status.success());
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", "change"]);
    }

    fn docker_command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env("DOCKER_HOST", &self.engine);
        command
    }

    fn werf(&self, arguments: &[&str]) -> (bool, String) {
        let program = Path::new(env!("CARGO_BIN_EXE_gitlab-werf-executor"));
        let mut command = Command::new(program);
        command.arg("werf").args(arguments).args(["--stages-storage", ":local", "--home-dir"]).arg(self.home.path());
        let output = command.env("DOCKER_HOST", &self.engine).current_dir(&self.directory).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), text)
    }

    /// The stages that a build makes.
    fn build(&self) -> Vec<String> {
        let (success, text) = self.werf(&["build"]);
        assert!(success, "{text}");
        let begun = |line: &str| Some(line.split_once("┌ Building stage ")?.1.trim().to_owned());
        text.lines().filter_map(begun).collect()
    }

    fn image(&self) -> String {
        let (success, text) = self.werf(&["stage", "image", "backend"]);
        assert!(success, "{text}");
        text.lines().find(|line| line.starts_with("werf-stages-storage/")).unwrap().to_owned()
    }

    fn in_image(&self, script: &str) -> String {
        let image = self.image();
        let output =
            self.docker_command("docker", &["run", "--rm", "--network=none", &image, "sh", "-c", script]).output();
        String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let script = format!(
            "docker images -q --filter label=werf={} | sort -u | xargs -r docker rmi -f; docker rmi -f {}",
            self.name,
            self.base()
        );
        drop(self.docker_command("sh", &["-c", &script]).output());
    }
}

fn life(variable: &str, name: &str) {
    let bench = Bench::new(name, variable);
    assert_eq!(bench.build().len(), 4 + 7, "everything is new");
    assert!(bench.build().is_empty(), "nothing is built twice");

    bench.write("src/index.html", "v2\n");
    bench.write("src/sub/deep/file", "x\n");
    bench.commit();
    assert_eq!(bench.build(), ["backend/gitLatestPatch", "backend/dockerInstructions"]);
    assert_eq!(bench.in_image("cat index.html sub/deep/file static/app.js"), "v2\nx\n1");

    std::fs::remove_dir_all(bench.directory.path().join("src/sub")).unwrap();
    bench.write("src/requirements.txt", "flask==2\n");
    bench.commit();
    let built = bench.build();
    assert_eq!(built.first().map(String::as_str), Some("backend/install"), "{built:?}");
    assert!(!built.contains(&"backend/beforeInstall".to_owned()), "{built:?}");
    let files = bench.in_image("find . -type f | while read f; do echo $f; done; cat /etc/first");
    let mut files: Vec<&str> = files.lines().collect();
    files.sort_unstable();
    assert_eq!(files, ["./index.html", "./requirements.txt", "./run.sh", "./static/app.js", "first"]);
    assert_eq!(bench.in_image("test -e sub || echo gone"), "gone\n");
}

#[test]
fn rig_a_life_of_a_project_on_the_containerd_store() {
    life("RIG_DOCKER_HOST_29", "life29x");
}

#[test]
fn rig_a_life_of_a_project_on_the_classic_store() {
    life("RIG_DOCKER_HOST_20", "life20x");
}

#[test]
fn rig_the_tag_is_the_same_on_machines_whose_caches_began_elsewhere() {
    let bench = Bench::new("tagsx", "RIG_DOCKER_HOST_29");
    bench.build();
    bench.write("src/index.html", "v2\n");
    bench.commit();
    bench.build();
    let with_difference = bench.image();
    drop(
        bench
            .docker_command(
                "sh",
                &[
                    "-c",
                    &format!("docker images -q --filter label=werf={} | sort -u | xargs -r docker rmi -f", bench.name),
                ],
            )
            .output(),
    );
    assert_eq!(bench.build().len(), 4 + 7);
    assert_eq!(bench.image(), with_difference);
}

#[test]
fn rig_a_failing_command_is_named() {
    let bench = Bench::new("failx", "RIG_DOCKER_HOST_29");
    let text = std::fs::read_to_string(bench.directory.path().join("werf.yaml")).unwrap();
    bench.write("werf.yaml", &text.replace("cd /app, chmod", "echo before, no-such-command, chmod"));
    bench.commit();
    let (success, text) = bench.werf(&["build", "backend"]);
    assert!(!success);
    assert!(text.contains("backend/setup: command 2: `no-such-command` ended with exit code 127"), "{text}");
    assert!(text.contains("cause: stage-failed (user)"), "{text}");
}
