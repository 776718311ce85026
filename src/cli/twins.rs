//! Options and their twins in the environment.
//!
//! The help of an option names its twins: `[env: WERF_DOCKER_CONFIG, DOCKER_CONFIG]` (the first that is set counts),
//! `[env: WERF_SET_*]` for an option that can be given several times. What the environment gives is put in front of
//! what was typed: a single value that is typed wins, repeated values are added up. An empty variable is not set.

use std::ffi::OsString;

use clap::Arg;
use clap::ArgAction;
use clap::Command;
use clap::builder::BoolishValueParser;

use crate::cli::environment::Environment;

/// Columns of help texts, the same on every terminal and in every log.
const HELP_WIDTH: usize = 100;

/// An option that was taken from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The option with its dashes, such as `--timeout`.
    pub option: String,
    /// The variable.
    pub variable: String,
    value: String,
}

/// Gives every option of `command` and below the manners of werf's: a switch takes a value too (`--parallel=false`),
/// and of an option that is given twice the last counts.
pub fn shape(command: Command) -> Command {
    command.args_override_self(true).term_width(HELP_WIDTH).mut_args(shape_option).mut_subcommands(shape)
}

fn shape_option(option: Arg) -> Arg {
    let default = match option.get_action() {
        ArgAction::SetTrue => "false",
        ArgAction::SetFalse => "true",
        _ => return option,
    };
    let switch = option.action(ArgAction::Set).num_args(0..=1).require_equals(true);
    let switch =
        switch.value_parser(BoolishValueParser::new()).default_missing_value("true").hide_possible_values(true);
    switch.value_name("true|false").default_value(default).hide_default_value(default == "false")
}

/// `arguments` with the twins of the command that they name put in front of its options, and which these are.
/// `command` has been [shaped](shape).
pub fn complete(
    command: &Command,
    mut arguments: Vec<OsString>,
    environment: &Environment,
) -> (Vec<OsString>, Vec<Taken>) {
    let (leaf, depth) = leaf(command, &arguments);
    let taken: Vec<Taken> = leaf.get_arguments().flat_map(|option| twins(leaf, option, environment)).collect();
    let options = taken.iter().map(|it| OsString::from(format!("{}={}", it.option, it.value)));
    arguments.splice(depth..depth, options);
    (arguments, taken)
}

/// The command that `arguments` name, and how many of them name it (the program's own name counts).
fn leaf<'a>(command: &'a Command, arguments: &[OsString]) -> (&'a Command, usize) {
    let mut leaf = command;
    let mut depth = arguments.len().min(1);
    while let Some(next) = arguments.get(depth).and_then(|name| leaf.find_subcommand(name)) {
        leaf = next;
        depth += 1;
    }
    (leaf, depth)
}

fn twins(command: &Command, option: &Arg, environment: &Environment) -> Vec<Taken> {
    let Some(long) = option.get_long() else { return Vec::new() };
    let take = |(variable, value): (&str, &str)| Taken {
        option: format!("--{long}"),
        variable: variable.to_owned(),
        value: value.to_owned(),
    };
    let names = names(option);
    if let [pattern] = names.as_slice()
        && let Some(prefix) = pattern.strip_suffix('*')
    {
        let others: Vec<String> = longer_prefixes(command, prefix);
        let own = |(name, _): &(&str, &str)| !others.iter().any(|other| name.starts_with(other));
        return environment.with_prefix(prefix).filter(own).map(take).collect();
    }
    let given = names.iter().find_map(|name| environment.get(name).map(|value| (name.as_str(), value)));
    let given = given.map(take).and_then(|taken| if is_switch(option) { as_switch(taken) } else { Some(taken) });
    given.into_iter().collect()
}

/// The variables that the help of `option` names.
fn names(option: &Arg) -> Vec<String> {
    let help = option.get_help().map(ToString::to_string).unwrap_or_default();
    let Some((_, rest)) = help.split_once("[env: ") else { return Vec::new() };
    let list = rest.split_once(']').map_or(rest, |(list, _)| list);
    list.split(", ").map(str::to_owned).collect()
}

/// Prefixes of other options that begin with `prefix` (`WERF_SET_STRING_` for `WERF_SET_`): theirs are not ours.
fn longer_prefixes(command: &Command, prefix: &str) -> Vec<String> {
    let all = command.get_arguments().flat_map(names);
    let prefixes = all.filter_map(|name| name.strip_suffix('*').map(str::to_owned));
    prefixes.filter(|other| other.len() > prefix.len() && other.starts_with(prefix)).collect()
}

fn is_switch(option: &Arg) -> bool {
    option.is_require_equals_set() && option.get_num_args().is_some_and(|range| range.min_values() == 0)
}

/// werf reads `1`, `true`, `yes` as on and `0`, `false`, `no` as off; anything else is as if it were not set.
fn as_switch(taken: Taken) -> Option<Taken> {
    let value = match taken.value.as_str() {
        "1" | "true" | "yes" => "true",
        "0" | "false" | "no" => "false",
        _ => return None,
    };
    Some(Taken { value: value.to_owned(), ..taken })
}

#[cfg(test)]
mod tests {
    use super::Environment;
    use super::complete;
    use super::shape;
    use clap::Args;
    use clap::CommandFactory;
    use clap::FromArgMatches;
    use clap::Parser;
    use std::ffi::OsString;

    #[derive(Debug, Parser)]
    enum Tree {
        Go(Go),
    }

    #[derive(Debug, Args)]
    struct Go {
        /// Config [env: WERF_KUBE_CONFIG, KUBECONFIG]
        #[arg(long)]
        kube_config: Option<String>,
        /// Values [env: WERF_SET_*]
        #[arg(long)]
        set: Vec<String>,
        /// Values [env: WERF_SET_STRING_*]
        #[arg(long)]
        set_string: Vec<String>,
        /// Side by side [env: WERF_PARALLEL]
        #[arg(long, action = clap::ArgAction::SetFalse)]
        parallel: bool,
        /// Nothing is done [env: WERF_DRY_RUN]
        #[arg(long)]
        dry_run: bool,
        /// The rest
        #[arg(last = true)]
        rest: Vec<String>,
    }

    fn parse(arguments: &[&str], environment: &[(&str, &str)]) -> Go {
        let command = shape(Tree::command());
        let arguments = arguments.iter().map(OsString::from).collect();
        let (arguments, _) = complete(&command, arguments, &environment.iter().copied().collect::<Environment>());
        let matches = command.try_get_matches_from(arguments).unwrap();
        let Tree::Go(go) = Tree::from_arg_matches(&matches).unwrap();
        go
    }

    #[test]
    fn what_is_typed_wins_over_the_environment() {
        let environment = [("KUBECONFIG", "a"), ("WERF_KUBE_CONFIG", "b")];
        assert_eq!(parse(&["werf", "go"], &environment).kube_config.as_deref(), Some("b"));
        assert_eq!(parse(&["werf", "go", "--kube-config", "c"], &environment).kube_config.as_deref(), Some("c"));
    }

    #[test]
    fn repeated_options_are_added_up_and_prefixes_do_not_mix() {
        let environment = [("WERF_SET_1", "a=1"), ("WERF_SET_STRING_1", "s=1"), ("WERF_SET_2", "b=2,=x")];
        let go = parse(&["werf", "go", "--set", "c=3", "--", "ls", "--set", "no"], &environment);
        assert_eq!(go.set, ["a=1", "b=2,=x", "c=3"]);
        assert_eq!(go.set_string, ["s=1"]);
        assert_eq!(go.rest, ["ls", "--set", "no"]);
    }

    #[test]
    fn switches_are_read_as_werf_reads_them() {
        for (value, parallel, dry_run) in [("yes", true, true), ("0", false, false), ("maybe", true, false)] {
            let go = parse(&["werf", "go"], &[("WERF_PARALLEL", value), ("WERF_DRY_RUN", value)]);
            assert_eq!((go.parallel, go.dry_run), (parallel, dry_run), "{value}");
        }
        assert!(!parse(&["werf", "go", "--parallel=false"], &[("WERF_PARALLEL", "1")]).parallel);
        assert!(parse(&["werf", "go", "--dry-run"], &[]).dry_run);
    }
}
