//! The least that a Unix socket costs: a process that reads a request and writes a reply, and does
//! nothing else.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;

use crate::Result;

/// What the child of [`Server::echo`](super::server::Server::echo) does: writes the bytes of the file
/// `reply` for whatever one `read` gives, one client after the other, until it is killed.
pub fn child(socket: &Path, reply: &Path) -> Result<()> {
    let reply = fs::read(reply)?;
    let listener = UnixListener::bind(socket)?;
    let mut request = [0; 16 << 10];
    loop {
        let (mut stream, _) = listener.accept()?;
        while stream.read(&mut request)? > 0 {
            stream.write_all(&reply)?;
        }
    }
}
