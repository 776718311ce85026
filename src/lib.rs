//! GitLab jobs tagged `werf`, run natively: the library behind the `gitlab-werf-executor` binary.
//!
//! # The map
//!
//! ```text
//! GitLab Runner ──► driver ──► job ──► actions ─────────────────────► report ──► job log
//! a job's script ─► cli ─────► project    survey → steps → execute
//!                                           │                 │
//!                                           └──► backends ◄───┘       model under everything
//! ```
//!
//! | layer | what it is | may use |
//! |---|---|---|
//! | [`model`] | the nouns under everything | nothing |
//! | [`yaml`] | YAML as Kubernetes tooling reads and writes it | model |
//! | [`template`] | Go templates | model, yaml |
//! | [`chart`] | a Helm chart, from files to manifests and release record | model, yaml, template |
//! | [`project`] | werf.yaml: images, mappings, policies | model, yaml, template |
//! | [`job`] | what a job asks for: settings, environment, plan | model, yaml, project |
//! | [`report`] | the only writer to the job log | model |
//! | [`backends`] | the outside world, one place a system | model |
//! | [`actions`] | the verbs: survey (read) → steps (decide) → execute (change) | all above |
//! | [`driver`], [`cli`] | the front doors | all above |
//!
//! `tests/layering.rs` holds this table.
//!
//! # Invariants
//!
//! 1. Steps are data: they print, compare, snapshot. `execute` decides nothing; `--dry-run` is not executing.
//! 2. A stage's signature depends only on its inputs struct; goldens pin it.
//! 3. Every [`Failure`](model::failure::Failure) has a cause, and with it a blame, chosen where it is made.
//! 4. The Runner's four calls share no memory; whatever is created outside carries a label derived from the job,
//!    and the intent is recorded before the effect, so that `cleanup` and `gc` work after SIGKILL.
//! 5. Every wait has a limit and obeys one cancellation.
//! 6. A secret is a [`Secret`](model::secret::Secret): it does not print.
//! 7. One write per log line, standard output only; no timestamps of our own.
//! 8. Nothing below `cli` and `driver` reads arguments, the environment or the working directory.
//! 9. Bad input never panics and never half-applies.
//!
//! # Words
//!
//! *call*: one of the Runner's four. *stage*: an image build stage, nothing else. *job stage*: GitLab's.
//! *run stage*: the name the Runner passes to `run`. *plan*: the actions of a job. *settings*: the operator's.
//! *project*: the repository's werf.yaml. *environment*: GitLab's. *release*: what we installed for it.
//! *signature*: of a stage. *tag*: of a published image. *cleanup*: after a job; *prune*: old images.

pub mod actions;
pub mod backends;
pub mod chart;
pub mod cli;
pub mod driver;
pub mod job;
pub mod model;
pub mod project;
pub mod report;
pub mod template;
pub mod yaml;
