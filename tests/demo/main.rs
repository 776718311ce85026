//! The main job for all to see: the chat application from a push to a review environment, staging, production, and back
//! to nothing, through the real gitlab-runner. `scripts/demo` prepares everything and runs this.

#![expect(clippy::disallowed_methods, reason = "the demo starts programs, as people do")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a demo that cannot go on may panic")]
#![expect(clippy::print_stdout, reason = "the demo's output is what it is for")]
#![expect(dead_code, reason = "shares its modules with the tests, which use more of them")]

#[path = "../gitlab/mod.rs"]
mod gitlab;
#[path = "../world/mod.rs"]
mod world;

use std::io::IsTerminal;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use gitlab::Outcome;
use gitlab::Status;
use world::Project;
use world::World;

/// Longest that one job takes on a cold machine.
const LIMIT: Duration = Duration::from_mins(15);

/// What the demo does, in order: a change to the work tree or a job to watch.
enum Step {
    Say(&'static str),
    Edit(&'static str, &'static str, &'static str),
    Push(&'static str),
    /// A job that starts by itself.
    Watch(&'static str),
    /// A manual job.
    Play(&'static str),
    DeleteBranch(&'static str),
}

const STORY: &[Step] = &[
    Step::Say("A branch is pushed: build, publish, test inside the built image"),
    Step::Push("review/hello"),
    Step::Watch("Build"),
    Step::Watch("Run_Tests"),
    Step::Say("A review environment, by hand"),
    Step::Play("Deploy to Review"),
    Step::Say("One source file changes: only the git stage is new, the pods are rolled"),
    Step::Edit("node/src/js/app.js", "text is empty", "the text is empty"),
    Step::Push("review/hello"),
    Step::Watch("Build"),
    Step::Play("Deploy to Review"),
    Step::Say("master: nothing is built again; staging by itself, production by hand"),
    Step::Push("master"),
    Step::Watch("Build"),
    Step::Watch("Deploy to Stage"),
    Step::Play("Deploy to Production"),
    Step::Say("The branch is deleted: its environment is stopped, release and namespace are gone"),
    Step::DeleteBranch("review/hello"),
];

#[tokio::main]
async fn main() -> ExitCode {
    let world = World::start(2).await;
    let chat = world.project("chat", "group/chat");
    let mut pipeline = 0;
    let mut outcomes = Vec::new();
    for step in STORY {
        match step {
            Step::Say(text) => heading(text),
            Step::Edit(file, from, to) => chat.edit(file, from, to),
            Step::Push(branch) => pipeline = push(&chat, branch),
            Step::Watch(name) => outcomes.push(watch(&world, world.gitlab.job(pipeline, name)).await),
            Step::Play(name) => {
                let job = world.gitlab.play_when_ready(pipeline, name, LIMIT).await;
                outcomes.push(watch(&world, job).await);
            }
            Step::DeleteBranch(branch) => {
                for job in world.gitlab.delete_branch(chat.id, branch) {
                    outcomes.push(watch(&world, job).await);
                }
            }
        }
        if outcomes.last().is_some_and(|outcome: &Outcome| outcome.status != Status::Success) {
            break;
        }
    }
    table(&outcomes);
    let green = outcomes.iter().all(|outcome| outcome.status == Status::Success);
    if green { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn push(project: &Project<'_>, branch: &str) -> u64 {
    let pipeline = project.push(branch);
    println!("pushed `{branch}`: pipeline {pipeline}");
    pipeline
}

fn bold(text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

fn heading(text: &str) {
    println!("\n{}\n", bold(&format!("═══ {text}")));
}

/// Shows a job's log as it grows.
async fn watch(world: &World, job: u64) -> Outcome {
    let first = world.gitlab.outcome(job);
    println!("{}", bold(&format!("─── job `{}` ({})", first.name, first.stage)));
    let shown = std::cell::Cell::new(0);
    let outcome = world
        .gitlab
        .until(job, LIMIT, |outcome| {
            let log = outcome.log.as_bytes();
            let mut output = std::io::stdout();
            let _ = output.write_all(log.get(shown.get()..).unwrap_or_default()).and_then(|()| output.flush());
            shown.set(log.len());
            outcome.status.is_final()
        })
        .await;
    println!();
    outcome
}

/// The table of all jobs.
fn table(outcomes: &[Outcome]) {
    heading("Jobs");
    println!("{:<8} {:<22} {:<9} {:>7}  {:<22} image tags", "stage", "job", "result", "seconds", "environment");
    for outcome in outcomes {
        let environment = outcome.environment.as_deref().unwrap_or("-");
        println!(
            "{:<8} {:<22} {:<9} {:>7.1}  {:<22} {}",
            outcome.stage,
            outcome.name,
            format!("{:?}", outcome.status).to_lowercase(),
            outcome.seconds,
            environment,
            tags(&outcome.log).join(" ")
        );
    }
}

/// Image and shortened tag of everything that the log says was published.
fn tags(log: &str) -> Vec<String> {
    let title = regex::Regex::new(r"Publishing image (\S+) by stages-signature tag ([0-9a-f]{8})").unwrap();
    let mut found: Vec<String> = title.captures_iter(log).map(|it| format!("{}:{}…", &it[1], &it[2])).collect();
    found.dedup();
    found
}
