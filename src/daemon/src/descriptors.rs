//! How many descriptors the process may have: as many as its clients need, if the system lets it.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// What is open beside clients: the log, the sockets, the runtime's own, a reload's files.
const RESERVE: u64 = 64;

/// Raises the soft limit to what `clients` need, at most to the hard one. Where that is not enough, says
/// so in a line: the daemon serves as many as fit.
pub(crate) fn make_room_for(clients: usize) {
    let needed = (clients as u64).saturating_add(RESERVE);
    let limit = getrlimit(Resource::Nofile);
    // None is no limit.
    if limit.current.is_none_or(|current| current >= needed) {
        return;
    }
    let wanted = limit.maximum.map_or(needed, |hard| hard.min(needed));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum });
    let granted = if raised.is_ok() { wanted } else { limit.current.unwrap_or(wanted) };
    if granted < needed {
        warn!(
            descriptors = granted,
            needed,
            clients,
            "limits.clients does not fit into the limit of open files: raise that (LimitNOFILE=, ulimit -n)"
        );
    }
}
