//! Sockets that the service manager made and passes (sd_listen_fds(3)): with them the daemon neither
//! creates nor removes a socket file.
//!
//! One that is called `monitor` is for metrics and health, the other for clients; a socket unit calls its
//! socket by `FileDescriptorName=`.

use std::io;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::net::sockopt::{socket_acceptconn, socket_domain, socket_type};
use rustix::net::{AddressFamily, SocketType};

/// The name of the socket for metrics and health.
const MONITOR: &str = "monitor";

/// Why what was passed cannot be served on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActivationError {
    /// `LISTEN_FDS`, `LISTEN_PID` or `LISTEN_FDNAMES` do not hold together with what is open.
    #[error("sockets passed by the service manager (LISTEN_FDS): {0}")]
    Environment(#[from] io::Error),
    /// A file, a connection, or a socket of another kind.
    #[error(
        "descriptor {descriptor}, called {name:?}, passed by the service manager, is not a listening Unix \
         stream socket; use ListenStream= with a path and Accept=no"
    )]
    NoListener {
        /// Its number.
        descriptor: i32,
        /// Its name, by `FileDescriptorName=`.
        name: String,
    },
    /// One too many.
    #[error(
        "the service manager passed two sockets for {purpose}; name the one for metrics and health with \
         FileDescriptorName=monitor"
    )]
    Twice {
        /// What they would be for.
        purpose: &'static str,
    },
}

/// What was passed to this process; non-blocking, and closed in every program that it would start.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    /// For clients.
    pub(crate) clients: Option<UnixListener>,
    /// For metrics and health.
    pub(crate) monitor: Option<UnixListener>,
}

/// Takes what was passed. The second time in a process there is nothing any more.
pub(crate) fn take() -> Result<Passed, ActivationError> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    let mut passed = Passed::default();
    if TAKEN.swap(true, Ordering::Relaxed) {
        return Ok(passed);
    }
    for (descriptor, name) in sd_notify::listen_fds_with_names()? {
        // SAFETY: LISTEN_PID says that the descriptors from 3 on were passed to this very process to be
        // its own; they are open, for their flags have just been set; nobody has taken them before.
        let socket = unsafe { OwnedFd::from_raw_fd(descriptor) };
        if !is_unix_listener(&socket) {
            return Err(ActivationError::NoListener { descriptor, name });
        }
        let listener = UnixListener::from(socket);
        listener.set_nonblocking(true)?;
        let (place, purpose) = match name.as_str() {
            MONITOR => (&mut passed.monitor, "metrics and health"),
            _ => (&mut passed.clients, "clients"),
        };
        if place.replace(listener).is_some() {
            return Err(ActivationError::Twice { purpose });
        }
    }
    Ok(passed)
}

fn is_unix_listener(socket: impl AsFd) -> bool {
    let socket = socket.as_fd();
    socket_domain(socket) == Ok(AddressFamily::UNIX)
        && socket_type(socket) == Ok(SocketType::STREAM)
        && socket_acceptconn(socket) == Ok(true)
}
