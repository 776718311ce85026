//! Tar archives to and from the engine, written and read by blocking code while they flow.

use std::io;
use std::io::BufWriter;
use std::io::Read;
use std::io::Write;

use bytes::Buf;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::mpsc;

/// How many pieces may wait between the two sides; with [`PIECE`] it bounds the memory of a transfer.
const PIECES: usize = 8;
/// The size of the pieces that are sent, in bytes.
const PIECE: usize = 256 * 1024;

type Sent = Result<Bytes, io::Error>;

/// The stream of what `write` writes. An error of `write` ends the stream with that error, so that the engine sees an
/// archive that breaks off and not one that is complete.
pub(super) fn written_by(
    write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
) -> impl Stream<Item = Sent> + Send + 'static {
    let (sender, receiver) = mpsc::channel::<Sent>(PIECES);
    tokio::task::spawn_blocking(move || {
        let mut out = BufWriter::with_capacity(PIECE, ChannelWriter(sender.clone()));
        if let Err(error) = write(&mut out).and_then(|()| out.flush()) {
            // What is still buffered must not follow the error.
            drop(out.into_parts());
            // Nobody listens any more when the engine itself ended the call; then it says why.
            drop(sender.blocking_send(Err(error)));
        }
    });
    stream::unfold(receiver, |mut receiver| async { receiver.recv().await.map(|sent| (sent, receiver)) })
}

/// Lets `read` read what comes on `pieces`. When `read` ends, the rest is not waited for.
pub(super) async fn read_by<T, E>(
    pieces: impl Stream<Item = Result<Bytes, E>>,
    read: impl FnOnce(&mut dyn Read) -> io::Result<T> + Send + 'static,
) -> Result<T, ReadError<E>>
where
    T: Send + 'static,
{
    let (sender, receiver) = mpsc::channel::<Sent>(PIECES);
    let reading = tokio::task::spawn_blocking(move || read(&mut ChannelReader { receiver, piece: Bytes::new() }));
    let mut pieces = std::pin::pin!(pieces);
    while let Some(piece) = pieces.next().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) => {
                drop(sender.send(Err(io::ErrorKind::UnexpectedEof.into())).await);
                return Err(ReadError::Sender(error));
            }
        };
        if sender.send(Ok(piece)).await.is_err() {
            break;
        }
    }
    drop(sender);
    match reading.await {
        Ok(read) => read.map_err(ReadError::Reader),
        Err(broken) => Err(ReadError::Reader(io::Error::other(broken))),
    }
}

/// Which side of a transfer failed.
pub(super) enum ReadError<E> {
    /// The side that sends.
    Sender(E),
    /// Our reading of it.
    Reader(io::Error),
}

struct ChannelWriter(mpsc::Sender<Sent>);

impl Write for ChannelWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct ChannelReader {
    receiver: mpsc::Receiver<Sent>,
    piece: Bytes,
}

impl Read for ChannelReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(buffer.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Appends a file to an archive that is only there to be read by the engine.
pub(super) fn append(
    archive: &mut tar::Builder<&mut dyn Write>,
    name: &str,
    size: u64,
    content: impl Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_size(size);
    header.set_mode(0o644);
    archive.append_data(&mut header, name, content)
}

#[cfg(test)]
mod tests {
    use std::io;

    use bytes::Bytes;
    use futures_util::StreamExt;
    use futures_util::stream;

    use super::ReadError;
    use super::read_by;
    use super::written_by;

    #[tokio::test]
    async fn what_is_written_comes_out_whole() {
        let content: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        let expected = content.clone();
        let pieces = written_by(move |out| out.write_all(&content));
        let read = read_by(pieces, |input| {
            let mut all = Vec::new();
            input.read_to_end(&mut all).map(|_| all)
        });
        assert!(matches!(read.await, Ok(all) if all == expected));
    }

    #[tokio::test]
    async fn a_writer_that_fails_breaks_the_stream() {
        let pieces = written_by(|out| out.write_all(b"half").and(Err(io::Error::other("disk full"))));
        let pieces: Vec<_> = pieces.collect().await;
        assert!(pieces.last().is_some_and(Result::is_err), "{pieces:?}");
    }

    #[tokio::test]
    async fn a_reader_that_knows_enough_ends_the_transfer() {
        let endless = stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(&[0; 4096])));
        let read = read_by(endless, |input| input.read(&mut [0; 10]));
        assert!(matches!(read.await, Ok(10)));
    }

    #[tokio::test]
    async fn a_sender_that_fails_is_not_taken_for_the_end() {
        let broken = stream::iter([Ok(Bytes::from_static(b"x")), Err("reset")]);
        let read = read_by(broken, |input| input.read_to_end(&mut Vec::new()));
        assert!(matches!(read.await, Err(ReadError::Sender("reset"))));
    }
}
