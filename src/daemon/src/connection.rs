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
use std::os::unix::net;
use std::pin::pin;

use nameplate_leads::forget::{self, forget_stack};
use rustix::io::Errno;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::net::unix::{ReadHalf, WriteHalf};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::budget::Share;
use crate::buffer::Buffer;
use crate::commands::{self, Flow, Lookups, Session};
use crate::counters::Refusal;
use crate::limits::{READ_BYTES, VISITS, VISITS_AT_ONCE};
use crate::output::Output;
use crate::resp::{Parser, ProtocolError};
use crate::state::Admission;

/// Serves a client until it leaves, or until `shutdown`: then what it has sent so far is answered.
pub(crate) async fn serve(stream: net::UnixStream, admission: Admission, shutdown: CancellationToken) {
    let client = admission.id;
    debug!(client, "connected");
    let served = async {
        let mut stream = UnixStream::from_std(stream)?;
        converse(&mut stream, admission, shutdown).await
    };
    match served.await {
        Ok(()) => debug!(client, "disconnected"),
        // Clients hang up when they like. The kind alone, since nothing a client sent may get out.
        Err(error) => debug!(client, reason = %error.kind(), "disconnected"),
    }
}

async fn converse(
    stream: &mut UnixStream,
    admission: Admission,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let (reader, writer) = stream.split();
    let mut conversation = Conversation::new(admission, reader, writer);
    let mut ending = pin!(shutdown.cancelled());
    loop {
        if conversation.session.state().is_draining() {
            return drain(conversation).await;
        }
        let received = tokio::select! {
            biased;
            received = conversation.receive() => received?,
            () = &mut ending => return drain(conversation).await,
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
            let room = conversation.room();
            let Conversation { input, output, .. } = &mut conversation;
            input.reserve(room);
            match rustix::io::read(output.source().as_ref(), input.spare()) {
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
    input_share: Share,
    /// When the last replies were written, or the client came.
    silent_since: Instant,
    /// When the request that is not yet whole began to come in.
    begun: Option<Instant>,
    parser: Parser,
    output: Output<R, W>,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Conversation<R, W> {
    fn new(admission: Admission, reader: R, writer: W) -> Conversation<R, W> {
        let state = &admission.state;
        Conversation {
            input: Buffer::default(),
            input_share: Share::new(state.buffers().clone()),
            silent_since: Instant::now(),
            begun: None,
            parser: Parser::new(state.limits().request_bytes),
            output: Output::new(state.clone(), admission.thread, reader, writer),
            session: Session::new(admission),
        }
    }

    /// How many bytes are to be read next; never 0. While a large request comes in, room doubles with what
    /// has come: not with what was claimed. The parser refuses what would be longer than a request may be.
    fn room(&self) -> usize {
        match self.input.len() {
            0 => READ_BYTES,
            held => held.min(self.session.state().limits().request_bytes.saturating_sub(held)).max(1),
        }
    }

    /// Reads requests; how many bytes, 0 at the end.
    async fn receive(&mut self) -> io::Result<usize> {
        let limits = self.session.state().limits();
        let (due, refusal) = match self.begun {
            Some(begun) => (limits.request_time().map(|time| begun + time), Refusal::RequestTime),
            None => (limits.idle_time().map(|time| self.silent_since + time), Refusal::Idle),
        };
        let room = self.room();
        let received = self.output.receive(&mut self.input, room, due).await;
        if received.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            self.output.refuse(refusal);
        }
        received
    }

    /// Answers all whole requests, `received` more bytes having been read into the input, and writes the
    /// replies.
    async fn answer(&mut self, received: usize) -> io::Result<Flow> {
        let read = Instant::now();
        self.input.advance(received);
        let admitted = self.output.begin();
        let flow = self.execute_all(admitted).await;
        self.session.settle_count();
        let mut flow = flow?;
        if flow == Flow::Continue {
            flow = self.keep_rest();
        }
        self.output.flush().await?;
        self.output.pause();
        self.silent_since = Instant::now();
        self.session.end_batch(self.silent_since - read);
        Ok(flow)
    }

    /// What is left of the input is a request that is not yet whole, for which there must be room.
    fn keep_rest(&mut self) -> Flow {
        if self.input.is_empty() {
            self.begun = None;
            self.input_share.set(0);
            return Flow::Continue;
        }
        self.begun.get_or_insert_with(Instant::now);
        let capacity = self.input.capacity_for(self.room());
        if self.input_share.set(capacity.saturating_sub(READ_BYTES)) {
            return Flow::Continue;
        }
        self.output.refuse(Refusal::BufferBytes);
        self.output.reply.error(&["BUSY too many long requests at the same time; try again later"]);
        Flow::Close
    }

    async fn execute_all(&mut self, admitted: bool) -> io::Result<Flow> {
        loop {
            let (lookups, mut next) = self.answer_lookups(admitted);
            self.output.breathe(lookups).await?;
            while let Next::Request(length) = next
                && admitted
                && self.is_visit()
            {
                next = self.answer_visits(length).await?;
            }
            match next {
                Next::Request(length) => {
                    if self.execute(length, admitted).await? == Flow::Close {
                        return Ok(Flow::Close);
                    }
                }
                Next::Unknown => {}
                Next::Incomplete => return Ok(Flow::Continue),
                Next::Invalid(error) => {
                    self.output.refuse(match error {
                        ProtocolError::TooBig | ProtocolError::BulkTooBig | ProtocolError::InlineTooBig => {
                            Refusal::RequestBytes
                        }
                        _ => Refusal::Protocol,
                    });
                    self.output.reply.protocol_error(error);
                    return Ok(Flow::Close);
                }
            }
        }
    }

    /// Answers the `LOOKUP`s that the input begins with, as many as are looked up together: how many, and what
    /// comes behind them.
    fn answer_lookups(&mut self, admitted: bool) -> (usize, Next) {
        let mut lookups = Lookups::new();
        let mut end = 0;
        let next = loop {
            if lookups.is_full() {
                break Next::Unknown;
            }
            match self.parser.parse(&mut self.input.filled_mut()[end..]) {
                Ok(Some(length)) => {
                    let request = self.parser.arguments(&self.input.filled()[end..]);
                    if !(admitted && lookups.take(request)) {
                        break Next::Request(length);
                    }
                    end += length;
                }
                Ok(None) => break Next::Incomplete,
                Err(error) => break Next::Invalid(error),
            }
        };
        if end > 0 {
            commands::execute_lookups(&mut self.session, &lookups, &mut self.output.reply);
            self.input.consume(end);
            self.begun = None;
        }
        (lookups.len(), next)
    }

    /// Whether the request that was parsed last is a visit.
    fn is_visit(&self) -> bool {
        commands::is_visit(&self.session, self.parser.arguments(self.input.filled()))
    }

    /// Takes the visits that the input begins with, of which the first has `length` bytes and was parsed last, and answers them when all of
    /// them are durable: what comes behind them. Nothing of them is in the input while that is waited for.
    async fn answer_visits(&mut self, mut length: usize) -> io::Result<Next> {
        let Some(leads) = self.session.state().leads().cloned() else { return Ok(Next::Request(length)) };
        let mut taken = Vec::new();
        let next = loop {
            taken.push(leads.begin(self.parser.argument_mut(self.input.filled_mut(), 1)));
            self.input.consume(length);
            self.begun = None;
            if taken.len() == VISITS {
                break Next::Unknown;
            }
            if taken.len().is_multiple_of(VISITS_AT_ONCE) {
                forget_stack::<{ forget::VISITS }>();
                tokio::task::yield_now().await;
            }
            match self.parser.parse(self.input.filled_mut()) {
                Ok(Some(following)) if self.is_visit() => length = following,
                Ok(Some(following)) => break Next::Request(following),
                Ok(None) => break Next::Incomplete,
                Err(error) => break Next::Invalid(error),
            }
        };
        forget_stack::<{ forget::VISITS }>();
        let count = taken.len();
        commands::finish_visits(&mut self.session, &leads, taken, &mut self.output.reply).await;
        self.output.breathe(count).await?;
        Ok(next)
    }

    /// Answers the request of `length` bytes that the input begins with, and that was parsed last.
    async fn execute(&mut self, length: usize, admitted: bool) -> io::Result<Flow> {
        self.begun = None;
        let flow = if admitted {
            let arguments = self.parser.arguments(self.input.filled());
            commands::execute(&mut self.session, arguments, &mut self.output).await?
        } else {
            self.output.reply.error(&["BUSY too many commands in flight; try again later"]);
            Flow::Continue
        };
        self.input.consume(length);
        if flow == Flow::Continue {
            self.output.breathe(1).await?;
        }
        Ok(flow)
    }
}

/// What the input goes on with.
enum Next {
    /// A whole request, of so many bytes.
    Request(usize),
    /// Not the beginning of a whole request.
    Incomplete,
    /// Nothing that could be a request.
    Invalid(ProtocolError),
    /// That was not looked at.
    Unknown,
}

#[cfg(test)]
mod limit_tests;

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::{Context, Waker};

    use nameplate::{Database, GenerationOptions, Generations, Writer};
    use proptest::prelude::*;

    use super::*;
    use crate::config::{Config, Limits};
    use crate::state::State;

    fn conversation<W: AsyncWrite + Unpin>(sink: W) -> Conversation<tokio::io::Empty, W> {
        let mut file = Vec::new();
        Writer::new().finish(&mut file).unwrap();
        let database = Database::from_bytes(&file).unwrap();
        let generations = Generations::starting_with(database, "".as_ref(), GenerationOptions::default());
        let state = Arc::new(State::new(generations, &Config::default()));
        Conversation::new(Admission::new(&state, false, 0).unwrap(), tokio::io::empty(), sink)
    }

    impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Conversation<R, W> {
        /// Where a read would put bytes.
        fn spare(&mut self) -> &mut [u8] {
            let room = self.room();
            self.input.reserve(room);
            self.input.spare()
        }
    }

    /// Puts bytes where a read would have put them, in as many reads as that takes.
    async fn feed(conversation: &mut Conversation<tokio::io::Empty, Vec<u8>>, mut bytes: &[u8]) -> Flow {
        while !bytes.is_empty() {
            let room = conversation.spare();
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

    /// A thousand idle clients are a thousand of these: arrays belong elsewhere.
    #[test]
    fn a_conversation_is_small() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (stream, _client) = net::UnixStream::pair().unwrap();
            let conversation = conversation(Vec::new());
            let admission = Admission::new(&conversation.output.state, false, 0).unwrap();
            let served = serve(stream, admission, CancellationToken::new());
            assert!(size_of_val(&served) <= 4 << 10, "{} bytes", size_of_val(&served));
        });
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
    #[tokio::test(start_paused = true)]
    async fn unread_replies_are_bounded() {
        let (sink, _unread) = tokio::io::duplex(1);
        let mut conversation = conversation(sink);
        let mut requests = 0;
        let mut context = Context::from_waker(Waker::noop());
        let room = conversation.spare();
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
        assert!(conversation.output.reply.buffer.len() < Limits::default().output_bytes + reply);
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
        let state = Arc::new(State::new(generations, &Config::default()));
        let (sink, _unread) = tokio::io::duplex(1);
        let admission = Admission::new(&state, false, 0).unwrap();
        let mut conversation = Conversation::new(admission, tokio::io::empty(), sink);
        let request = format!("MLOOKUP{}\r\n", " ::1".repeat(3000));
        let room = conversation.spare();
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
            assert!(conversation.spare().iter().all(|byte| *byte == 0), "nothing of the requests is left");
        });
    }
}
