//! Taking and leaving a place in the file system.
//!
//! - The socket is never open wider than it is to be, not for a moment: nobody can connect before owner,
//!   group and mode are final.
//! - The place of a daemon that died is taken over; that of a daemon that lives is not, and a
//!   file, directory or symbolic link is never touched.
//! - Daemons that come and go at the same time do not take each other's place: looking, removing
//!   and creating happen under a lock on the directory.
//! - On leaving, only this daemon's own socket is removed.

use std::fs::{self, File, Metadata, TryLockError};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{AtFlags, Gid, Mode, OFlags, Uid};
use tokio::net::{UnixListener, UnixSocket};
use tokio::time::{Instant, sleep};

use crate::accounts;
use crate::config::{Access, Account, ConfigError, Monitor, SocketMode};
use crate::limits::{BACKLOG, DIRECTORY_LOCK};

/// A socket's mode while it is not yet its owner's and group's.
const UNFINISHED: u32 = 0o600;

/// `sun_path` in unix(7), with its final zero byte.
const LONGEST_PATH: usize = 107;

/// What the socket's file is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketFile {
    /// Its mode.
    pub mode: SocketMode,
    /// Its owner; none: this process's user.
    pub owner: Option<u32>,
    /// Its group; none: what the system gives a file made here.
    pub group: Option<u32>,
}

impl SocketFile {
    /// Of the socket for clients. Asks the system for the accounts' numbers.
    pub fn for_clients(access: &Access) -> Result<SocketFile, ConfigError> {
        let keys = ["access.owner", "access.group"];
        SocketFile::resolve(access.mode, access.owner.as_ref(), access.group.as_ref(), keys)
    }

    /// Of the socket for metrics and health. Asks the system for the accounts' numbers.
    pub fn for_monitor(monitor: &Monitor) -> Result<SocketFile, ConfigError> {
        let keys = ["monitor.owner", "monitor.group"];
        SocketFile::resolve(monitor.mode, monitor.owner.as_ref(), monitor.group.as_ref(), keys)
    }

    fn resolve(
        mode: SocketMode,
        owner: Option<&Account>,
        group: Option<&Account>,
        [owner_key, group_key]: [&'static str; 2],
    ) -> Result<SocketFile, ConfigError> {
        let owner = owner.map(|owner| accounts::user(owner_key, owner)).transpose()?;
        let group = group.map(|group| accounts::group(group_key, group)).transpose()?;
        Ok(SocketFile { mode, owner, group })
    }
}

/// Why a socket could not be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// Somebody answers there.
    #[error("another daemon serves there; stop it or choose another path")]
    InUse,
    /// There is something, and it is no socket.
    #[error("there is a {found} in its place, which is left alone; choose another path or remove it")]
    Occupied {
        /// What there is.
        found: &'static str,
    },
    /// The path names no file.
    #[error("the path does not name a file; give one such as /run/nameplate/nameplate.sock")]
    NoName,
    /// A socket without a file.
    #[error(
        "a path that begins with @ or a zero byte means an abstract socket, which has no mode: any process \
         could connect; give the path of a file"
    )]
    Abstract,
    /// The system's limit for the paths of sockets.
    #[error("the path has {length} bytes, but the system allows {LONGEST_PATH}; choose a shorter one")]
    TooLong {
        /// Bytes of the path.
        length: usize,
    },
    /// The directory is locked.
    #[error("its directory stays locked by another program; is another daemon just starting?")]
    Locked,
    /// The operating system refused.
    #[error("{action}: {source}")]
    System {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

fn system(action: &'static str) -> impl FnOnce(io::Error) -> SocketError {
    move |source| SocketError::System { action, source }
}

/// The place that a listener has in the file system. Dropping it leaves the socket there.
pub struct Place {
    path: PathBuf,
    device: u64,
    inode: u64,
    /// Keeps the inode from being freed, so that its number stays ours even when somebody else
    /// has removed the file and created another one.
    file: OwnedFd,
}

/// Takes the place, makes the socket what `file` says, and listens. Must be called in a tokio runtime with
/// I/O and time.
pub async fn bind(path: &Path, file: &SocketFile) -> Result<(UnixListener, Place), SocketError> {
    // To many programs the first is a way to write the second.
    if matches!(path.as_os_str().as_bytes().first(), Some(b'@' | 0)) {
        return Err(SocketError::Abstract);
    }
    if path.file_name().is_none() {
        return Err(SocketError::NoName);
    }
    let length = path.as_os_str().as_bytes().len();
    if length > LONGEST_PATH {
        return Err(SocketError::TooLong { length });
    }
    let _lock = lock_directory(path).await?;
    remove_stale(path).await?;
    create(path, file)
}

impl Place {
    fn new(path: &Path) -> io::Result<Place> {
        let inode = rustix::fs::open(path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
        let found = rustix::fs::fstat(&inode)?;
        Ok(Place { path: path.into(), device: found.st_dev, inode: found.st_ino, file: inode })
    }

    /// Removes the socket if it is still the one that was created. Says whether it was.
    pub async fn leave(self) -> Result<bool, SocketError> {
        let _lock = lock_directory(&self.path).await?;
        match fs::symlink_metadata(&self.path) {
            Ok(found) if (found.dev(), found.ino()) == (self.device, self.inode) => {
                fs::remove_file(&self.path).map_err(system("removing the socket"))?;
                Ok(true)
            }
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(system("looking for the socket")(error)),
        }
    }
}

/// An exclusive flock(2) on the directory, until the file is closed. In a directory that others
/// may read, as `/tmp`, others may hold such a lock for ever, so waiting has an end.
async fn lock_directory(path: &Path) -> Result<File, SocketError> {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let file = File::open(directory).map_err(system("opening its directory"))?;
    let end = Instant::now() + DIRECTORY_LOCK;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < end => {
                sleep(Duration::from_millis(10)).await;
            }
            Err(TryLockError::WouldBlock) => return Err(SocketError::Locked),
            Err(TryLockError::Error(error)) => return Err(system("locking its directory")(error)),
        }
    }
}

/// Makes the place free, or says why it is not to be had.
async fn remove_stale(path: &Path) -> Result<(), SocketError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(system("looking at the path")(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(SocketError::Occupied { found: kind_of(&found) });
        }
        Ok(_) => {}
    }
    let probe = UnixSocket::new_stream().map_err(system("creating a socket"))?;
    match probe.connect(path).await {
        // A full backlog says WouldBlock; a socket of another type, "wrong protocol type".
        Ok(_) => Err(SocketError::InUse),
        Err(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(system("removing the socket of a daemon that has ended")(error))
                }
                _ => Ok(()),
            },
            io::ErrorKind::NotFound => Ok(()),
            io::ErrorKind::WouldBlock => Err(SocketError::InUse),
            _ => Err(system("asking whether another daemon serves there")(error)),
        },
    }
}

fn kind_of(found: &Metadata) -> &'static str {
    let kind = found.file_type();
    if kind.is_symlink() {
        "symbolic link"
    } else if kind.is_dir() {
        "directory"
    } else if kind.is_file() {
        "file"
    } else {
        "device or pipe"
    }
}

/// Linux creates the socket's file with the mode of the socket itself, less the umask
/// (`unix_bind_bsd` in net/unix/af_unix.c). So the mode is set before there is a file, without
/// touching the umask, which belongs to all threads.
///
/// ```text
/// bind, 0600 or narrower --> chown --> chmod --> listen
/// ```
///
/// Until `listen` the kernel refuses every connection; and until the file has its owner and group, its mode
/// says owner alone. Only what the mode itself says wants no second step, where the umask lets it be.
fn create(path: &Path, file: &SocketFile) -> Result<(UnixListener, Place), SocketError> {
    let socket = UnixSocket::new_stream().map_err(system("creating a socket"))?;
    let changes_hands = file.owner.is_some() || file.group.is_some();
    let first = if changes_hands { UNFINISHED } else { file.mode.bits() };
    rustix::fs::fchmod(&socket, Mode::from_raw_mode(first))
        .map_err(|error| system("setting the socket's mode")(error.into()))?;
    socket.bind(path).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => SocketError::InUse,
        _ => SocketError::System { action: "creating the socket", source },
    })?;
    let finished = Place::new(path)
        .map_err(system("looking at the new socket"))
        .and_then(|place| place.finish(file, first).map(|()| place))
        .and_then(|place| Ok((socket.listen(BACKLOG).map_err(system("listening"))?, place)));
    if finished.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(path);
    }
    finished
}

impl Place {
    /// Gives the new file, made with `first` as its mode, its owner, group and final mode. All by its
    /// inode: whatever comes to stand at the path meanwhile is not touched.
    fn finish(&self, file: &SocketFile, first: u32) -> Result<(), SocketError> {
        let mode = || Ok(rustix::fs::fstat(&self.file)?.st_mode & 0o777);
        if mode().map_err(system("looking at the new socket"))? & !first != 0 {
            let wider = io::Error::other("this system creates sockets with a wider mode than asked for");
            return Err(system("creating the socket")(wider));
        }
        if file.owner.is_some() || file.group.is_some() {
            let owner = file.owner.map(Uid::from_raw);
            let group = file.group.map(Gid::from_raw);
            rustix::fs::chownat(&self.file, "", owner, group, AtFlags::EMPTY_PATH).map_err(|error| {
                system(
                    "giving the socket to its owner and group, for which a user other than root must be \
                        the owner and in the group",
                )(error.into())
            })?;
        }
        if mode().map_err(system("looking at the new socket"))? != file.mode.bits() {
            // fchmod(2) refuses descriptors of this kind, but their names in /proc do.
            let name = format!("/proc/self/fd/{}", self.file.as_fd().as_raw_fd());
            fs::set_permissions(name, fs::Permissions::from_mode(file.mode.bits()))
                .map_err(system("setting the socket's mode"))?;
        }
        Ok(())
    }
}
