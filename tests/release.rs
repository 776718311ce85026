//! Records of releases: what real Helm wrote is read, and written again it says the same.

use std::collections::BTreeMap;

use gitlab_werf_executor::chart::release::HookPhase;
use gitlab_werf_executor::chart::release::Record;
use gitlab_werf_executor::chart::release::Status;
use gitlab_werf_executor::chart::release::secret;
use serde_json::Value;

/// Written by Helm 3.22 (`helm install golden … --set replicas=2`): the content of the Secret.
const BY_HELM: &str = include_str!("goldens/release/helm-3.22.txt");

fn json(content: &str) -> Value {
    serde_json::to_value(secret::decode(content).unwrap()).unwrap()
}

fn by_helm() -> Record {
    secret::decode(BY_HELM).unwrap()
}

/// Helm's own text, as it stands in the Secret.
fn plain(content: &str) -> Value {
    use base64::Engine;
    use std::io::Read;
    let packed = base64::engine::general_purpose::STANDARD.decode(content.trim()).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn what_helm_wrote_is_read() {
    let record = by_helm();
    assert_eq!((record.name.as_str(), record.revision, record.namespace.as_str()), ("golden", 1, "t-golden"));
    assert_eq!(record.info.status, Status::Deployed);
    assert_eq!(record.chart.label(), "golden-1.2.3");
    assert_eq!(record.chart.app_version(), "4.5");
    assert_eq!(record.hooks[0].weight, -5);
    assert_eq!(record.hooks[0].last_run.phase, HookPhase::Succeeded);
    let objects = record.manifests().unwrap();
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0].source, "golden/templates/cm.yaml");
    assert_eq!(objects[0].object["data"]["text"], "a < b && c > d");
}

#[test]
fn written_again_it_says_the_same() {
    let again = secret::encode(&by_helm()).unwrap();
    assert_eq!(plain(&again), plain(BY_HELM));
}

#[test]
fn the_secret_carries_helms_labels_and_ours() {
    let own = BTreeMap::from([("project.werf.io/id".to_owned(), "gitlab-42".to_owned())]);
    let secret = secret::to_secret(&by_helm(), &own, "2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(secret["metadata"]["name"], "sh.helm.release.v1.golden.v1");
    assert_eq!(secret["type"], "helm.sh/release.v1");
    let labels = &secret["metadata"]["labels"];
    for (name, value) in
        [("owner", "helm"), ("name", "golden"), ("status", "deployed"), ("version", "1"), ("modifiedAt", "1767225600")]
    {
        assert_eq!(labels[name], value, "{name}");
    }
    assert_eq!(secret::own_labels(&secret), own);
    assert_eq!(secret::from_secret(&secret).unwrap(), by_helm());
}

#[test]
fn what_is_too_large_loses_what_a_rollback_does_not_need() {
    let mut record = by_helm();
    // Random enough that it does not shrink.
    let mut state = 1_u64;
    let noise: String = (0..2_000_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap())
        })
        .collect();
    record
        .chart
        .files
        .push(gitlab_werf_executor::chart::release::ChartFile { name: "big".to_owned(), data: noise.clone() });
    let packed = secret::encode(&record).unwrap();
    assert!(packed.len() <= secret::MAX_CONTENT);
    let kept = json(&packed);
    assert_eq!(kept["chart"]["files"], Value::Null);
    assert_eq!(kept["manifest"], json(BY_HELM)["manifest"]);
    record.manifest = noise;
    assert!(secret::encode(&record).unwrap_err().to_string().contains("a Secret holds at most"));
}

#[test]
fn what_is_no_record_is_told() {
    for (content, why) in [("!", "base64"), ("H4sIAAAA", "unpack"), ("e30=", "what Helm writes")] {
        let error = secret::decode(content).unwrap_err().to_string();
        assert!(error.contains(why), "{content}: {error}");
    }
}

#[test]
fn a_record_that_was_never_compressed_is_read() {
    use base64::Engine;
    let text = plain(BY_HELM).to_string();
    let content = base64::engine::general_purpose::STANDARD.encode(text);
    assert_eq!(secret::decode(&content).unwrap(), by_helm());
}
