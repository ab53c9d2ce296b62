//! The one place and the one schema of what can be set: the keys of the configuration file, their
//! defaults, and what they must be. Flags of the command line are put over what was read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nameplate_leads::config::LeadsConfig;
use nameplate_web::WebConfig;
use serde::Deserialize;

/// What to serve, where, to whom, and within which limits. docs/nameplate-serve.example.toml shows every
/// key with its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The range file. There is no default.
    pub db: PathBuf,
    /// The socket's path. There is no default; what the service manager passes takes its place.
    pub socket: PathBuf,
    /// Maps the file and shares the page cache with other processes, instead of copying it into
    /// this process's memory. A file that is truncated while it is mapped ends the daemon.
    pub map: bool,
    /// Reads a mapped file into the page cache before serving; a copied one is in memory anyway.
    pub prefault: bool,
    /// The suppression list. What it names is in no answer; when it cannot be read, nothing is served.
    pub suppress: Option<PathBuf>,
    /// Serves only files that this key signed: its file, or the key itself.
    pub public_key: Option<PathBuf>,
    /// Reloads a file with a lower build number than the one that is served, too.
    pub allow_older: bool,
    /// Threads that answer; 0: one for each core that this process may use.
    pub threads: usize,
    /// Who may connect.
    pub access: Access,
    /// What clients may do.
    pub limits: Limits,
    /// Where metrics and health are asked for.
    pub monitor: Monitor,
    /// Where visits are kept, and what may be done with them. Without it there are lookups and nothing else.
    pub leads: Option<LeadsConfig>,
    /// Where REST and the dashboard are served. Without it they are not.
    pub web: Option<WebConfig>,
}

/// Who may connect to the socket: whom its mode lets in, and of those, if there is a list, whom the list names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Access {
    /// The socket file's mode.
    pub mode: SocketMode,
    /// The socket file's owner: a user's name or number. Needs the right to give files away.
    pub owner: Option<Account>,
    /// The socket file's group: a group's name or number, usually one that this process is in.
    pub group: Option<Account>,
    /// Users who may connect. With no user and no group here, whomever the mode lets in.
    pub allow_users: Vec<Account>,
    /// Groups whose members may connect: the process's own group or one of its supplementary ones.
    pub allow_groups: Vec<Account>,
}

/// A user or a group, by name or by number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a user or group is a name in quotes, or a number")]
pub enum Account {
    /// The number that the kernel knows.
    Id(u32),
    /// The name, as /etc/passwd or /etc/group has it.
    Name(String),
}

/// The mode of a socket file: read and write for owner, group and others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SocketMode(u32);

impl SocketMode {
    /// The permission bits, at most 0o777.
    pub const fn bits(self) -> u32 {
        self.0
    }
}

/// Owner and group may connect.
impl Default for SocketMode {
    fn default() -> SocketMode {
        SocketMode(0o660)
    }
}

impl TryFrom<String> for SocketMode {
    type Error = &'static str;

    fn try_from(text: String) -> Result<SocketMode, &'static str> {
        let octal = text.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
        match u32::from_str_radix(&text, 8) {
            Ok(bits) if octal && bits <= 0o777 && bits & 0o600 == 0o600 => Ok(SocketMode(bits)),
            _ => Err("a mode is octal digits in quotes, as \"0660\", with 6 or 7 for the owner"),
        }
    }
}

/// What clients may do. What a limit refuses is counted, in `INFO` and in the metrics. Times of 0 are no
/// limit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Limits {
    /// Clients at the same time; one more gets `-BUSY` and is disconnected.
    pub clients: usize,
    /// Clients whose requests are being answered, or wait for their turn, at the same time; requests
    /// of one more get `-BUSY`.
    pub commands_in_flight: usize,
    /// Bytes of one request with its framing; a longer one ends the connection.
    pub request_bytes: usize,
    /// Bytes of requests that are read while the client does not take its replies; more stays with the
    /// client. Clients that send a whole pipeline before they read need as much as their pipeline is long.
    pub read_ahead_bytes: usize,
    /// Bytes of replies that wait for one client before its next request is looked at.
    pub output_bytes: usize,
    /// Bytes that all clients together may have in long requests and in requests read ahead, beyond the
    /// 16 KiB that each may have anyway. Beyond, nothing is read ahead, and a long request gets `-BUSY`.
    pub buffer_bytes: usize,
    /// Seconds that a client may be silent between requests.
    pub idle_seconds: u64,
    /// Seconds from a request's first byte to its last.
    pub request_seconds: u64,
    /// Seconds in which a client takes the replies that wait for it.
    pub reply_seconds: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            clients: 10_000,
            commands_in_flight: 4096,
            request_bytes: 1 << 20,
            read_ahead_bytes: 512 << 10,
            output_bytes: 16 << 10,
            buffer_bytes: 8 << 20,
            idle_seconds: 3600,
            request_seconds: 10,
            reply_seconds: 10,
        }
    }
}

/// A second socket that answers HTTP: `/metrics` in Prometheus' text format, and `/health`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Monitor {
    /// Its path; without one there is none.
    pub socket: Option<PathBuf>,
    /// The socket file's mode.
    pub mode: SocketMode,
    /// The socket file's owner.
    pub owner: Option<Account>,
    /// The socket file's group.
    pub group: Option<Account>,
}

/// More than any machine has cores for.
const MOST_THREADS: usize = 1024;

/// A century, more than which a clock can't count on.
const LONGEST_SECONDS: u64 = 100 * 365 * 86_400;

/// Why a configuration cannot be used. Its text names the file and the line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The configuration file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No TOML, an unknown key, or a value that does not fit.
    #[error("{}, line {line}: {message}", path.display())]
    Invalid {
        /// The configuration file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// No user or group of this name.
    #[error("{key}: this system has no {kind} {name:?}")]
    NoAccount {
        /// The key, with its table.
        key: &'static str,
        /// Whether it is a user or a group.
        kind: &'static str,
        /// As the configuration has it.
        name: String,
    },
    /// The system cannot say which users and groups it has.
    #[error("{key}: looking for the {kind} {name:?}: {source}")]
    Accounts {
        /// The key, with its table.
        key: &'static str,
        /// Whether it is a user or a group.
        kind: &'static str,
        /// As the configuration has it.
        name: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A value out of its bounds, in the file or from a flag.
    #[error("{key}: {expected}")]
    OutOfBounds {
        /// The key, with its table.
        key: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
}

impl Config {
    /// Reads a configuration file. Keys that it does not have keep their defaults; [`check`](Self::check)
    /// looks at what has no default.
    pub fn read(path: &Path) -> Result<Config, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::Io { path: path.into(), source })?;
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            ConfigError::Invalid { path: path.into(), line, message: error.message().into() }
        })
    }

    /// Whether the daemon can work with these values. That there is a socket is asked later, when it is known
    /// whether the service manager passes one.
    pub fn check(&self) -> Result<(), ConfigError> {
        let limits = &self.limits;
        let bounds = [
            ("db", !self.db.as_os_str().is_empty(), "no range file: give --db or the key db"),
            (
                "monitor.socket",
                self.monitor.socket.as_ref() != Some(&self.socket),
                "another path than that of the socket for clients",
            ),
            ("threads", self.threads <= MOST_THREADS, "at most 1024"),
            ("limits.clients", limits.clients > 0, "at least 1"),
            ("limits.commands_in_flight", limits.commands_in_flight > 0, "at least 1"),
            (
                "limits.request_bytes",
                (16 << 10..=1 << 30).contains(&limits.request_bytes),
                "from 16384 (16 KiB) to 1073741824 (1 GiB)",
            ),
            ("limits.output_bytes", limits.output_bytes >= 4 << 10, "at least 4096 (4 KiB)"),
            (
                "limits",
                [limits.idle_seconds, limits.request_seconds, limits.reply_seconds]
                    .into_iter()
                    .all(|time| time <= LONGEST_SECONDS),
                "seconds of more than a century; 0 is no limit",
            ),
        ];
        if let Some((key, _, expected)) = bounds.into_iter().find(|(_, holds, _)| !holds) {
            return Err(ConfigError::OutOfBounds { key, expected });
        }
        if let Some(web) = &self.web {
            if self.leads.is_none() {
                let expected = "REST and the dashboard are about visits: there must be [leads], too";
                return Err(ConfigError::OutOfBounds { key: "web", expected });
            }
            web.check().map_err(|invalid| ConfigError::OutOfBounds {
                key: invalid.key,
                expected: invalid.expected,
            })?;
        }
        let Some(leads) = &self.leads else { return Ok(()) };
        if self.suppress.is_none() {
            let expected = "with [leads] there is a list for companies that object; nameplate suppress create --list FILE makes an empty one";
            return Err(ConfigError::OutOfBounds { key: "suppress", expected });
        }
        leads
            .check()
            .map_err(|invalid| ConfigError::OutOfBounds { key: invalid.key, expected: invalid.expected })
    }

    /// Whether there is a path to bind, for a daemon that was passed no socket.
    pub(crate) fn check_socket(&self) -> Result<(), ConfigError> {
        let expected = "no socket: give --socket or the key socket, or have the service manager pass one";
        if self.socket.as_os_str().is_empty() {
            return Err(ConfigError::OutOfBounds { key: "socket", expected });
        }
        Ok(())
    }
}

impl Limits {
    pub(crate) fn idle_time(&self) -> Option<Duration> {
        time(self.idle_seconds)
    }

    pub(crate) fn request_time(&self) -> Option<Duration> {
        time(self.request_seconds)
    }

    pub(crate) fn reply_time(&self) -> Option<Duration> {
        time(self.reply_seconds)
    }
}

fn time(seconds: u64) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds))
}
