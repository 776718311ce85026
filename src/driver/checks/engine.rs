//! Whether the container engine answers.

use std::io;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::net::ToSocketAddrs;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// An engine that needs longer to say that it lives is no use to a job.
const LIMIT: Duration = Duration::from_secs(5);

/// Asks the engine at `host` (`unix://PATH` or `tcp://HOST:PORT`) whether it lives, and says which it is.
///
/// A plain question over the socket, because the engine's client with its runtime would cost every job more than that.
pub fn answers(host: &str) -> Result<String, Failure> {
    let silent = |error: io::Error| {
        let fix = match error.kind() {
            io::ErrorKind::PermissionDenied => "let the Runner's user use it (`usermod -aG docker gitlab-runner`)",
            _ => "start it (`systemctl start docker`), or name another one in `engine.host` of the settings",
        };
        Failure::new(Cause::EngineUnavailable, format!("the container engine at `{host}` does not answer"))
            .because(error)
            .hint(fix)
    };
    let reply = ask(host).map_err(silent)?;
    if !reply.starts_with("HTTP/1.1 200") && !reply.starts_with("HTTP/1.0 200") {
        return Err(silent(io::Error::other(reply.lines().next().unwrap_or("no answer").to_owned())));
    }
    let header = |name: &str| {
        let lines = reply.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let server = header("server").unwrap_or_else(|| "engine".to_owned());
    Ok(header("api-version").map_or(server.clone(), |api| format!("{server}, API {api}")))
}

fn ask(host: &str) -> io::Result<String> {
    if let Some(path) = host.strip_prefix("unix://") {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        return exchange(stream);
    }
    let address = host.trim_start_matches("tcp://").to_socket_addrs()?.next();
    let address = address.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host has no address"))?;
    let stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    exchange(stream)
}

fn exchange(mut stream: impl Read + Write) -> io::Result<String> {
    stream.write_all(b"GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n")?;
    let mut reply = Vec::new();
    stream.take(4096).read_to_end(&mut reply)?;
    Ok(String::from_utf8_lossy(&reply).into_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::io::Write;
    use std::os::unix::net::UnixListener;

    use super::answers;
    use crate::model::failure::Cause;

    /// An engine that gives one answer; where it listens.
    fn engine(directory: &std::path::Path, reply: &'static str) -> String {
        let path = directory.join("sock");
        let listener = UnixListener::bind(&path).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 128];
            assert!(stream.read(&mut request).unwrap() > 0);
            stream.write_all(reply.as_bytes()).unwrap();
        });
        format!("unix://{}", path.display())
    }

    #[test]
    fn an_engine_says_which_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let reply = "HTTP/1.0 200 OK\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\n\r\nOK";
        assert_eq!(answers(&engine(directory.path(), reply)).unwrap(), "Docker/20.10.24 (linux), API 1.41");
    }

    #[test]
    fn t06_an_engine_that_is_ill_or_missing_is_the_systems_fault() {
        let directory = tempfile::tempdir().unwrap();
        let ill = answers(&engine(directory.path(), "HTTP/1.0 500 Internal Server Error\r\n\r\n")).unwrap_err();
        assert!(ill.to_string().ends_with("does not answer: HTTP/1.0 500 Internal Server Error"), "{ill}");
        assert_eq!(answers("unix:///nonexistent/docker.sock").unwrap_err().cause, Cause::EngineUnavailable);
        assert_eq!(answers("tcp://127.0.0.1:1").unwrap_err().cause, Cause::EngineUnavailable);
    }
}
