//! `--log-…`: how the log looks.

use std::io::IsTerminal;
use std::os::fd::AsFd;

use clap::ArgAction;
use clap::Args;
use clap::ValueEnum;
use rustix::termios::tcgetwinsize;

use crate::cli::environment::Environment;
use crate::report::Level;
use crate::report::LogOptions;

/// Columns of a log that is not shown on a terminal.
const DEFAULT_WIDTH: usize = 140;

/// How the log looks
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Log")]
#[expect(clippy::struct_excessive_bools, reason = "switches, as they are typed")]
pub struct LogArgs {
    /// When to write colours: on, off, or auto (on a terminal and in a GitLab job) [env: WERF_LOG_COLOR_MODE]
    #[arg(long, value_enum, default_value = "auto", hide_possible_values = true, value_name = "MODE")]
    pub log_color_mode: ColorMode,
    /// Columns; -1 for those of the terminal, or 140 [env: WERF_LOG_TERMINAL_WIDTH]
    #[arg(long, default_value_t = -1, allow_negative_numbers = true, value_name = "COLUMNS")]
    pub log_terminal_width: i64,
    /// Wrap lines and show emoji [env: WERF_LOG_PRETTY]
    #[arg(long, action = ArgAction::SetFalse)]
    pub log_pretty: bool,
    /// Say only results and failures [env: WERF_LOG_QUIET]
    #[arg(long)]
    pub log_quiet: bool,
    /// Say more [env: WERF_LOG_VERBOSE]
    #[arg(long)]
    pub log_verbose: bool,
    /// Say everything [env: WERF_LOG_DEBUG]
    #[arg(long)]
    pub log_debug: bool,
    /// Say in which directory the project is [env: WERF_LOG_PROJECT_DIR]
    #[arg(long)]
    pub log_project_dir: bool,
}

/// When colours are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorMode {
    /// On a terminal and in a GitLab job.
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

impl LogArgs {
    /// The options for a log that goes to `stream`.
    pub fn options(&self, environment: &Environment, stream: &(impl IsTerminal + AsFd)) -> LogOptions {
        let in_gitlab = environment.is_on("GITLAB_CI");
        LogOptions {
            width: self.width(stream),
            color: match self.log_color_mode {
                ColorMode::Auto => stream.is_terminal() || in_gitlab,
                ColorMode::On => true,
                ColorMode::Off => false,
            },
            pretty: self.log_pretty,
            sections: in_gitlab,
            level: self.level(),
        }
    }

    fn level(&self) -> Level {
        match self {
            Self { log_debug: true, .. } => Level::Debug,
            Self { log_verbose: true, .. } => Level::Verbose,
            Self { log_quiet: true, .. } => Level::Quiet,
            _ => Level::Normal,
        }
    }

    fn width(&self, stream: &impl AsFd) -> usize {
        let given = usize::try_from(self.log_terminal_width).ok().filter(|width| *width > 0);
        let terminal = || tcgetwinsize(stream).ok().map(|size| usize::from(size.ws_col)).filter(|width| *width > 0);
        given.or_else(terminal).unwrap_or(DEFAULT_WIDTH)
    }
}
