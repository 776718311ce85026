//! werf.yaml: what is read from good ones and what is said of bad ones. A case is a file in `goldens/project`.

use std::fmt::Write as _;

use gitlab_werf_executor::project::Project;
use gitlab_werf_executor::project::ProjectError;

fn told(error: &ProjectError) -> String {
    let hint = error.hint.as_ref().map_or(String::new(), |hint| format!("\n\nhint: {hint}"));
    format!("{error}{hint}")
}

#[test]
fn mistakes_are_told_with_their_place_and_what_is_allowed() {
    insta::with_settings!({ snapshot_path => "goldens/project/mistakes", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::glob!("goldens/project/mistakes/*.yaml", |path| {
            let text = std::fs::read_to_string(path).unwrap();
            let told = match Project::parse(&text, None) {
                Err(error) => told(&error),
                Ok(_) => "accepted".to_owned(),
            };
            insta::assert_snapshot!("mistake", told);
        });
    });
}

#[test]
fn good_projects_are_read_as_they_are_meant() {
    insta::with_settings!({ snapshot_path => "goldens/project/good", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::glob!("goldens/project/good/*.yaml", |path| {
            let text = std::fs::read_to_string(path).unwrap();
            let (project, warnings) = Project::parse(&text, None).unwrap_or_else(|error| panic!("{}", told(&error)));
            let mut shown = String::new();
            for warning in &warnings {
                writeln!(shown, "warning: {warning}").unwrap();
            }
            writeln!(shown, "{}", serde_json::to_string_pretty(&project).unwrap()).unwrap();
            insta::assert_snapshot!("project", shown);
        });
    });
}
