//! The help of every command, so that a change of the command line is seen.

use clap::Command;
use clap::CommandFactory;
use gitlab_werf_executor::cli::executor::Executor;
use gitlab_werf_executor::cli::twins;
use gitlab_werf_executor::cli::werf::Werf;

fn add_help(command: &mut Command, path: &str, text: &mut String) {
    let path = format!("{path} {}", command.get_name()).trim_start().to_owned();
    let lines: Vec<String> =
        command.render_long_help().to_string().lines().map(|line| line.trim_end().to_owned()).collect();
    text.extend(["==== ", &path, "\n", &lines.join("\n"), "\n"]);
    for below in command.get_subcommands_mut() {
        add_help(below, &path, text);
    }
}

#[test]
fn the_help_of_every_command() {
    let mut text = String::new();
    for tree in [Werf::command(), Executor::command()] {
        let mut tree = twins::shape(tree);
        tree.build();
        add_help(&mut tree, "", &mut text);
    }
    insta::with_settings!({ snapshot_path => "../goldens/cli", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("help", text);
    });
}

#[test]
fn every_tree_is_sound() {
    twins::shape(Werf::command()).debug_assert();
    twins::shape(Executor::command()).debug_assert();
}
