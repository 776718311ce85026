//! What objects say about themselves: each file of `goldens/readiness` is an object below the expected judgement.

use gitlab_werf_executor::actions::rollout::readiness::Readiness;
use gitlab_werf_executor::actions::rollout::readiness::readiness;
use serde_json::Value;

fn said(judged: &Readiness) -> String {
    match judged {
        Readiness::Ready => "ready".to_owned(),
        Readiness::Progressing(waiting) => format!("progressing: {}", waiting.join("; ")),
        Readiness::Failed(why) => format!("failed: {why}"),
    }
}

#[test]
fn every_object_is_judged_as_its_file_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/readiness");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let expected =
            text.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a judgement in the first line");
        let object: Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(said(&readiness(&object)), expected, "{}", path.display());
        count += 1;
    }
    assert!(count > 20, "{count} cases");
}
