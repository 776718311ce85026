//! What a container writes.

use futures_util::AsyncBufReadExt;
use futures_util::Stream;
use futures_util::StreamExt;
use jiff::Timestamp;
use kube::core::Request;
use kube::core::subresource::LogParams;

use super::Cluster;
use super::error::ClusterError;
use super::error::ErrorKind;
use super::error::Permission;

/// The longest line that is passed on whole; the rest of a longer one is passed on as further lines.
const MAX_LINE: usize = 16 * 1024;

/// Which lines of a container.
#[derive(Debug, Clone)]
pub struct LogScope {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container, an init container too.
    pub container: String,
    /// Only lines since then.
    pub since: Option<Timestamp>,
    /// Only so many last lines.
    pub tail: Option<i64>,
    /// The container that ran before the last restart, instead of the one that runs.
    pub previous: bool,
    /// Whether to wait for further lines until the container ends.
    pub follow: bool,
}

/// One line, with the time at which it was written if the cluster says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub time: Option<Timestamp>,
    /// The line without its end.
    pub text: String,
}

impl Cluster {
    /// The lines of a container, in order. Ends with the container, or with the connection: whoever follows asks again
    /// with the last line's time.
    pub async fn logs(
        &self,
        scope: &LogScope,
    ) -> Result<impl Stream<Item = Result<LogLine, ClusterError>> + Send + use<>, ClusterError> {
        let doing = format!("read the log of container `{}` of pod `{}`", scope.container, scope.pod);
        let permission =
            Permission { verb: "get", resource: "pods/log".to_owned(), namespace: Some(scope.namespace.clone()) };
        let params = LogParams {
            container: Some(scope.container.clone()),
            follow: scope.follow,
            previous: scope.previous,
            since_time: scope.since,
            tail_lines: scope.tail,
            timestamps: true,
            ..LogParams::default()
        };
        let request = Request::new(format!("/api/v1/namespaces/{}/pods", scope.namespace));
        let request = request
            .logs(&scope.pod, &params)
            .map_err(|error| ClusterError::new(ErrorKind::Rejected, &doing, error.to_string()))?;
        let stream = self
            .client
            .request_stream(request)
            .await
            .map_err(|error| ClusterError::from_kube(&doing, permission, &error))?;
        let lines = futures_util::stream::unfold(stream, |mut stream| async move {
            let line = read_line(&mut stream).await.transpose()?;
            Some((line, stream))
        });
        Ok(lines.map(move |line| match line {
            Ok(bytes) => Ok(split_time(&String::from_utf8_lossy(&bytes))),
            Err(error) => Err(ClusterError::new(ErrorKind::Unavailable, &doing, error.to_string())),
        }))
    }
}

/// The next line without its end, at most [`MAX_LINE`] of it; `None` at the end.
async fn read_line<R>(reader: &mut R) -> std::io::Result<Option<Vec<u8>>>
where
    R: futures_util::AsyncBufRead + Unpin,
{
    let mut line = Vec::new();
    loop {
        let available = reader.fill_buf().await?;
        if available.is_empty() {
            return Ok((!line.is_empty()).then_some(line));
        }
        let room = MAX_LINE - line.len();
        let end = available.iter().take(room).position(|byte| *byte == b'\n');
        let taken = end.unwrap_or_else(|| available.len().min(room));
        line.extend_from_slice(&available[..taken]);
        reader.consume_unpin(taken + usize::from(end.is_some()));
        if end.is_some() || line.len() == MAX_LINE {
            return Ok(Some(line));
        }
    }
}

/// Takes the time off a line's front.
fn split_time(line: &str) -> LogLine {
    let line = line.trim_end_matches('\r');
    let parsed = line.split_once(' ').and_then(|(time, text)| Some((time.parse().ok()?, text)));
    match parsed {
        Some((time, text)) => LogLine { time: Some(time), text: text.to_owned() },
        None => LogLine { time: line.parse().ok(), text: line.parse::<Timestamp>().map_or(line, |_| "").to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use futures_util::io::BufReader;

    use super::MAX_LINE;
    use super::read_line;
    use super::split_time;

    #[test]
    fn the_time_is_taken_off() {
        let line = split_time("2026-11-21T11:58:57.123456789Z GET /  200\r");
        assert_eq!(line.text, "GET /  200");
        assert!(line.time.is_some());
        assert_eq!(split_time("2026-11-21T11:58:57.1Z").text, "");
        assert_eq!(split_time("unable to retrieve container logs").text, "unable to retrieve container logs");
    }

    #[tokio::test]
    async fn endless_lines_do_not_fill_the_memory() {
        let text = [vec![b'x'; MAX_LINE + 5], b"\nend".to_vec()].concat();
        let mut reader = BufReader::new(text.as_slice());
        let mut sizes = Vec::new();
        while let Some(line) = read_line(&mut reader).await.unwrap() {
            sizes.push(line.len());
        }
        assert_eq!(sizes, [MAX_LINE, 5, 3]);
    }
}
