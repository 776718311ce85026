//! The `config` call: tells the Runner where jobs live.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use crate::driver::CallArgs;
use crate::driver::context::CallContext;
use crate::driver::log;
use crate::driver::protocol::ConfigReply;
use crate::driver::protocol::Contract;
use crate::driver::protocol::DriverName;
use crate::driver::protocol::JobEnv;
use crate::driver::protocol::Outcome;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Standard output is the Runner's to parse: what goes wrong is said on standard error, which is the job log here.
pub(super) fn answer(contract: &Contract, arguments: &CallArgs) -> Outcome {
    log::conclude(&log::error_log(), reply(contract, arguments).and_then(|reply| print(&reply)))
}

fn reply(contract: &Contract, arguments: &CallArgs) -> Result<ConfigReply, Failure> {
    let call = CallContext::new(contract, arguments)?;
    let reply = ConfigReply {
        driver: DriverName { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        hostname: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        builds_dir: shared_directory("builds_dir", &call.settings.builds_dir())?,
        cache_dir: shared_directory("cache_dir", &call.settings.cache_dir())?,
        builds_dir_is_shared: true,
        shell: "bash",
        job_env: JobEnv::default().with("CALLED", env!("CARGO_PKG_VERSION")),
    };
    call.records.save(&call.record())?;
    Ok(reply)
}

/// Makes a directory and resolves its links: the Runner's relative paths break at them.
fn shared_directory(setting: &str, path: &Path) -> Result<PathBuf, Failure> {
    fs::create_dir_all(path).and_then(|()| fs::canonicalize(path)).map_err(|error| {
        Failure::new(Cause::HostFiles, format!("use `{}` as `{setting}`", path.display()))
            .because(error)
            .hint(format!("give the Runner's user a directory there, or set `{setting}` in the settings"))
    })
}

fn print(reply: &ConfigReply) -> Result<(), Failure> {
    let mut document = serde_json::to_vec(reply)
        .map_err(|error| Failure::new(Cause::Defect, "write the answer to the Runner").because(error))?;
    document.push(b'\n');
    std::io::stdout()
        .write_all(&document)
        .map_err(|error| Failure::new(Cause::ContractBroken, "answer the Runner").because(error))
}
