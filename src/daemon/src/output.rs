//! Replies on their way out: collected, written in large pieces, and never more of them than the
//! client takes.
//!
//! Many clients send a whole pipeline before they read the first reply. If the daemon stopped
//! reading as soon as a reply has to wait, both would wait for ever. So while replies wait, requests
//! are still read, up to a limit, and answered when the replies are out: what waits is the short
//! requests, not the long replies.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::buffer::Buffer;
use crate::limits::{FLUSH_BYTES, KEEP_BYTES, READ_AHEAD_BYTES, READ_BYTES, TURN};
use crate::resp::Writer;

/// The replies of one connection and where they go.
pub(crate) struct Output<R, W> {
    pub(crate) reply: Writer,
    source: R,
    sink: W,
    /// Requests that came while replies waited.
    ahead: Buffer,
    /// The client will send no more.
    ended: bool,
    /// Replies since the connection last let others have their turn.
    turn: u32,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Output<R, W> {
    pub(crate) fn new(source: R, sink: W) -> Output<R, W> {
        Output { reply: Writer::default(), source, sink, ahead: Buffer::default(), ended: false, turn: 0 }
    }

    /// Reads requests into `room`: first those that were read ahead, then those that come. 0: there
    /// will be no more.
    pub(crate) async fn receive(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if !self.ahead.is_empty() {
            let count = room.len().min(self.ahead.len());
            room[..count].copy_from_slice(&self.ahead.filled()[..count]);
            self.ahead.consume(count);
            self.ahead.shrink(READ_BYTES);
            return Ok(count);
        }
        if self.ended { Ok(0) } else { self.source.read(room).await }
    }

    /// Whether [`receive`](Self::receive) has requests that were read ahead.
    pub(crate) fn has_ahead(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// To be called after every reply, and between the parts of a long one. Writes if much has
    /// gathered, and waits until the client has taken it: what a client does not read, it cannot
    /// make the daemon hold. Lets others have their turn if this connection has had its.
    pub(crate) async fn breathe(&mut self) -> io::Result<()> {
        if self.reply.buffer.len() >= FLUSH_BYTES {
            self.flush().await?;
        }
        self.turn += 1;
        if self.turn >= TURN {
            self.turn = 0;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Writes everything, and reads ahead while the client does not take it.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        let Output { reply, source, sink, ahead, ended, .. } = self;
        let buffer = &mut reply.buffer;
        while !buffer.is_empty() {
            let room = READ_AHEAD_BYTES.saturating_sub(ahead.len()).min(READ_BYTES);
            let may_read = room > 0 && !*ended;
            if may_read {
                ahead.reserve(room);
            }
            tokio::select! {
                biased;
                written = sink.write(buffer.filled()) => match written? {
                    0 => return Err(io::ErrorKind::WriteZero.into()),
                    written => buffer.consume(written),
                },
                received = source.read(ahead.spare()), if may_read => match received? {
                    0 => *ended = true,
                    received => ahead.advance(received),
                },
            }
        }
        buffer.shrink(KEEP_BYTES);
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
