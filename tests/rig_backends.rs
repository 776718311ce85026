//! The backends against the rig's real engines: the classic store (20.10) and the containerd store (29).
//!
//! Every test runs on both. Without a rig they fail and say so; `scripts/check` leaves `rig_` out, `scripts/test` does not.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use gitlab_werf_executor::backends::docker::CommitRequest;
use gitlab_werf_executor::backends::docker::ContainerSpec;
use gitlab_werf_executor::backends::docker::Engine;
use gitlab_werf_executor::backends::docker::EngineOptions;
use gitlab_werf_executor::backends::docker::ExecSpec;
use gitlab_werf_executor::backends::docker::LayerContent;
use gitlab_werf_executor::backends::docker::LoadRequest;
use gitlab_werf_executor::backends::docker::NewLayer;
use gitlab_werf_executor::model::image::StoredImage;
use gitlab_werf_executor::model::layer::DEFAULT_MTIME;
use gitlab_werf_executor::model::layer::FileOwner;
use gitlab_werf_executor::model::layer::LayerEntry;
use gitlab_werf_executor::model::layer::LayerKind;
use gitlab_werf_executor::model::layer::LayerWriter;
use gitlab_werf_executor::model::oci::Image;
use gitlab_werf_executor::model::ownership::Owner;
use gitlab_werf_executor::model::reference::Reference;

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
        let first = layer(&[
            ("app", LayerKind::Directory, 0o755, b""),
            ("app/new", FILE, 0o644, b"new\n"),
            ("old/file", LayerKind::Whiteout, 0, b""),
        ]);
        let once = upon(&engine, &base, vec![first], "rig-backends/app:1").await;
        let second = layer(&[("app/second", FILE, 0o755, b"2\n")]);
        let twice = upon(&engine, &once, vec![second], "rig-backends/app:2").await;
        let found = engine.image("rig-backends/app:2").await.unwrap().unwrap();
        assert_eq!((&found.id, &found.image.rootfs), (&twice.id, &twice.image.rootfs));
        let (code, lines) = script(&engine, &twice, "ls /app /old; cat /app/new").await;
        assert_eq!((code, lines.join("|").as_str()), (0, "/app:|new|second||/old:|new"));
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
