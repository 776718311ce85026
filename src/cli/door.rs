//! The front doors: which one it is, what was typed, how it ended.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ArgMatches;
use clap::CommandFactory;
use clap::FromArgMatches;
use clap::Parser;
use clap::error::ContextKind;
use clap::error::ErrorKind;

use crate::cli::call::Call;
use crate::cli::ci_env;
use crate::cli::dismiss;
use crate::cli::environment::Environment;
use crate::cli::executor::Executor;
use crate::cli::multiwerf::Multiwerf;
use crate::cli::native;
use crate::cli::options::log::LogArgs;
use crate::cli::outcome;
use crate::cli::twins;
use crate::cli::twins::Taken;
use crate::cli::werf::Werf;
use crate::driver;
use crate::driver::verdict::Verdict;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::report::JobLog;
use crate::report::LogOptions;
use crate::report::Mask;
use crate::report::Style;

/// What this process was started with.
#[derive(Debug)]
pub struct Start {
    /// The arguments; the first is the name by which it was called.
    pub arguments: Vec<OsString>,
    /// The environment.
    pub environment: Environment,
    /// The working directory.
    pub directory: PathBuf,
}

/// Goes through the front door that the program's name, or its first argument, says.
pub fn enter(mut start: Start) -> ExitCode {
    let name = start.arguments.first().map(base_name).unwrap_or_default();
    let first = start.arguments.get(1).and_then(|word| word.to_str()).unwrap_or_default();
    match (name.as_str(), first) {
        ("werf", _) => werf(start),
        ("multiwerf", _) => multiwerf(start),
        (_, "werf") => werf(behind_first(&mut start)),
        (_, "multiwerf") => multiwerf(behind_first(&mut start)),
        (_, call) if driver::is_call(call) => runner(start),
        _ => executor(start),
    }
}

fn werf(mut start: Start) -> ExitCode {
    if start.arguments.len() == 1 && is_in_job(&start.environment) {
        let log = open_log(&Stream::Output, &default_log_args(), &start.environment);
        start = match native(&start, &log) {
            Ok(start) => start,
            Err(failure) => return failed(&log, &start.environment, &failure),
        };
    }
    pass::<Werf>(start, |werf| if werf.prints_data() { Stream::Error } else { Stream::Output }, Werf::run)
}

fn is_in_job(environment: &Environment) -> bool {
    environment.get("CI_JOB_ID").is_some() || environment.get("WERF_ACTION").is_some()
}

/// The bare `werf` of a job stands for the verb that the job's place in the pipeline asks for, with the variables that
/// `ci-env` would set. Says which verb it is and why.
fn native(start: &Start, log: &JobLog) -> Result<Start, Failure> {
    let plan = native::choose(start.environment.variables())?;
    log.styled(Style::Highlight, plan.to_string());
    let tmp = start.environment.get("TMPDIR").unwrap_or("/tmp");
    let environment = ci_env::completed(&start.environment, Path::new(tmp))?;
    let arguments = start.arguments.iter().cloned().chain([plan.verb.word().into()]).collect();
    Ok(Start { arguments, environment, directory: start.directory.clone() })
}

fn multiwerf(start: Start) -> ExitCode {
    pass::<Multiwerf>(start, |_| Stream::Error, |multiwerf, call| multiwerf.run(call))
}

/// The Runner's calls have an environment and exit codes of their own.
fn runner(start: Start) -> ExitCode {
    match RunnerCall::try_parse_from(start.arguments) {
        Ok(RunnerCall::Call(call)) => driver::answer(call, Some(dismiss::stop)),
        Err(error) => not_understood(&error, &[]),
    }
}

/// The command line of the Runner's calls alone.
#[derive(Parser)]
enum RunnerCall {
    #[command(flatten)]
    Call(driver::Call),
}

fn executor(start: Start) -> ExitCode {
    pass::<Executor>(start, |_| Stream::Error, Executor::run)
}

/// Where the log goes.
enum Stream {
    Output,
    Error,
}

/// Parses `start` as `Tree`, carries it out, shows how it ended.
fn pass<Tree: CommandFactory + FromArgMatches>(
    start: Start,
    stream: impl FnOnce(&Tree) -> Stream,
    run: impl FnOnce(Tree, &Call) -> Result<(), Failure>,
) -> ExitCode {
    let command = twins::shape(Tree::command());
    let (arguments, taken) = twins::complete(&command, start.arguments, &start.environment);
    let parsed = command.try_get_matches_from(arguments);
    let parsed = parsed.and_then(|matches| Ok((log_args(&matches)?, Tree::from_arg_matches(&matches)?)));
    let (log_args, tree) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return not_understood(&error, &taken),
    };
    let log = open_log(&stream(&tree), &log_args, &start.environment);
    let call = Call { environment: start.environment, directory: start.directory, log, log_args };
    match run(tree, &call) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(&call.log, &call.environment, &failure),
    }
}

fn failed(log: &JobLog, environment: &Environment, failure: &Failure) -> ExitCode {
    outcome::show(log, failure);
    note(environment, failure);
    outcome::exit_code(failure)
}

/// Tells the driver of the job, if there is one, whose fault it was. Where that is not possible the script is at fault.
fn note(environment: &Environment, failure: &Failure) {
    if let Some(file) = environment.get(driver::VERDICT_VARIABLE) {
        let _ = Verdict::note(Path::new(file), failure, outcome::code(failure).into());
    }
}

/// The options of a log, and nothing else.
#[derive(Parser)]
struct Defaults {
    #[command(flatten)]
    log: LogArgs,
}

/// The options of the log, from the command that was named; those of a command that has none are the defaults.
fn log_args(matches: &ArgMatches) -> Result<LogArgs, clap::Error> {
    let mut leaf = matches;
    while let Some((_, below)) = leaf.subcommand() {
        leaf = below;
    }
    if leaf.try_contains_id("log_color_mode").is_ok() {
        return LogArgs::from_arg_matches(leaf);
    }
    Ok(default_log_args())
}

fn default_log_args() -> LogArgs {
    Defaults::parse_from([""]).log
}

fn open_log(stream: &Stream, arguments: &LogArgs, environment: &Environment) -> JobLog {
    fn on<S: Write + IsTerminal + AsFd + Send + 'static>(out: S, args: &LogArgs, environment: &Environment) -> JobLog {
        let options = args.options(environment, &out);
        let mut mask = Mask::default();
        mask.add(environment.secrets());
        JobLog::new(Box::new(out), options, mask)
    }
    match stream {
        Stream::Output => on(std::io::stdout(), arguments, environment),
        Stream::Error => on(std::io::stderr(), arguments, environment),
    }
}

/// Help that was asked for goes to standard output; a mistake is shown with what clap knows about it.
fn not_understood(error: &clap::Error, taken: &[Taken]) -> ExitCode {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if asked || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return if error.print().is_ok() && asked { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let text = error.render().to_string();
    let mut failure = Failure::new(Cause::Usage, text.strip_prefix("error: ").unwrap_or(&text).trim_end());
    let option = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    if let Some(taken) = taken.iter().find(|it| option.split([' ', '=']).next() == Some(it.option.as_str())) {
        failure = failure.hint(format!("`{}` was taken from `${}`", taken.option, taken.variable));
    }
    let log = JobLog::new(Box::new(std::io::stderr()), LogOptions::default(), Mask::default());
    outcome::show(&log, &failure);
    outcome::exit_code(&failure)
}

fn behind_first(start: &mut Start) -> Start {
    let arguments = start.arguments.split_off(1);
    Start {
        arguments,
        environment: std::mem::take(&mut start.environment),
        directory: std::mem::take(&mut start.directory),
    }
}

fn base_name(path: &OsString) -> String {
    Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned()
}
