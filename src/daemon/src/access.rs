//! Who may stay of those whom the socket's mode let connect: an allow-list of users and groups.
//!
//! The kernel says who connected, as they were at that moment (unix(7)): `SO_PEERCRED` the user and the
//! group, `SO_PEERGROUPS` the supplementary groups. Nothing that a client sends is read for that, and
//! nothing of one that is refused is read at all.

use std::io;
use std::mem::size_of;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use rustix::net::{SendFlags, send};
use tracing::debug;

use crate::accounts;
use crate::config::{Access, ConfigError};

const REFUSED: &[u8] = b"-NOPERM not in the daemon's list of users and groups that may connect\r\n";

/// Who may stay, in the kernel's numbers.
#[derive(Debug, Default)]
pub struct AccessList {
    /// None where the configuration has no list: the socket's mode decides alone.
    allowed: Option<Allowed>,
}

#[derive(Debug)]
struct Allowed {
    users: Vec<u32>,
    groups: Vec<u32>,
}

impl AccessList {
    /// Asks the system for the numbers of the users and groups that the configuration names. Root and this
    /// process's own user are always among them: they could do anything to the daemon anyway, and a list
    /// that locked the daemon's own user out would lock its health checks out.
    pub fn resolve(access: &Access) -> Result<AccessList, ConfigError> {
        if access.allow_users.is_empty() && access.allow_groups.is_empty() {
            return Ok(AccessList::default());
        }
        let mut users = vec![0, rustix::process::geteuid().as_raw()];
        for account in &access.allow_users {
            users.push(accounts::user("access.allow_users", account)?);
        }
        let groups =
            access.allow_groups.iter().map(|account| accounts::group("access.allow_groups", account));
        Ok(AccessList { allowed: Some(Allowed { users, groups: groups.collect::<Result<_, _>>()? }) })
    }

    /// Whether who connected may stay. Who may not has been told so; the caller closes. Cost: one system
    /// call, two where a group is to be looked for, none without a list.
    pub(crate) fn admits(&self, socket: impl AsFd) -> bool {
        let Some(allowed) = &self.allowed else { return true };
        let socket = socket.as_fd();
        // Whom the kernel does not name is nobody's friend.
        if allowed.admits(socket).unwrap_or(false) {
            return true;
        }
        debug!("refused who is not in the allow-list");
        // A new socket's buffer is empty and takes this at once; who has gone already misses nothing.
        let _ = send(socket, REFUSED, SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
        false
    }
}

impl Allowed {
    fn admits(&self, socket: BorrowedFd<'_>) -> io::Result<bool> {
        // Not rustix', which has no place for the process number 0: that is what a process outside of this
        // one's PID name space has, such as one on the host where the daemon is in a container.
        let peer = getsockopt(&socket, PeerCredentials)?;
        if self.users.contains(&peer.uid()) || self.groups.contains(&peer.gid()) {
            return Ok(true);
        }
        if self.groups.is_empty() {
            return Ok(false);
        }
        Ok(supplementary_groups(socket)?.iter().any(|group| self.groups.contains(group)))
    }
}

/// `SO_PEERGROUPS`, which the kernel's interface knows since 4.13 and no library wraps.
fn supplementary_groups(socket: BorrowedFd<'_>) -> io::Result<Vec<libc::gid_t>> {
    let mut groups: Vec<libc::gid_t> = vec![0; 32];
    loop {
        let room = groups.len() * size_of::<libc::gid_t>();
        let mut length = libc::socklen_t::try_from(room).map_err(io::Error::other)?;
        // SAFETY: `socket` is open as long as it is borrowed; `groups` has `length` bytes, any of which
        // make a gid_t, and both pointers are good for the call.
        let failed = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PEERGROUPS,
                groups.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        let needed = length as usize / size_of::<libc::gid_t>();
        if failed == 0 {
            groups.truncate(needed);
            return Ok(groups);
        }
        let error = io::Error::last_os_error();
        // Then `length` is what it takes; a socket's groups never change, so the next time suffices.
        if error.raw_os_error() != Some(libc::ERANGE) || needed <= groups.len() {
            return Err(error);
        }
        groups.resize(needed, 0);
    }
}
