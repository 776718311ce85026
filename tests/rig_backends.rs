//! The backends against the rig's real engines: the classic store (20.10) and the containerd store (29).
//!
//! Every test runs on both. Without a rig they fail and say so; `scripts/check` leaves `rig_` out, `scripts/test` does not.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::future::Future;
use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use gitlab_werf_executor::backends::docker::CommitRequest;
use gitlab_werf_executor::backends::docker::ContainerSpec;
use gitlab_werf_executor::backends::docker::DockerfileBuild;
use gitlab_werf_executor::backends::docker::Engine;
use gitlab_werf_executor::backends::docker::EngineOptions;
use gitlab_werf_executor::backends::docker::ExecSpec;
use gitlab_werf_executor::backends::docker::LayerContent;
use gitlab_werf_executor::backends::docker::LoadRequest;
use gitlab_werf_executor::backends::docker::NewLayer;
use gitlab_werf_executor::backends::docker::Owned;
use gitlab_werf_executor::backends::docker::OwnedKind;
use gitlab_werf_executor::backends::docker::PathKind;
use gitlab_werf_executor::backends::docker::RunEvent;
use gitlab_werf_executor::backends::docker::RunOptions;
use gitlab_werf_executor::backends::docker::RunOutcome;
use gitlab_werf_executor::backends::docker::RunRequest;
use gitlab_werf_executor::backends::docker::RunStreams;
use gitlab_werf_executor::backends::registry::Blob;
use gitlab_werf_executor::backends::registry::BlobContent;
use gitlab_werf_executor::backends::registry::Credentials;
use gitlab_werf_executor::backends::registry::Keychain;
use gitlab_werf_executor::backends::registry::Registry;
use gitlab_werf_executor::backends::registry::RegistryOptions;
use gitlab_werf_executor::model::failure::Cause;
use gitlab_werf_executor::model::image::StoredImage;
use gitlab_werf_executor::model::layer::DEFAULT_MTIME;
use gitlab_werf_executor::model::layer::FileOwner;
use gitlab_werf_executor::model::layer::LayerEntry;
use gitlab_werf_executor::model::layer::LayerKind;
use gitlab_werf_executor::model::layer::LayerWriter;
use gitlab_werf_executor::model::oci::Descriptor;
use gitlab_werf_executor::model::oci::Image;
use gitlab_werf_executor::model::oci::Manifest;
use gitlab_werf_executor::model::oci::media_type;
use gitlab_werf_executor::model::ownership::Owner;
use gitlab_werf_executor::model::reference::Reference;
use gitlab_werf_executor::model::reference::Repository;
use gitlab_werf_executor::model::secret::Secret;

const MINUTE: Duration = Duration::from_mins(1);

/// Runs `test` on every engine of the rig.
fn on_each_engine<F: Future<Output = ()>>(test: impl Fn(Engine) -> F) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for name in ["RIG_DOCKER_HOST_29", "RIG_DOCKER_HOST_20"] {
        let address =
            std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: start the rig (`scripts/rig up`)"));
        runtime.block_on(async {
            let engine = Engine::connect(EngineOptions::at(address)).await.unwrap();
            test(engine).await;
        });
    }
}

fn owner() -> Owner {
    Owner::of_job("https://rig.example", 1, u64::from(std::process::id()))
}

fn layer(files: &[(&str, LayerKind, u32, &[u8])]) -> NewLayer {
    let mut writer = LayerWriter::new(Vec::new());
    let mut sorted: Vec<_> = files
        .iter()
        .map(|(path, kind, mode, content)| {
            let kind = if let LayerKind::File { .. } = kind {
                LayerKind::File { size: content.len() as u64 }
            } else {
                kind.clone()
            };
            let owner = FileOwner::default();
            (LayerEntry { path: path.as_bytes().to_vec(), kind, mode: *mode, owner, mtime: DEFAULT_MTIME }, *content)
        })
        .collect();
    sorted.sort_by_key(|(entry, _)| entry.archive_name());
    for (entry, content) in &sorted {
        writer.append(entry, *content).unwrap();
    }
    let (bytes, summary) = writer.finish().unwrap();
    NewLayer { summary, content: LayerContent::Bytes(Bytes::from(bytes)) }
}

const FILE: LayerKind = LayerKind::File { size: 0 };

/// An image of a static busybox alone.
async fn busybox(engine: &Engine) -> StoredImage {
    let program = std::fs::read("/usr/bin/busybox").expect("the package busybox-static");
    let link = |_: &str| LayerKind::Symlink { target: b"busybox".to_vec() };
    let layer = layer(&[
        ("bin", LayerKind::Directory, 0o755, b""),
        ("bin/busybox", FILE, 0o755, &program),
        ("bin/sh", link("sh"), 0o777, b""),
        ("bin/cat", link("cat"), 0o777, b""),
        ("bin/sleep", link("sleep"), 0o777, b""),
        ("bin/env", link("env"), 0o777, b""),
        ("bin/ls", link("ls"), 0o777, b""),
        ("etc", LayerKind::Directory, 0o755, b""),
        ("etc/passwd", FILE, 0o644, b"root:x:0:0:root:/:/bin/sh\n"),
        ("old", LayerKind::Directory, 0o755, b""),
        ("old/file", FILE, 0o644, b"old\n"),
        ("tmp", LayerKind::Directory, 0o1777, b""),
    ]);
    let mut image = Image::scratch("linux", "amd64");
    image.rootfs.diff_ids = vec![layer.summary.diff_id];
    image.config.cmd = Some(vec!["a \"quoted\" word".to_owned()]);
    image.config.env = vec!["PATH=/bin".to_owned()];
    image.config.labels = BTreeMap::from([("rig-backends".to_owned(), "base".to_owned())]);
    let names = vec!["rig-backends/busybox:1".parse().unwrap()];
    engine.load(LoadRequest { base: None, layers: vec![layer], image, names }).await.unwrap()
}

async fn upon(engine: &Engine, base: &StoredImage, layers: Vec<NewLayer>, name: &str) -> StoredImage {
    let mut image = base.image.clone();
    image.rootfs.diff_ids.extend(layers.iter().map(|layer| layer.summary.diff_id));
    let names = vec![name.parse::<Reference>().unwrap()];
    engine.load(LoadRequest { base: Some(base), layers, image, names }).await.unwrap()
}

/// The output of a shell script in a container of `image`, with its exit code.
async fn script(engine: &Engine, image: &StoredImage, script: &str) -> (i32, Vec<String>) {
    let container = engine.create_container(image, &spec(script)).await.unwrap();
    let mut lines = Vec::new();
    let code = container.run(MINUTE, &mut |line| lines.push(line.to_owned())).await.unwrap();
    container.remove().await.unwrap();
    (code, lines)
}

fn spec(script: &str) -> ContainerSpec {
    ContainerSpec {
        owner: owner(),
        command: ["/bin/busybox", "sh", "-ec", script].map(str::to_owned).to_vec(),
        mounts: Vec::new(),
        add_hosts: Vec::new(),
        network: Some("none".to_owned()),
        init: false,
    }
}

#[test]
fn rig_a_computed_layer_is_loaded_alone_and_deletes_files() {
    on_each_engine(|engine| async move {
        let base = busybox(&engine).await;
        assert_eq!(engine.image("rig-backends/busybox:1").await.unwrap().unwrap().image.config, base.image.config);
        let long = format!("app/line\nbreak{}", "x".repeat(120));
        let first = layer(&[
            ("app", LayerKind::Directory, 0o755, b""),
            ("app/new", FILE, 0o644, b"new\n"),
            (&long, FILE, 0o644, b"long\n"),
            ("old/file", LayerKind::Whiteout, 0, b""),
        ]);
        let once = upon(&engine, &base, vec![first], "rig-backends/app:1").await;
        let second = layer(&[("app/second", FILE, 0o755, b"2\n")]);
        let twice = upon(&engine, &once, vec![second], "rig-backends/app:2").await;
        let found = engine.image("rig-backends/app:2").await.unwrap().unwrap();
        assert_eq!((&found.id, &found.image.rootfs), (&twice.id, &twice.image.rootfs));
        let (code, lines) = script(&engine, &twice, "ls /app/[ns]* /old; cat /app/new /app/line*xxx").await;
        assert_eq!((code, lines.join("|").as_str()), (0, "/app/new|/app/second||/old:|new|long"));
    });
}

#[test]
fn rig_a_commit_has_the_wanted_config_and_no_other() {
    on_each_engine(|engine| async move {
        let base = busybox(&engine).await;
        let container = engine.create_container(&base, &spec("echo built > /built; echo done")).await.unwrap();
        let mut lines = Vec::new();
        assert_eq!(container.run(MINUTE, &mut |line| lines.push(line.to_owned())).await.unwrap(), 0);
        let mut image = base.image.clone();
        image.config.labels.insert("stage".to_owned(), "install".to_owned());
        let names = vec!["rig-backends/built:1".parse().unwrap()];
        let built = container.commit(CommitRequest { image: image.clone(), names }).await.unwrap();
        container.remove().await.unwrap();
        let found = engine.image("rig-backends/built:1").await.unwrap().unwrap();
        assert_eq!(
            (found.id, found.image.config.cmd, found.image.config.labels),
            (built.id.clone(), image.config.cmd, image.config.labels)
        );
        assert_eq!((found.image.config.user.as_str(), found.image.config.env), ("", image.config.env));
        assert_eq!(found.image.config.entrypoint.unwrap_or_default(), Vec::<String>::new());
        let patched =
            upon(&engine, &built, vec![layer(&[("patch", FILE, 0o644, b"p\n")])], "rig-backends/built:2").await;
        assert_eq!(script(&engine, &patched, "cat /built /patch").await.1, ["built", "p"]);
    });
}

#[test]
fn rig_commands_share_a_running_container() {
    on_each_engine(|engine| async move {
        let base = busybox(&engine).await;
        let container = engine.create_container(&base, &spec("sleep 600")).await.unwrap();
        container.start().await.unwrap();
        let exec = |script: &str| ExecSpec {
            command: ["/bin/busybox", "sh", "-ec", script].map(str::to_owned).to_vec(),
            env: vec!["GIVEN=yes".to_owned()],
            working_dir: Some("/tmp".to_owned()),
            limit: MINUTE,
        };
        let mut lines = Vec::new();
        let mut take = |line: &str| lines.push(line.to_owned());
        assert_eq!(container.exec(&exec("echo $GIVEN; echo first > /tmp/x"), &mut take).await.unwrap(), 0);
        assert_eq!(container.exec(&exec("cat x; exit 7"), &mut take).await.unwrap(), 7);
        assert_eq!(lines, ["yes", "first"]);
        container.remove().await.unwrap();
    });
}

/// The registry of the rig, as the user who may write.
fn registry() -> (Registry, String) {
    let setting = |name: &str| {
        std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: start the rig (`scripts/rig up`)"))
    };
    let password = std::fs::read_to_string(setting("RIG_REGISTRY_PASSWORD_FILE")).unwrap();
    let credentials = login(&setting("RIG_REGISTRY_USER"), password.trim());
    let host = setting("RIG_REGISTRY");
    let keychain = Keychain::empty().with(&host, credentials);
    (Registry::new(RegistryOptions::new(keychain)).unwrap(), host)
}

fn login(user: &str, password: &str) -> Credentials {
    Credentials::Password { user: user.to_owned(), password: Secret::new(password) }
}

#[test]
fn rig_an_image_goes_to_the_registry_layer_by_layer_and_comes_back() {
    on_each_engine(|engine| async move {
        let (registry, host) = registry();
        let base = busybox(&engine).await;
        let container = engine.create_container(&base, &spec("echo built > /built")).await.unwrap();
        container.run(MINUTE, &mut |_| ()).await.unwrap();
        let names = vec!["rig-backends/published:1".parse().unwrap()];
        let built = container.commit(CommitRequest { image: base.image.clone(), names }).await.unwrap();
        container.remove().await.unwrap();

        let dir = tempfile::tempdir().unwrap();
        let layers = engine.export_layers(&built, &built.image.rootfs.diff_ids, dir.path()).await.unwrap();
        assert_eq!(layers.len(), 2);
        let repository: Repository = format!("{host}/rig-backends/app").parse().unwrap();
        let mut descriptors = Vec::new();
        for diff_id in &built.image.rootfs.diff_ids {
            let layer = layers.iter().find(|layer| layer.diff_id == *diff_id).unwrap();
            let Descriptor { digest, size, .. } = layer.descriptor;
            let blob = Blob { digest, size, content: BlobContent::File(layer.path.clone()) };
            registry.put_blob(&repository, &blob, None).await.unwrap();
            descriptors.push(layer.descriptor.clone());
        }
        let config = Blob::of(serde_json::to_vec(&built.image).unwrap());
        registry.put_blob(&repository, &config, None).await.unwrap();
        let config = Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size);
        let manifest = serde_json::to_vec(&Manifest::oci(config, descriptors)).unwrap();
        let tag = repository.tagged(&format!("t{}", std::process::id())).unwrap();
        registry.put_manifest(&tag, media_type::OCI_MANIFEST, manifest.into()).await.unwrap();

        for name in ["rig-backends/published:1", &tag.familiar()] {
            engine.remove_image(name).await.unwrap();
        }
        let password = std::fs::read_to_string(std::env::var("RIG_REGISTRY_PASSWORD_FILE").unwrap()).unwrap();
        let refused = engine.pull(&tag, Some(&login("rig", "wrong")), &mut |_| ()).await.unwrap_err();
        assert!(matches!(refused.cause, Cause::RegistryDenied | Cause::BaseImageMissing), "{refused}");
        let pulled = engine.pull(&tag, Some(&login("rig", password.trim())), &mut |_| ()).await.unwrap();
        assert_eq!(pulled.image.rootfs, built.image.rootfs);
        assert_eq!(script(&engine, &pulled, "cat /built").await, (0, vec!["built".to_owned()]));
        let upon =
            upon(&engine, &pulled, vec![layer(&[("patch", FILE, 0o644, b"p\n")])], "rig-backends/patched:1").await;
        assert_eq!(script(&engine, &upon, "cat /built /patch").await.1, ["built", "p"]);
        assert!(registry.delete_tag(&tag).await.unwrap());
        engine.remove_image(&tag.familiar()).await.unwrap();
    });
}

#[test]
fn rig_what_no_registry_has_is_the_users_fault() {
    on_each_engine(|engine| async move {
        let (_, host) = registry();
        let name: Reference = format!("{host}/rig-backends/never:1").parse().unwrap();
        let password = std::fs::read_to_string(std::env::var("RIG_REGISTRY_PASSWORD_FILE").unwrap()).unwrap();
        let failure = engine.pull(&name, Some(&login("rig", password.trim())), &mut |_| ()).await.unwrap_err();
        assert_eq!(failure.cause, Cause::BaseImageMissing, "{failure}");
        assert_eq!(engine.image("rig-backends/never:1").await.unwrap(), None);
        assert!(!engine.remove_image("rig-backends/never:1").await.unwrap());
    });
}

#[test]
fn rig_files_of_an_image_are_read_without_running_it() {
    on_each_engine(|engine| async move {
        let base = busybox(&engine).await;
        let files = engine.files(&base, &owner()).await.unwrap();
        let tmp = files.look("/tmp").await.unwrap().unwrap();
        assert_eq!((tmp.kind, tmp.mode), (PathKind::Directory, 0o1777));
        let shell = files.look("/bin/sh").await.unwrap().unwrap();
        assert_eq!(shell.kind, PathKind::Symlink(b"busybox".to_vec()));
        assert_eq!(files.look("/none/at/all").await.unwrap(), None);
        assert_eq!(files.read("/etc/passwd", 1000).await.unwrap().unwrap(), b"root:x:0:0:root:/:/bin/sh\n");
        assert_eq!(files.read("/etc/passwd", 3).await.unwrap(), None);
        assert_eq!(files.read("/etc", 1000).await.unwrap(), None);
        files.close().await.unwrap();
    });
}

#[test]
fn rig_what_is_dropped_is_removed_and_what_is_left_is_found_by_its_owner() {
    on_each_engine(|engine| async move {
        let base = busybox(&engine).await;
        let mine =
            |owned: Vec<Owned>| owned.into_iter().filter(|owned| owned.owner == other_owner()).collect::<Vec<_>>();
        let spec = ContainerSpec { owner: other_owner(), ..spec("sleep 600") };
        let container = engine.create_container(&base, &spec).await.unwrap();
        container.start().await.unwrap();
        let cancelled = tokio::time::timeout(Duration::from_millis(300), container.run(MINUTE, &mut |_| ())).await;
        assert!(cancelled.is_err());
        let found = mine(engine.owned().await.unwrap());
        assert!(found.len() == 1 && found[0].running && found[0].kind == OwnedKind::Container, "{found:?}");
        drop(container);
        engine.settle(MINUTE).await;
        assert_eq!(mine(engine.owned().await.unwrap()), []);

        let left = engine.create_container(&base, &spec).await.unwrap();
        std::mem::forget(left);
        for owned in mine(engine.owned().await.unwrap()) {
            assert!(engine.remove_owned(&owned).await.unwrap());
        }
        assert_eq!(mine(engine.owned().await.unwrap()), []);
    });
}

fn other_owner() -> Owner {
    Owner::of_job("https://other.example", 2, u64::from(std::process::id()))
}

/// Another owner than that of the tests that run beside.
fn run_owner() -> Owner {
    Owner::of_job("https://run.example", 4, u64::from(std::process::id()))
}

fn run_request(image: &str, flags: &[&str], command: &[&str]) -> RunRequest {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    RunRequest {
        image: image.to_owned(),
        command: words(command),
        options: RunOptions::parse(&words(flags)).unwrap(),
        environment: BTreeMap::from([("GIVEN".to_owned(), "from the job".to_owned())]),
        dir: std::path::PathBuf::from("/"),
        owner: run_owner(),
    }
}

/// Runs it with `input`; the outcome with all output, `signal` is sent as soon as there is some.
async fn run(engine: &Engine, request: &RunRequest, input: &'static str, signal: Option<&str>) -> (RunOutcome, String) {
    let (sender, events) = tokio::sync::mpsc::channel(1);
    let mut shown = Vec::new();
    let mut output = |_, piece: &[u8]| {
        shown.extend_from_slice(piece);
        if let Some(signal) = signal {
            drop(sender.try_send(RunEvent::Signal(signal.to_owned())));
        }
    };
    let streams = RunStreams { input: Some(Box::new(input.as_bytes())), output: &mut output, events };
    let outcome = engine.run(request, streams).await.unwrap();
    (outcome, String::from_utf8(shown).unwrap().replace("\r\n", "\n"))
}

#[test]
fn rig_a_run_is_like_docker_run() {
    on_each_engine(|engine| async move {
        busybox(&engine).await;
        let image = "rig-backends/busybox:1";
        let flags = ["--rm", "-i", "-e", "GIVEN", "--network", "none", "--entrypoint", "sh", "-w", "/tmp"];
        let request = run_request(image, &flags, &["-c", "cat; pwd; echo $GIVEN >&2; exit 7"]);
        let (outcome, output) = run(&engine, &request, "typed\n", None).await;
        assert_eq!(outcome, RunOutcome::Ended(7));
        let mut lines: Vec<_> = output.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["/tmp", "from the job", "typed"]);

        let trap = "trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.1; done";
        let request = run_request(image, &["--rm", "-t", "--network=none"], &["sh", "-c", trap]);
        let (outcome, output) = run(&engine, &request, "", Some("SIGTERM")).await;
        assert_eq!((outcome, output.as_str()), (RunOutcome::Ended(9), "ready\ncaught\n"));

        let name = format!("rig-backends-{}", std::process::id());
        let request = run_request(image, &["-d", "--name", &name, "--network=none"], &["sleep", "600"]);
        let (outcome, _) = run(&engine, &request, "", None).await;
        let ours: Vec<_> =
            engine.owned().await.unwrap().into_iter().filter(|owned| owned.owner == run_owner()).collect();
        let found = ours.iter().find(|owned| owned.name == name).unwrap();
        assert_eq!(outcome, RunOutcome::Detached(found.id.clone()));
        assert!(found.running && engine.remove_owned(found).await.unwrap());
        assert_eq!(ours.len(), 1, "the others are removed: {ours:?}");
    });
}

#[test]
fn rig_a_run_that_cannot_begin_leaves_nothing() {
    on_each_engine(|engine| async move {
        busybox(&engine).await;
        let request =
            RunRequest { owner: third_owner(), ..run_request("rig-backends/busybox:1", &[], &["no-such-program"]) };
        let (_sender, events) = tokio::sync::mpsc::channel(1);
        let streams = RunStreams { input: None, output: &mut |_, _| (), events };
        let failure = engine.run(&request, streams).await.unwrap_err();
        assert!(failure.cause == Cause::Usage && failure.to_string().contains("no-such-program"), "{failure}");
        assert!(engine.owned().await.unwrap().iter().all(|owned| owned.owner != third_owner()));
    });
}

fn third_owner() -> Owner {
    Owner::of_job("https://third.example", 3, u64::from(std::process::id()))
}

fn dockerfile(text: &'static str) -> impl FnOnce(&mut dyn Write) -> std::io::Result<()> + Send + 'static {
    move |out| {
        let mut archive = tar::Builder::new(out);
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, "Dockerfile", text.as_bytes())?;
        archive.finish()
    }
}

#[test]
fn rig_a_dockerfile_is_built_with_arguments_and_labels() {
    on_each_engine(|engine| async move {
        busybox(&engine).await;
        let build = DockerfileBuild {
            dockerfile: "Dockerfile".to_owned(),
            target: "wanted".to_owned(),
            args: BTreeMap::from([("WORD".to_owned(), "hello".to_owned())]),
            labels: BTreeMap::from([("made".to_owned(), "here".to_owned())]),
            add_hosts: vec!["db:10.0.0.1".to_owned()],
            network: Some("none".to_owned()),
            name: "rig-backends/dockerfile:1".parse().unwrap(),
        };
        let good =
            "FROM rig-backends/busybox:1 AS wanted\nARG WORD\nRUN echo said $WORD > /word\nFROM scratch\nRUN fails\n";
        let mut shown = Vec::new();
        let mut take = |line: &str| shown.push(line.to_owned());
        let image = engine.build_dockerfile(&build, HashMap::new(), dockerfile(good), &mut take).await.unwrap();
        assert_eq!(image.labels().get("made").map(String::as_str), Some("here"));
        assert!(shown.iter().any(|line| line.contains("RUN echo said $WORD")), "{shown:?}");
        assert_eq!(script(&engine, &image, "cat /word").await.1, ["said hello"]);

        let bad = "FROM rig-backends/busybox:1 AS wanted\nRUN exit 17\n";
        let failure = engine.build_dockerfile(&build, HashMap::new(), dockerfile(bad), &mut |_| ()).await.unwrap_err();
        assert_eq!((failure.cause, failure.exit_code), (Cause::StageFailed, Some(17)), "{failure}");
        let failing = |_: &mut dyn Write| Err(std::io::Error::other("context unreadable"));
        assert!(engine.build_dockerfile(&build, HashMap::new(), failing, &mut |_| ()).await.is_err());
    });
}

#[test]
fn rig_images_are_listed_by_label_or_name_in_one_call() {
    on_each_engine(|engine| async move {
        let base = busybox(&engine).await;
        let found = engine.images(&["rig-backends=base".to_owned()]).await.unwrap();
        let listed = found.iter().find(|image| image.tags.contains(&"rig-backends/busybox:1".to_owned())).unwrap();
        assert_eq!((&listed.id, &listed.labels), (&base.id, base.labels()));
        engine.tag_image(&base.id, "rig-backends/other", "2").await.unwrap();
        assert_eq!(engine.image("rig-backends/other:2").await.unwrap().unwrap().id, base.id);
        let named =
            engine.images_named(&["rig-backends/oth*:2".to_owned(), "rig-backends/none:1".to_owned()]).await.unwrap();
        assert_eq!(named.iter().map(|image| &image.id).collect::<Vec<_>>(), [&base.id]);
        assert_eq!(engine.images_named(&[]).await.unwrap(), []);
        assert!(engine.remove_image("rig-backends/other:2").await.unwrap());
        assert_eq!(engine.images(&["rig-backends=none".to_owned()]).await.unwrap(), []);
    });
}
