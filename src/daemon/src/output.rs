//! Replies on their way out: collected, written in large pieces, and never more of them than the
//! client takes.

use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::limits::{FLUSH_BYTES, KEEP_BYTES, TURN};
use crate::resp::Writer;

/// The replies of one connection and where they go.
pub(crate) struct Output<W> {
    pub(crate) reply: Writer,
    sink: W,
    /// Replies since the connection last let others have their turn.
    turn: u32,
}

impl<W: AsyncWrite + Unpin> Output<W> {
    pub(crate) fn new(sink: W) -> Output<W> {
        Output { reply: Writer::default(), sink, turn: 0 }
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

    /// Writes everything.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        let buffer = &mut self.reply.buffer;
        while !buffer.is_empty() {
            let written = self.sink.write(buffer.filled()).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            buffer.consume(written);
        }
        buffer.shrink(KEEP_BYTES);
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn sink(&self) -> &W {
        &self.sink
    }
}
