//! Settings files, good and bad: one file a case, with what is said about it beside it.

use gitlab_werf_executor::job::settings::Settings;

#[test]
fn a_settings_file_is_taken_or_refused_with_its_place() {
    insta::glob!("goldens/job/settings/*.toml", |path| {
        let said = match Settings::parse(&std::fs::read_to_string(path).unwrap()) {
            Ok(settings) => format!("grace {:?}, minimum_free {}", settings.grace, settings.minimum_free),
            Err(error) => error.to_string(),
        };
        insta::with_settings!({ snapshot_path => "goldens/job/settings", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(said);
        });
    });
}
