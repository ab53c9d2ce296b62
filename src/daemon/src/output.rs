//! Replies on their way out: collected, written in large pieces, and never more of them than the
//! client takes.
//!
//! Many clients send a whole pipeline before they read the first reply. If the daemon stopped
//! reading as soon as a reply has to wait, both would wait for ever. So while replies wait, requests
//! are still read, up to a limit, and answered when the replies are out: what waits is the short
//! requests, not the long replies.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::Instant;

use crate::budget::Share;
use crate::buffer::Buffer;
use crate::config::Limits;
use crate::counters::Refusal;
use crate::deadline::Deadline;
use crate::limits::{FREE_AHEAD_BYTES, READ_BYTES, TURN};
use crate::resp::Writer;
use crate::state::State;

/// The replies of one connection and where they go.
pub(crate) struct Output<R, W> {
    pub(crate) reply: Writer,
    pub(crate) state: Arc<State>,
    /// The thread that answers.
    thread: usize,
    source: R,
    sink: W,
    /// Requests that came while replies waited.
    ahead: Buffer,
    ahead_share: Share,
    /// The client will send no more.
    ended: bool,
    /// Replies since the connection last let others have their turn.
    turn: usize,
    /// Whether this connection is counted as having commands in flight.
    in_flight: bool,
    deadline: Deadline,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Output<R, W> {
    pub(crate) fn new(state: Arc<State>, thread: usize, source: R, sink: W) -> Output<R, W> {
        Output {
            reply: Writer::default(),
            ahead_share: Share::new(Arc::clone(state.buffers())),
            state,
            thread,
            source,
            sink,
            ahead: Buffer::default(),
            ended: false,
            turn: 0,
            in_flight: false,
            deadline: Deadline::default(),
        }
    }

    fn limits(&self) -> &Limits {
        self.state.limits()
    }

    /// Counts what a limit refused to this client.
    pub(crate) fn refuse(&self, refusal: Refusal) {
        self.state.counters(self.thread).refuse(refusal);
    }

    /// Begins to answer; false if too many others are being answered.
    pub(crate) fn begin(&mut self) -> bool {
        self.in_flight = self.state.begin();
        if !self.in_flight {
            self.refuse(Refusal::InFlight);
        }
        self.reserve();
        self.in_flight
    }

    /// Makes room at once for as much as gathers before it is written.
    fn reserve(&mut self) {
        let room = 2 * self.limits().output_bytes;
        self.reply.buffer.reserve(room);
    }

    /// Has answered what there was, or waits for the client, who is not to keep others from being answered.
    pub(crate) fn pause(&mut self) {
        if std::mem::take(&mut self.in_flight) {
            self.state.end();
        }
    }

    /// Reads requests into `input`: first those that were read ahead, then those that come, which must be
    /// before `due`. Holds no memory while it waits, unless `input` has something in it. 0: there will be
    /// no more.
    pub(crate) async fn receive(
        &mut self,
        input: &mut Buffer,
        room: usize,
        due: Option<Instant>,
    ) -> io::Result<usize> {
        if !self.ahead.is_empty() {
            input.reserve(room);
            let spare = input.spare();
            let count = spare.len().min(self.ahead.len());
            spare[..count].copy_from_slice(&self.ahead.filled()[..count]);
            self.ahead.consume(count);
            self.ahead.shrink();
            self.ahead_share.set(self.ahead.capacity().saturating_sub(FREE_AHEAD_BYTES));
            return Ok(count);
        }
        if self.ended {
            return Ok(0);
        }
        self.deadline.set(due);
        let Output { source, deadline, .. } = self;
        std::future::poll_fn(|context| {
            input.reserve(room);
            let mut spare = ReadBuf::new(input.spare());
            match Pin::new(&mut *source).poll_read(context, &mut spare) {
                Poll::Ready(done) => Poll::Ready(done.map(|()| spare.filled().len())),
                Poll::Pending => {
                    input.shrink();
                    deadline.poll_passed(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
                }
            }
        })
        .await
    }

    /// Whether [`receive`](Self::receive) has requests that were read ahead.
    pub(crate) fn has_ahead(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// To be called after `replies`, and between the parts of a long one. Writes if much has
    /// gathered, and waits until the client has taken it: what a client does not read, it cannot
    /// make the daemon hold. Lets others have their turn if this connection has had its.
    pub(crate) async fn breathe(&mut self, replies: usize) -> io::Result<()> {
        if self.reply.buffer.len() >= self.limits().output_bytes {
            self.flush().await?;
            self.reserve();
        }
        self.turn += replies;
        if self.turn >= TURN {
            self.turn = 0;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Writes everything, and reads ahead while the client does not take it.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        // What a socket takes at once, which is nearly always all, needs no timer.
        while !self.reply.buffer.is_empty() {
            let Output { reply, sink, .. } = self;
            let write = std::future::poll_fn(|context| {
                match Pin::new(&mut *sink).poll_write(context, reply.buffer.filled()) {
                    Poll::Ready(written) => Poll::Ready(Some(written)),
                    Poll::Pending => Poll::Ready(None),
                }
            });
            if let Some(written) = write.await {
                self.written(written?)?;
            } else {
                let was_in_flight = self.in_flight;
                self.pause();
                self.wait_for_client().await?;
                if was_in_flight {
                    self.state.resume();
                    self.in_flight = true;
                }
            }
        }
        self.reply.buffer.shrink();
        Ok(())
    }

    fn written(&mut self, count: usize) -> io::Result<()> {
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.reply.buffer.consume(count);
        Ok(())
    }

    /// Writes all replies as the client takes them, which must be before the deadline, and reads ahead.
    async fn wait_for_client(&mut self) -> io::Result<()> {
        let Limits { read_ahead_bytes, .. } = *self.limits();
        self.reply.buffer.fit();
        self.deadline.set(self.limits().reply_time().map(|time| Instant::now() + time));
        while !self.reply.buffer.is_empty() {
            let Output { reply, source, sink, ahead, ahead_share, ended, deadline, .. } = self;
            let room = read_ahead_bytes.saturating_sub(ahead.len()).min(READ_BYTES);
            let room = if ahead.is_empty() { room.min(FREE_AHEAD_BYTES) } else { room };
            let charge = ahead.capacity_for(room).saturating_sub(FREE_AHEAD_BYTES);
            let may_read = room > 0 && !*ended && ahead_share.set(charge);
            if may_read {
                ahead.reserve(room);
            }
            tokio::select! {
                biased;
                written = sink.write(reply.buffer.filled()) => {
                    let written = written?;
                    self.written(written)?;
                }
                received = source.read(ahead.spare()), if may_read => match received? {
                    0 => *ended = true,
                    received => ahead.advance(received),
                },
                () = deadline.passed() => {
                    self.refuse(Refusal::ReplyTime);
                    return Err(io::ErrorKind::TimedOut.into());
                }
            }
        }
        Ok(())
    }

    pub(crate) fn source(&self) -> &R {
        &self.source
    }

    #[cfg(test)]
    pub(crate) fn sink(&self) -> &W {
        &self.sink
    }
}

impl<R, W> Drop for Output<R, W> {
    fn drop(&mut self) {
        if self.in_flight {
            self.state.end();
        }
    }
}
