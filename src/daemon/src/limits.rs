//! The daemon's own measures, which nobody needs to set. What can be set is in [`crate::config`].

use std::time::Duration;

/// Arguments of one request, the command's name included.
pub(crate) const MAX_ARGUMENTS: usize = 65_536;

/// Bytes of one inline request, as Redis' `PROTO_INLINE_MAX_SIZE`.
pub(crate) const MAX_INLINE_BYTES: usize = 64 << 10;

/// Bytes of a name that a client gives itself: it is kept as long as the connection.
pub(crate) const MAX_CLIENT_NAME_BYTES: usize = 256;

/// Bytes that a connection reads at once, and that its requests may take without being charged to
/// `limits.buffer_bytes`.
pub(crate) const READ_BYTES: usize = 16 << 10;

/// Bytes of requests that may be read ahead without being charged to `limits.buffer_bytes`.
pub(crate) const FREE_AHEAD_BYTES: usize = 4 << 10;

/// Lookups after which a connection lets the others have their turn.
pub(crate) const TURN: usize = 128;

/// How often what is older than it may get is removed.
pub(crate) const PURGE_INTERVAL: Duration = Duration::from_hours(24);

/// Visits of one client that wait for the disk together.
pub(crate) const VISITS: usize = 256;

/// Visits after which a connection lets the others have their turn: each takes as long as a dozen lookups.
pub(crate) const VISITS_AT_ONCE: usize = 8;

/// Connections that may wait to be accepted.
pub(crate) const BACKLOG: u32 = 1024;

/// Pause after an `accept` that failed for want of descriptors or memory, if no client leaves before: both come
/// back only when somebody lets go, so asking at once would only burn a core.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Failed accepts, and clients that are refused, are logged at most once in this time.
pub(crate) const REFUSAL_LOG_INTERVAL: Duration = Duration::from_secs(1);

/// How long a client that does not take its reply may keep a replaced range file in memory.
pub(crate) const OLD_GENERATION: Duration = Duration::from_secs(10);

/// How long the end waits for clients to take their last replies.
pub(crate) const DRAIN: Duration = Duration::from_secs(5);

/// How long to wait for another daemon that is just taking or leaving a socket in the directory.
pub(crate) const DIRECTORY_LOCK: Duration = Duration::from_secs(5);

/// Connections of the monitor at the same time.
pub(crate) const MONITOR_CONNECTIONS: usize = 16;

/// Bytes of a request to the monitor, and of its buffer; the least that hyper takes.
pub(crate) const MONITOR_HEADER_BYTES: usize = 8 << 10;

/// How long a connection of the monitor lasts, from connecting until the answer has been taken.
pub(crate) const MONITOR_TIME: Duration = Duration::from_secs(5);
