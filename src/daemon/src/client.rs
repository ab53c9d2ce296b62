//! A client for programs that ask the daemon and wait for the answer.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use nameplate::InvalidAddress;

use crate::resp::{Malformed, Reply, decode, encode};

/// Requests sent before their replies are read. What they take stays far below a socket's buffer
/// (208 KiB by default), so that sending them never waits for the daemon, which may be waiting
/// for this client to read.
const BATCH: usize = 256;

/// Text longer than this is no address; it is not sent.
const LONGEST_ADDRESS: usize = 64;

/// Why the daemon could not be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody is there, or nobody who may be asked.
    #[error("socket {}: {source}; is `nameplate serve` running there?", path.display())]
    Connect {
        /// The socket's path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The connection broke.
    #[error("the connection to the daemon broke: {0}")]
    Io(#[from] io::Error),
    /// The daemon ended, or ended the connection.
    #[error("the daemon closed the connection; ask again")]
    Closed,
    /// The daemon refused.
    #[error("the daemon refused: {0}")]
    Refused(String),
    /// What answers there does not speak RESP.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// What answers there is no daemon of this kind.
    #[error("the reply is not that of a nameplate daemon; is this its socket?")]
    Unexpected,
}

/// A connection to the daemon. After an error it is in no known state: make a new one.
pub struct Client {
    stream: UnixStream,
    received: Vec<u8>,
    /// Bytes of `received` that were decoded.
    decoded: usize,
}

impl Client {
    /// Connects. Nothing is sent.
    pub fn connect(path: &Path) -> Result<Client, Error> {
        let stream =
            UnixStream::connect(path).map_err(|source| Error::Connect { path: path.into(), source })?;
        Ok(Client { stream, received: Vec::new(), decoded: 0 })
    }

    /// Looks addresses up, texts as in the command line. The result has one entry for each, in
    /// order: the line of JSON, or that it is no address. Cost: a round trip for some hundred.
    pub fn lookup_json(&mut self, addresses: &[&[u8]]) -> Result<Vec<Result<String, InvalidAddress>>, Error> {
        let mut answers = Vec::with_capacity(addresses.len());
        let mut requests = Vec::new();
        for batch in addresses.chunks(BATCH) {
            requests.clear();
            for address in batch.iter().filter(|address| may_be_sent(address)) {
                encode(&[b"LOOKUPJSON", address], &mut requests);
            }
            self.stream.write_all(&requests)?;
            for address in batch {
                answers.push(if may_be_sent(address) { self.answer()? } else { Err(InvalidAddress) });
            }
        }
        Ok(answers)
    }

    /// Asks anything else: a command and its arguments. Its error is [`Error::Refused`].
    pub fn command(&mut self, words: &[&[u8]]) -> Result<Reply, Error> {
        let mut request = Vec::new();
        encode(words, &mut request);
        self.stream.write_all(&request)?;
        match self.reply()? {
            Reply::Error(text) => Err(Error::Refused(text)),
            reply => Ok(reply),
        }
    }

    fn answer(&mut self) -> Result<Result<String, InvalidAddress>, Error> {
        match self.reply()? {
            Reply::Bulk(json) => String::from_utf8(json).map(Ok).map_err(|_| Error::Unexpected),
            Reply::Error(text) if text == "ERR invalid address" => Ok(Err(InvalidAddress)),
            Reply::Error(text) => Err(Error::Refused(text)),
            _ => Err(Error::Unexpected),
        }
    }

    fn reply(&mut self) -> Result<Reply, Error> {
        loop {
            if let Some((reply, length)) = decode(&self.received[self.decoded..])? {
                self.decoded += length;
                return Ok(reply);
            }
            self.received.drain(..std::mem::take(&mut self.decoded));
            let mut bytes = [0; 16 << 10];
            match self.stream.read(&mut bytes) {
                Ok(0) => return Err(Error::Closed),
                Ok(count) => self.received.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn may_be_sent(address: &[u8]) -> bool {
    address.len() <= LONGEST_ADDRESS
}
