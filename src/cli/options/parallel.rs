//! How much is done at the same time.

use std::num::NonZeroUsize;

use clap::ArgAction;
use clap::Args;

/// How much is done at the same time
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Parallel work")]
pub struct ParallelArgs {
    /// Work on several images at the same time [env: WERF_PARALLEL]
    #[arg(short, long, action = ArgAction::SetFalse)]
    pub parallel: bool,
    /// How many at most; -1 for no limit [default: 5, cleanup 10] [env: WERF_PARALLEL_TASKS_LIMIT]
    #[arg(long, allow_negative_numbers = true, value_name = "COUNT")]
    pub parallel_tasks_limit: Option<i64>,
}

impl ParallelArgs {
    /// How many works run at the same time; `default` where nothing is given, `None` for no limit.
    pub fn limit(&self, default: NonZeroUsize) -> Option<NonZeroUsize> {
        match self.parallel_tasks_limit {
            _ if !self.parallel => Some(NonZeroUsize::MIN),
            None | Some(0) => Some(default),
            Some(limit) => usize::try_from(limit).ok().and_then(NonZeroUsize::new),
        }
    }
}
