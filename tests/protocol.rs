//! The four calls, through a Runner of ours, against the real program. Tests carry the numbers of the executor
//! reference's list.

mod calls;
mod ends;
mod hostile;
mod output;
mod stop_jobs;
