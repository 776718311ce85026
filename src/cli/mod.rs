//! Front door 2: the command line of `werf` and of the executor.
//!
//! One file a subcommand: an args struct whose doc comments are the help text, and a function that carries it out.
//! To add one, write the file and give it a line in [`werf`] (or in [`executor`] for the operator's own).
//!
//! | file | what it does |
//! |---|---|
//! | [`door`] | picks the front door by the name of the program, parses, shows how it ended |
//! | [`call`] | what every command has at hand: environment, directory, log, cancellation |
//! | [`environment`] | the environment, read once |
//! | [`twins`] | `WERF_…` variables as options; what they are stands in the option's help: `[env: NAME]` |
//! | [`outcome`] | a failure as text and exit code |
//! | [`options`] | groups of options that commands share |

#![expect(clippy::doc_markdown, reason = "doc comments of arguments are help texts, read on terminals")]

pub mod call;
pub mod doctor;
pub mod door;
pub mod environment;
pub mod executor;
pub mod gc;
pub mod native;
pub mod options;
pub mod outcome;
pub mod settings;
pub mod twins;
pub mod werf;

mod build;
mod chart_files;
mod chart_input;
mod cluster;
mod completion;
mod config;
mod deploy;
mod dismiss;
mod helm;
mod helm_get;
mod helm_get_names;
mod helm_history;
mod helm_list;
mod helm_render;
mod helm_rollback;
mod helm_template;
mod helm_uninstall;
mod image_values;
mod live_world;
mod multiwerf;
mod names;
mod project;
mod rows;
pub mod secret_key;

mod ci_env;
mod publish;
mod run;
mod secret;
mod slugify;
mod version;
mod world;
