//! The client: sends what a [`Script`] says and walks the replies, the same way for every server.

use std::io::{self, Read, Write};
use std::ops::{AddAssign, Range};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Instant;

use rustix::event::epoll;

use crate::Result;
use crate::sockets::script::Script;

/// Bytes that are read at once.
pub const BUFFER: usize = 64 << 10;

/// What came back, for comparison: nothing of it may change from round to round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Whole replies.
    pub replies: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// The bytes added up.
    pub sum: u64,
    /// Errors and nulls, of which there must be none.
    pub refused: u64,
}

impl Totals {
    /// What so many times as much brings.
    #[must_use]
    pub fn times(self, passes: u64) -> Totals {
        Totals {
            replies: self.replies * passes,
            bytes: self.bytes * passes,
            sum: self.sum * passes,
            refused: self.refused * passes,
        }
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, more: Totals) {
        self.replies += more.replies;
        self.bytes += more.bytes;
        self.sum += more.sum;
        self.refused += more.refused;
    }
}

/// Walks RESP replies in whatever pieces they come, without keeping them.
#[derive(Default)]
pub struct Replies {
    /// Bytes of a bulk string that are still to come, its line end included.
    skip: usize,
    /// Values still to come until the reply is whole, that at hand included.
    open: usize,
    /// Type byte of the line at hand; 0 between lines.
    kind: u8,
    number: usize,
    negative: bool,
    totals: Totals,
}

impl Replies {
    /// Walks over the next bytes.
    pub fn walk(&mut self, mut bytes: &[u8]) {
        self.totals.bytes += bytes.len() as u64;
        self.totals.sum += bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        loop {
            if self.skip > 0 {
                let skipped = self.skip.min(bytes.len());
                bytes = &bytes[skipped..];
                self.skip -= skipped;
                if self.skip > 0 {
                    return;
                }
                self.value();
            }
            if self.kind == 0 {
                let Some((kind, rest)) = bytes.split_first() else { return };
                (self.kind, self.number, self.negative) = (*kind, 0, false);
                self.open = self.open.max(1);
                bytes = rest;
            }
            let mut line = 0;
            loop {
                let Some(byte) = bytes.get(line) else { return };
                line += 1;
                match byte {
                    b'0'..=b'9' => self.number = self.number.wrapping_mul(10) + usize::from(byte - b'0'),
                    b'\n' => break,
                    b'-' => self.negative = true,
                    _ => {}
                }
            }
            bytes = &bytes[line..];
            match std::mem::take(&mut self.kind) {
                b'$' if !self.negative => self.skip = self.number + 2,
                b'*' if !self.negative => {
                    self.open += self.number;
                    self.value();
                }
                b'%' => {
                    self.open += 2 * self.number;
                    self.value();
                }
                b':' | b'+' => self.value(),
                _ => {
                    self.totals.refused += 1;
                    self.value();
                }
            }
        }
    }

    /// A value is whole.
    fn value(&mut self) {
        self.open -= 1;
        self.totals.replies += u64::from(self.open == 0);
    }
}

/// A client's connection. Requests and replies of a batch fit a socket's buffer, so that sending never waits
/// for the server.
pub struct Connection {
    stream: UnixStream,
    replies: Replies,
}

impl Connection {
    /// Connects; nothing is sent.
    pub fn open(socket: &Path) -> Result<Connection> {
        let stream = UnixStream::connect(socket).map_err(|error| format!("{}: {error}", socket.display()))?;
        Ok(Connection { stream, replies: Replies::default() })
    }

    /// Sends a whole batch.
    pub fn send(&mut self, batch: &[u8]) -> io::Result<()> {
        self.stream.write_all(batch)
    }

    /// Waits for bytes and walks over those that came.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        match self.stream.read(buffer)? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")),
            count => {
                self.replies.walk(&buffer[..count]);
                Ok(())
            }
        }
    }

    /// Waits until so many replies have come in all.
    pub fn receive_until(&mut self, replies: u64, buffer: &mut [u8]) -> io::Result<()> {
        while self.replies.totals.replies < replies {
            self.receive(buffer)?;
        }
        Ok(())
    }

    fn start_totals(&mut self) {
        self.replies.totals = Totals::default();
    }
}

/// Sends the script so many times over one connection, with `window` batches under way.
pub fn one_connection(
    connection: &mut Connection,
    script: &Script,
    window: usize,
    passes: u64,
    buffer: &mut [u8],
) -> io::Result<Totals> {
    connection.start_totals();
    let mut sent = 0;
    let mut done = 0;
    for _ in 0..passes {
        for batch in script.batches() {
            if sent >= window as u64 {
                done += script.per_batch();
                connection.receive_until(done, buffer)?;
            }
            connection.send(batch)?;
            sent += 1;
        }
    }
    connection.receive_until(sent * script.per_batch(), buffer)?;
    Ok(connection.replies.totals)
}

/// Sends batches `from..to` of the script one after the other and says what each took, in nanoseconds.
pub fn round_trips(
    connection: &mut Connection,
    script: &Script,
    batches: Range<usize>,
    times: &mut Vec<f64>,
    buffer: &mut [u8],
) -> io::Result<Totals> {
    connection.start_totals();
    for (place, batch) in batches.enumerate() {
        let start = Instant::now();
        connection.send(script.batch(batch))?;
        connection.receive_until((place as u64 + 1) * script.per_batch(), buffer)?;
        times.push(start.elapsed().as_nanos() as f64);
    }
    Ok(connection.replies.totals)
}

/// Sends the script so many times over all connections at once, from one thread: each connection sends
/// its next batch as soon as it has all replies of the last, as redis-benchmark does it.
pub fn many_connections(
    connections: &mut [Connection],
    script: &Script,
    passes: u64,
    buffer: &mut [u8],
) -> io::Result<Totals> {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let mut left = script.batches().len() as u64 * passes;
    let mut batches = script.batches().cycle();
    let mut under_way = 0;
    for (place, connection) in connections.iter_mut().enumerate() {
        connection.start_totals();
        let data = epoll::EventData::new_u64(place as u64);
        epoll::add(&poll, &connection.stream, data, epoll::EventFlags::IN)?;
    }
    let mut next = |connection: &mut Connection, under_way: &mut usize| match batches.next() {
        Some(batch) if left > 0 => {
            left -= 1;
            *under_way += 1;
            connection.send(batch)
        }
        _ => Ok(()),
    };
    for connection in connections.iter_mut() {
        next(connection, &mut under_way)?;
    }
    let mut events = Vec::with_capacity(connections.len());
    while under_way > 0 {
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None)?;
        for event in events.drain(..) {
            let connection = &mut connections[event.data.u64() as usize];
            let before = connection.replies.totals.replies;
            connection.receive(buffer)?;
            let after = connection.replies.totals.replies;
            if after > before && after.is_multiple_of(script.per_batch()) {
                under_way -= 1;
                next(connection, &mut under_way)?;
            }
        }
    }
    let mut totals = Totals::default();
    for connection in connections {
        totals += connection.replies.totals;
    }
    Ok(totals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_counted_whole_in_whatever_pieces_they_come() {
        let replies =
            b"*2\r\n$3\r\na\r\n\r\n*1\r\n:-7\r\n$0\r\n\r\n%1\r\n+k\r\n$1\r\nv\r\n-ERR 12\r\n$-1\r\n*0\r\n";
        for piece in 1..replies.len() {
            let mut walk = Replies::default();
            for bytes in replies.chunks(piece) {
                walk.walk(bytes);
            }
            assert_eq!((walk.totals.replies, walk.totals.refused), (6, 2), "in pieces of {piece}");
            assert_eq!((walk.totals.bytes, walk.open), (replies.len() as u64, 0));
        }
    }
}
