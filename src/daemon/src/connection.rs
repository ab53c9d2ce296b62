//! One client: reads, answers every whole request that has come in, writes, reads again.
//!
//! ```text
//! socket --read--> input --parse--> arguments --execute--> output --write--> socket
//!                    ^                                        |
//!                    +--- read ahead while replies wait <-----+
//! ```
//!
//! A client that sends and does not read is left waiting in `write`: its requests are read ahead up
//! to a limit, then stay in the kernel's buffer and, once that is full, with the client.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use rustix::io::Errno;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::net::unix::{ReadHalf, WriteHalf};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::buffer::Buffer;
use crate::commands::{self, Flow, Session};
use crate::counters::Refusal;
use crate::limits::{MAX_REQUEST_BYTES, READ_BYTES};
use crate::output::Output;
use crate::resp::Parser;
use crate::state::{Admission, State};

/// Serves a client until it leaves, or until `shutdown`: then what it has sent so far is answered.
pub(crate) async fn serve(mut stream: UnixStream, state: Arc<State>, shutdown: CancellationToken) {
    let trusted = is_trusted(&stream);
    let admission = Admission::new(state, trusted);
    let client = admission.id;
    debug!(client, "connected");
    match converse(&mut stream, Session::new(admission), shutdown).await {
        Ok(()) => debug!(client, "disconnected"),
        // Clients hang up when they like. The kind alone, since nothing a client sent may get out.
        Err(error) => debug!(client, reason = %error.kind(), "disconnected"),
    }
}

/// Whether the process that connected is of this daemon's user or root's. The kernel says so, at the
/// moment of connecting (SO_PEERCRED).
fn is_trusted(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}

async fn converse(stream: &mut UnixStream, session: Session, shutdown: CancellationToken) -> io::Result<()> {
    let (reader, writer) = stream.split();
    let mut conversation = Conversation::new(session, Output::new(reader, writer));
    let mut ending = pin!(shutdown.cancelled());
    loop {
        let received = tokio::select! {
            biased;
            () = &mut ending => return drain(conversation).await,
            received = conversation.receive() => received?,
        };
        if received == 0 || conversation.answer(received).await? == Flow::Close {
            return Ok(());
        }
    }
}

/// Answers what was read ahead and what the kernel holds of this client. The kernel is asked
/// directly: whether the runtime has already noticed that there is something to read is a matter
/// of chance.
async fn drain(mut conversation: Conversation<ReadHalf<'_>, WriteHalf<'_>>) -> io::Result<()> {
    loop {
        let received = if conversation.output.has_ahead() {
            conversation.receive().await?
        } else {
            let Conversation { input, output, .. } = &mut conversation;
            match rustix::io::read(output.source().as_ref(), room(input)) {
                Ok(received) => received,
                Err(Errno::AGAIN) => 0,
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
        };
        if received == 0 || conversation.answer(received).await? == Flow::Close {
            return Ok(());
        }
    }
}

/// A client's requests and replies, without the socket.
struct Conversation<R, W> {
    session: Session,
    input: Buffer,
    parser: Parser,
    output: Output<R, W>,
}

/// Where the next bytes of requests are to be read to; never empty.
fn room(input: &mut Buffer) -> &mut [u8] {
    input.shrink(READ_BYTES);
    // While a large request comes in, room doubles with what has come: not with what was
    // claimed. The parser refuses what would be longer than a request may be.
    let held = input.len();
    let room = match held {
        0 => READ_BYTES,
        _ => held.min(MAX_REQUEST_BYTES.saturating_sub(held)).max(1),
    };
    input.reserve(room);
    input.spare()
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Conversation<R, W> {
    fn new(session: Session, output: Output<R, W>) -> Conversation<R, W> {
        Conversation { session, input: Buffer::default(), parser: Parser::default(), output }
    }

    /// Reads requests; how many bytes, 0 at the end.
    async fn receive(&mut self) -> io::Result<usize> {
        self.output.receive(room(&mut self.input)).await
    }

    /// Answers all whole requests, `received` more bytes having been read into
    /// [`room`], and writes the replies.
    async fn answer(&mut self, received: usize) -> io::Result<Flow> {
        let read = Instant::now();
        self.input.advance(received);
        let flow = self.execute_all().await;
        self.session.settle_count();
        let flow = flow?;
        self.output.flush().await?;
        self.session.end_batch(read.elapsed());
        Ok(flow)
    }

    async fn execute_all(&mut self) -> io::Result<Flow> {
        loop {
            let length = match self.parser.parse(self.input.filled_mut()) {
                Ok(Some(length)) => length,
                Ok(None) => return Ok(Flow::Continue),
                Err(error) => {
                    self.session.refuse(Refusal::Protocol);
                    self.output.reply.protocol_error(error);
                    return Ok(Flow::Close);
                }
            };
            let arguments = self.parser.arguments(self.input.filled());
            let flow = commands::execute(&mut self.session, arguments, &mut self.output).await?;
            self.input.consume(length);
            if flow == Flow::Close {
                return Ok(flow);
            }
            self.output.breathe().await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use nameplate::{Database, GenerationOptions, Generations, Writer};
    use proptest::prelude::*;

    use super::*;
    use crate::limits::FLUSH_BYTES;

    fn conversation<W: AsyncWrite + Unpin>(sink: W) -> Conversation<tokio::io::Empty, W> {
        let mut file = Vec::new();
        Writer::new().finish(&mut file).unwrap();
        let database = Database::from_bytes(&file).unwrap();
        let generations = Generations::starting_with(database, "".as_ref(), GenerationOptions::default());
        let admission = Admission::new(Arc::new(State::new(generations)), false);
        Conversation::new(Session::new(admission), Output::new(tokio::io::empty(), sink))
    }

    /// Puts bytes where a read would have put them, in as many reads as that takes.
    async fn feed(conversation: &mut Conversation<tokio::io::Empty, Vec<u8>>, mut bytes: &[u8]) -> Flow {
        while !bytes.is_empty() {
            let room = room(&mut conversation.input);
            let count = room.len().min(bytes.len());
            room[..count].copy_from_slice(&bytes[..count]);
            bytes = &bytes[count..];
            if conversation.answer(count).await.unwrap() == Flow::Close {
                return Flow::Close;
            }
        }
        Flow::Continue
    }

    /// All replies to `bytes` when they come in pieces cut at `cuts`.
    fn replies(bytes: &[u8], cuts: &[usize]) -> Vec<u8> {
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        ends.push(bytes.len());
        ends.sort_unstable();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut conversation = conversation(Vec::new());
            let mut start = 0;
            for end in ends {
                if feed(&mut conversation, &bytes[start..end]).await == Flow::Close {
                    break;
                }
                start = end;
            }
            conversation.output.sink().clone()
        })
    }

    fn plausible() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"*2\r\n$6\r\nLOOKUP\r\n$9\r\n192.0.2.1\r\n".to_vec()),
            Just(b"*3\r\n$7\r\nMLOOKUP\r\n$3\r\n::1\r\n$1\r\nx\r\n".to_vec()),
            Just(b"HELLO 3\r\n".to_vec()),
            Just(b"lookupjson 192.0.2.1\n".to_vec()),
            Just(b"ECHO \"\\x00\\r\\n\"\r\n".to_vec()),
            Just(b"*0\r\n\r\n*-1\r\n".to_vec()),
            Just(b"*1\r\n$4\r\nQUIT\r\n".to_vec()),
            Just(b"*1\r\n$-1\r\n".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..6),
        ];
        proptest::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn where_the_input_is_cut_does_not_change_the_replies(
            bytes in plausible(),
            cuts in proptest::collection::vec(any::<usize>(), 0..20),
        ) {
            prop_assert_eq!(replies(&bytes, &cuts), replies(&bytes, &[]));
        }

        #[test]
        fn random_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            replies(&bytes, &[]);
        }
    }

    #[test]
    fn byte_by_byte_gives_the_same_replies() {
        let bytes = b"PING\r\n*2\r\n$6\r\nLOOKUP\r\n$3\r\n::1\r\nHELLO 3\r\nLOOKUP ::1\r\nLOOKUP x\r\n";
        let every: Vec<usize> = (0..bytes.len()).collect();
        let expected = replies(bytes, &[]);
        assert!(expected.starts_with(b"+PONG\r\n*2\r\n$6\r\nstatus\r\n"));
        assert!(expected.ends_with(b"%1\r\n$6\r\nstatus\r\n$7\r\nunknown\r\n-ERR invalid address\r\n"));
        assert_eq!(replies(bytes, &every), expected);
    }

    /// A client that sends and never reads must not make the daemon hold its replies.
    #[test]
    fn unread_replies_are_bounded() {
        let (sink, _unread) = tokio::io::duplex(1);
        let mut conversation = conversation(sink);
        let mut requests = 0;
        let mut context = Context::from_waker(Waker::noop());
        let room = room(&mut conversation.input);
        for chunk in room.chunks_exact_mut(6) {
            chunk.copy_from_slice(b"INFO\r\n");
            requests += 1;
        }
        {
            let mut answering = pin!(conversation.answer(requests * 6));
            for _ in 0..10_000 {
                assert!(answering.as_mut().poll(&mut context).is_pending());
            }
        }
        let reply = 2048;
        assert!(requests > 1000, "replies to {requests} requests would be far more");
        assert!(conversation.output.reply.buffer.len() < FLUSH_BYTES + reply);
        assert!(!conversation.input.is_empty(), "requests are left for later");
    }

    /// Whom the kernel does not call the daemon's own user or root: these conversations have no socket.
    #[test]
    fn who_is_not_trusted_may_not_reload() {
        let refused = "-NOPERM only the daemon's own user and root may reload\r\n+PONG\r\n";
        assert_eq!(replies(b"RELOAD\r\nPING\r\n", &[]), refused.as_bytes());
    }

    /// A client that stops reading in the middle of a reply must not keep every file there ever was.
    #[tokio::test(start_paused = true)]
    async fn an_unread_reply_does_not_keep_a_replaced_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("n.npl");
        nameplate::publish(Writer::new(), &path).unwrap();
        let generations = Generations::open(&path, GenerationOptions::default()).unwrap();
        let state = Arc::new(State::new(generations));
        let (sink, _unread) = tokio::io::duplex(1);
        let session = Session::new(Admission::new(Arc::clone(&state), false));
        let mut conversation = Conversation::new(session, Output::new(tokio::io::empty(), sink));
        let request = format!("MLOOKUP{}\r\n", " ::1".repeat(3000));
        let room = room(&mut conversation.input);
        room[..request.len()].copy_from_slice(request.as_bytes());
        let mut answering = Box::pin(conversation.answer(request.len()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(answering.as_mut().poll(&mut context).is_pending(), "the reply is too long to go out");
        state.reload().await.unwrap();
        assert_eq!(state.generations_held(), 2);
        // The clock is the runtime's and stands still until everybody waits for it.
        let error = answering.await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(state.generations_held(), 1);
    }

    #[test]
    fn answered_requests_are_overwritten_in_memory() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut conversation = conversation(Vec::new());
            feed(&mut conversation, b"LOOKUP 192.0.2.77\r\nLOOKUP 2001:db8::77\r\nLOOKUP 192.0.2.9").await;
            assert_eq!(conversation.input.filled(), b"LOOKUP 192.0.2.9");
            feed(&mut conversation, b"9\r\n").await;
            assert!(
                room(&mut conversation.input).iter().all(|byte| *byte == 0),
                "nothing of the requests is left"
            );
        });
    }
}
