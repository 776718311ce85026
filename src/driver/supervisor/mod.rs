//! The process that holds a script's processes, and outlives a driver that is killed just long enough to end them.
//!
//! The driver starts this program once more (`supervise`), in a process group of its own, with one end of a socket as its
//! standard input. It adopts whatever the script leaves behind, so that nothing of a script escapes by a second fork or a
//! session of its own. When the driver's end of the socket closes, the driver is dead: the script is ended.

mod message;
mod reap;

use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;

use rustix::process::DumpableBehavior;
use rustix::process::Pid;

pub use message::Ended;
pub use message::Order;
pub use message::Report;
pub use message::ScriptRequest;

use reap::Event;

/// Holds one script, as the driver at the other end of standard input asks. Returns when no process of it is left.
pub fn supervise() -> io::Result<()> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut orders = BufReader::new(socket.try_clone()?);
    let mut reports = socket;
    let Some(Order::Run(request)) = read_order(&mut orders) else { return Ok(()) };
    let script = match start(&request) {
        Ok(script) => script,
        Err(error) => return say(&mut reports, &Report::NotStarted(error.to_string())),
    };
    say(&mut reports, &Report::Started)?;
    let (sender, events) = mpsc::channel();
    let obey = sender.clone();
    std::thread::spawn(move || pass_orders(orders, &obey));
    std::thread::spawn(move || reap::watch_children(&sender));
    let ended = reap::hold(script, request.grace, &events);
    say(&mut reports, &Report::Ended(ended))
}

/// Starts the script as the leader of a process group, with this process's output for both of its own.
#[expect(clippy::disallowed_methods, reason = "a job's script is a process")]
fn start(request: &ScriptRequest) -> io::Result<Pid> {
    let child = Command::new(&request.program)
        .args(&request.arguments)
        .current_dir(&request.directory)
        .env_clear()
        .envs(request.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()?;
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    id.ok_or_else(|| io::Error::other("the system gave no process number"))
}

fn read_order(orders: &mut impl BufRead) -> Option<Order> {
    let mut line = String::new();
    orders.read_line(&mut line).ok().filter(|&read| read > 0)?;
    serde_json::from_str(&line).ok()
}

/// Passes on what the driver wants, until it has gone.
fn pass_orders(mut orders: impl BufRead, events: &mpsc::Sender<Event>) {
    while let Some(order) = read_order(&mut orders) {
        if matches!(order, Order::Terminate) && events.send(Event::Terminate).is_err() {
            return;
        }
    }
    // Nobody listens when the script has ended in the meantime.
    let _ = events.send(Event::DriverGone);
}

/// The driver may be gone: then there is nobody to tell, and the work is done all the same.
fn say(reports: &mut UnixStream, report: &Report) -> io::Result<()> {
    let mut line = serde_json::to_vec(report)?;
    line.push(b'\n');
    match reports.write_all(&line) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
