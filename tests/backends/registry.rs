//! Registries at the wire.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use axum::http::Method;
use bytes::Bytes;
use gitlab_werf_executor::backends::registry::Blob;
use gitlab_werf_executor::backends::registry::BlobContent;
use gitlab_werf_executor::backends::registry::BlobOutcome;
use gitlab_werf_executor::backends::registry::Credentials;
use gitlab_werf_executor::backends::registry::Keychain;
use gitlab_werf_executor::backends::registry::Registry;
use gitlab_werf_executor::backends::registry::RegistryOptions;
use gitlab_werf_executor::backends::retry::RetryPolicy;
use gitlab_werf_executor::model::digest::Digest;
use gitlab_werf_executor::model::failure::Cause;
use gitlab_werf_executor::model::oci::Descriptor;
use gitlab_werf_executor::model::oci::Image;
use gitlab_werf_executor::model::oci::Manifest;
use gitlab_werf_executor::model::oci::media_type;
use gitlab_werf_executor::model::reference::Repository;
use gitlab_werf_executor::model::secret::Secret;

use crate::support::registry::FakeRegistry;
use crate::support::registry::Fault;
use crate::support::registry::Login;
use crate::support::registry::PASSWORD;
use crate::support::registry::USER;

fn client(keychain: Keychain) -> Registry {
    let retry =
        RetryPolicy { attempts: 3, first_wait: Duration::from_millis(1), longest_wait: Duration::from_millis(5) };
    let limit = Duration::from_secs(10);
    let options =
        RegistryOptions { retry, answer_limit: limit, transfer_limit: limit, ..RegistryOptions::new(keychain) };
    Registry::new(options).unwrap()
}

fn nobody() -> Registry {
    client(Keychain::empty())
}

fn user(registry: &FakeRegistry, password: &str) -> Registry {
    let credentials = Credentials::Password { user: USER.to_owned(), password: Secret::new(password) };
    client(Keychain::empty().with(&registry.host(), credentials))
}

fn descriptor(content: &'static [u8]) -> Descriptor {
    Descriptor::of(media_type::OCI_LAYER, content)
}

/// Pushes an image of one layer under the tag; its manifest's digest.
async fn push(client: &Registry, repository: &Repository, tag: &str, layer: &'static [u8]) -> Digest {
    let config = Blob::of(serde_json::to_vec(&Image::scratch("linux", "amd64")).unwrap());
    client.put_blob(repository, &config, None).await.unwrap();
    client.put_blob(repository, &Blob::of(layer), None).await.unwrap();
    let config = Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size);
    let manifest = serde_json::to_vec(&Manifest::oci(config, vec![descriptor(layer)])).unwrap();
    client.put_manifest(&repository.tagged(tag).unwrap(), media_type::OCI_MANIFEST, manifest.into()).await.unwrap()
}

#[tokio::test]
async fn what_is_pushed_is_read_back_with_every_login() {
    for login in [Login::Nobody, Login::Basic, Login::Bearer] {
        let registry = FakeRegistry::start(login).await;
        let (client, repository) = (user(&registry, PASSWORD), registry.repository("app"));
        let digest = push(&client, &repository, "1", b"layer").await;
        let tagged = repository.tagged("1").unwrap();
        assert_eq!(client.digest(&tagged).await.unwrap(), Some(digest));
        let image = client.image(&tagged, "linux", "amd64").await.unwrap().unwrap();
        assert_eq!((image.manifest_digest, image.image), (digest, Image::scratch("linux", "amd64")));
        assert_eq!(client.blob(&repository, &descriptor(b"layer")).await.unwrap(), &b"layer"[..]);
        assert_eq!(client.digest(&repository.tagged("2").unwrap()).await.unwrap(), None, "{login:?}");
    }
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_used_again() {
    let registry = FakeRegistry::start(Login::Bearer).await;
    let (client, repository) = (user(&registry, PASSWORD), registry.repository("app"));
    for _ in 0..3 {
        client.digest(&repository.tagged("1").unwrap()).await.unwrap();
    }
    let asked = registry.asked();
    assert_eq!(asked.iter().filter(|asked| asked.ends_with("/token")).count(), 1, "{asked:?}");
    assert_eq!(asked.len(), 5, "one refusal, one token, three answers: {asked:?}");
}

#[tokio::test]
async fn a_refusal_names_the_right_that_is_missing() {
    let registry = FakeRegistry::start(Login::Bearer).await;
    let repository = registry.repository("app");
    for client in [nobody(), user(&registry, "wrong")] {
        let failure = client.put_blob(&repository, &Blob::of(&b"x"[..]), None).await.unwrap_err();
        assert_eq!(failure.cause, Cause::RegistryDenied, "{failure}");
        assert!(failure.hints[0].contains("`repository:app:pull`"), "{:?}", failure.hints);
        assert!(!format!("{failure:?}").contains("wrong"));
    }
    let basic = FakeRegistry::start(Login::Basic).await;
    let failure = nobody().tags(&basic.repository("app")).await.unwrap_err();
    assert_eq!(failure.cause, Cause::RegistryDenied);
    assert!(failure.to_string().contains("answers 401: UNAUTHORIZED (authentication required)"), "{failure}");
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again_and_what_does_not_is_told() {
    let registry = FakeRegistry::start(Login::Nobody).await;
    let (client, repository) = (nobody(), registry.repository("app"));
    for fault in [Fault::TooMany, Fault::Status(503), Fault::Status(500)] {
        registry.fail(Method::PUT, "/blobs/", fault, 2);
        let blob = Blob::of(format!("{fault:?}"));
        assert_eq!(client.put_blob(&repository, &blob, None).await.unwrap(), BlobOutcome::Uploaded, "{fault:?}");
    }
    registry.fail(Method::HEAD, "/manifests/", Fault::Status(503), 3);
    let failure = client.digest(&repository.tagged("1").unwrap()).await.unwrap_err();
    assert_eq!(failure.cause, Cause::RegistryUnavailable);
    registry.asked();
    registry.fail(Method::GET, "/tags/", Fault::Status(403), 1);
    assert_eq!(client.tags(&repository).await.unwrap_err().cause, Cause::RegistryDenied);
    assert_eq!(registry.asked().len(), 1, "a refusal is not tried again");
}

#[tokio::test]
async fn an_error_without_end_is_not_read_to_its_end() {
    let registry = FakeRegistry::start(Login::Nobody).await;
    registry.fail(Method::GET, "/tags/", Fault::Endless, 3);
    let failure = nobody().tags(&registry.repository("app")).await.unwrap_err();
    assert_eq!(failure.cause, Cause::RegistryUnavailable);
}

#[tokio::test]
async fn a_blob_is_sent_only_when_it_can_be_had_in_no_other_way() {
    let registry = FakeRegistry::start(Login::Bearer).await;
    let client = user(&registry, PASSWORD);
    let (stages, app) = (registry.repository("stages"), registry.repository("app"));
    let (known, new) = (Blob::of(&b"known"[..]), Blob::of(&b"new"[..]));
    client.put_blob(&stages, &known, None).await.unwrap();
    assert_eq!(client.put_blob(&app, &known, Some(&stages)).await.unwrap(), BlobOutcome::Mounted);
    assert_eq!(client.put_blob(&app, &known, Some(&stages)).await.unwrap(), BlobOutcome::Existed);
    assert_eq!(client.put_blob(&app, &new, Some(&stages)).await.unwrap(), BlobOutcome::Uploaded);
    assert!(!client.mount(&stages, Digest::of(b"nowhere"), &app).await.unwrap());
    assert!(client.has_blob(&app, known.digest).await.unwrap() && client.has_blob(&app, new.digest).await.unwrap());
}

#[tokio::test]
async fn a_registry_that_lies_about_content_is_caught() {
    let registry = FakeRegistry::start(Login::Nobody).await;
    let (client, repository) = (nobody(), registry.repository("app"));
    push(&client, &repository, "1", b"layer").await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("layer");
    registry.fail(Method::GET, "/blobs/", Fault::Lie, 4);
    registry.fail(Method::GET, "/manifests/", Fault::Lie, 1);
    let lies = [
        client.blob(&repository, &descriptor(b"layer")).await.map(drop),
        client.download(&repository, &descriptor(b"layer"), &file).await,
        client.manifest(&repository.tagged("1").unwrap()).await.map(drop),
    ];
    for lie in lies {
        let failure = lie.unwrap_err();
        assert_eq!(failure.cause, Cause::RegistryUnavailable);
        assert!(failure.to_string().contains("other content"), "{failure}");
    }
    assert!(!file.exists());
}

#[tokio::test]
async fn a_transfer_that_breaks_off_is_begun_anew() {
    let registry = FakeRegistry::start(Login::Nobody).await;
    let dir = tempfile::tempdir().unwrap();
    let (source, target) = (dir.path().join("source"), dir.path().join("target"));
    let content = vec![7; 3_000_000];
    std::fs::write(&source, &content).unwrap();
    let (digest, size) = (Digest::of(&content), content.len() as u64);
    let front = registry.resetting(1_000_000, 2).await;
    let blob = Blob { digest, size, content: BlobContent::File(source) };
    assert_eq!(nobody().put_blob(&front, &blob, None).await.unwrap(), BlobOutcome::Uploaded);
    registry.fail(Method::GET, "/blobs/", Fault::BreakOff, 2);
    let layer = Descriptor::new(media_type::OCI_LAYER, digest, size);
    nobody().download(&registry.repository("app"), &layer, &target).await.unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), content);
    registry.fail(Method::GET, "/blobs/", Fault::BreakOff, 3);
    let again = dir.path().join("again");
    let failure = nobody().download(&registry.repository("app"), &layer, &again).await.unwrap_err();
    assert!(failure.cause == Cause::RegistryUnavailable && !again.exists(), "{failure}");
}

#[tokio::test]
async fn nobody_there_is_told_without_the_address_of_the_request() {
    let repository: Repository = "localhost:1/app".parse().unwrap();
    let failure = nobody().tags(&repository).await.unwrap_err();
    assert_eq!(failure.cause, Cause::RegistryUnavailable);
    assert!(failure.to_string().starts_with("list the tags of `localhost:1/app`: error sending request"), "{failure}");
}

#[tokio::test]
async fn all_pages_of_tags_are_read() {
    let registry = FakeRegistry::start(Login::Nobody).await;
    let (client, repository) = (nobody(), registry.repository("app"));
    for number in 0..8 {
        push(&client, &repository, &format!("v{number}"), b"layer").await;
    }
    let tags = client.tags(&repository).await.unwrap();
    assert_eq!(tags, ["v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"]);
    assert_eq!(client.tags(&registry.repository("none")).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn one_tag_is_deleted_and_no_other_of_the_same_image() {
    for deletes_tags in [false, true] {
        let registry = FakeRegistry::start(Login::Bearer).await;
        if deletes_tags {
            registry.delete_tags();
        }
        let (client, repository) = (user(&registry, PASSWORD), registry.repository("app"));
        let digest = push(&client, &repository, "old", b"layer").await;
        assert_eq!(push(&client, &repository, "kept", b"layer").await, digest);
        assert!(client.delete_tag(&repository.tagged("old").unwrap()).await.unwrap());
        assert!(!client.delete_tag(&repository.tagged("old").unwrap()).await.unwrap());
        assert_eq!(registry.tags("app").into_iter().collect::<Vec<_>>(), ["kept"], "{deletes_tags}");
        assert!(client.delete_manifest(&repository, digest).await.unwrap());
        assert!(!client.delete_manifest(&repository, digest).await.unwrap());
        assert!(registry.tags("app").is_empty());
    }
}

#[tokio::test]
async fn behind_an_index_the_platform_is_chosen() {
    let registry = FakeRegistry::start(Login::Nobody).await;
    let (client, repository) = (nobody(), registry.repository("app"));
    let digest = push(&client, &repository, "amd64", b"layer").await;
    let index = serde_json::json!({
        "schemaVersion": 2,
        "manifests": [{ "mediaType": media_type::OCI_MANIFEST, "digest": digest, "size": 1,
                        "platform": { "os": "linux", "architecture": "amd64" } }],
    });
    let tagged = repository.tagged("all").unwrap();
    let index = Bytes::from(index.to_string());
    let index_digest = client.put_manifest(&tagged, media_type::OCI_INDEX, index).await.unwrap();
    let image = client.image(&tagged, "linux", "amd64").await.unwrap().unwrap();
    assert_eq!((image.digest, image.manifest_digest), (index_digest, digest));
    let failure = client.image(&tagged, "linux", "arm64").await.unwrap_err();
    assert!(failure.cause == Cause::ImageMissing && failure.to_string().contains("`linux/arm64`"), "{failure}");
}

#[tokio::test]
async fn a_credential_helper_runs_only_for_a_trusted_file() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.json");
    std::fs::write(&config, r#"{"credsStore": "test"}"#).unwrap();
    let helper = dir.path().join("docker-credential-test");
    let script = "#!/bin/sh\nread host\necho \"$host\" >> \"$HOME/ran\"\n\
                  [ \"$host\" = known.io ] || { echo 'credentials not found in native keychain'; exit 1; }\n\
                  echo '{\"ServerURL\":\"known.io\",\"Username\":\"u\",\"Secret\":\"s\"}'\n";
    std::fs::write(&helper, script).unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let home = dir.path().to_str().unwrap().to_owned();
    let environment = BTreeMap::from([("PATH".to_owned(), format!("{home}:/usr/bin:/bin")), ("HOME".to_owned(), home)]);

    let untrusted = Keychain::from_docker_config(&config, None).unwrap();
    assert_eq!(untrusted.find("known.io").await.unwrap(), None);
    assert!(!dir.path().join("ran").exists());

    let trusted = Keychain::from_docker_config(&config, Some(environment)).unwrap();
    let found = trusted.find("known.io").await.unwrap();
    assert_eq!(found, Some(Credentials::Password { user: "u".to_owned(), password: Secret::new("s") }));
    assert_eq!(trusted.find("other.io").await.unwrap(), None);
}

#[test]
fn a_config_file_that_is_not_there_is_empty_and_a_broken_one_is_told_without_its_text() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.json");
    assert!(Keychain::from_docker_config(&path, None).is_ok());
    std::fs::write(&path, "{\"auths\": {\"r.io\": {\"auth\": hunter2}}}").unwrap();
    let failure = Keychain::from_docker_config(&path, None).unwrap_err();
    assert!(failure.cause == Cause::SettingsInvalid && !failure.to_string().contains("hunter2"), "{failure}");
}
