//! Puts a finished file where readers look for it.
//!
//! ```text
//! .NAME.PROCESS.NUMBER.tmp, locked --write--> fsync --mode--> rename to NAME --> fsync of the directory
//! ```
//!
//! Whoever is killed on the way leaves a temporary file, and with it goes its lock: so the next one
//! to publish there can tell what was left from what is being written, and removes it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;
use crate::writer::{WriteError, Writer};

/// Writes a range file to `path` so that every reader sees the old file or the new one, whole:
/// temporary file beside it, fsync, mode 0444, rename, fsync of the directory. When anything
/// before the rename fails, the temporary file is removed and what was at `path` stays; when the
/// last step fails, the new file is there but may not outlive a power loss. A process that is killed
/// leaves a temporary file, which the next one to publish at `path` removes.
pub fn publish(writer: Writer, path: &Path) -> Result<(), Error> {
    let write = |out: &mut BufWriter<File>| {
        writer.finish(out).map_err(|error| match error {
            WriteError::Io(error) => error,
            other => io::Error::new(io::ErrorKind::InvalidData, other),
        })
    };
    replace(path, Mode::Exactly(0o444), write).map_err(Error::io(path))
}

/// Puts any content in place of `path`, in the steps of [`publish`]; the mode is a new file's, so 0666
/// without the umask. Fails as `write` or the system does, and leaves what was there.
pub fn publish_other(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    replace(path, Mode::OfNewFile, |out| write(out))
}

/// Who may do what with a published file.
#[derive(Clone, Copy)]
pub(crate) enum Mode {
    /// These bits, whatever the umask.
    Exactly(u32),
    /// Reading and writing, as far as the umask lets.
    OfNewFile,
}

/// Puts what `write` writes in place of `path`, in the steps of [`publish`].
pub(crate) fn replace(
    path: &Path,
    mode: Mode,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    remove_abandoned(path);
    let (temporary, file) = create_temporary(path, mode)?;
    let result = write_and_rename(file, &temporary, path, mode, write);
    if result.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    result
}

fn write_and_rename(
    file: File,
    temporary: &Path,
    path: &Path,
    mode: Mode,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, file);
    write(&mut out)?;
    // Open, and so locked, until it has its name.
    let file = out.into_inner()?;
    if let Mode::Exactly(bits) = mode {
        file.set_permissions(Permissions::from_mode(bits))?;
    }
    file.sync_all()?;
    fs::rename(temporary, path)?;
    File::open(directory_of(path))?.sync_all()
}

/// What temporary files of `path` begin and end with; between them stand process id and number.
fn temporary_name(path: &Path) -> io::Result<(OsString, &'static str)> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "names no file to write"))?;
    let mut start = OsString::from(".");
    start.push(name);
    start.push(".");
    Ok((start, ".tmp"))
}

/// A file of a new name in the same directory, since a rename cannot leave it; and locked.
fn create_temporary(path: &Path, mode: Mode) -> io::Result<(PathBuf, File)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let (start, end) = temporary_name(path)?;
    let bits = match mode {
        Mode::Exactly(_) => 0o600,
        Mode::OfNewFile => 0o666,
    };
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut name = start.clone();
        name.push(format!("{}.{number}{end}", std::process::id()));
        let temporary = path.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).mode(bits).open(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(file) => {
                // Where the file system has no locks, nobody removes what is left there either.
                let _ = file.lock();
                // Before the lock was there, another process may have taken it for abandoned.
                if file.metadata()?.nlink() > 0 {
                    return Ok((temporary, file));
                }
            }
        }
    }
}

/// Removes the temporary files of `path` that nobody writes any more. Whatever stands in the way, a
/// file of another user for example, stays: it keeps nobody from publishing.
fn remove_abandoned(path: &Path) {
    let Ok((start, end)) = temporary_name(path) else { return };
    let Ok(entries) = fs::read_dir(directory_of(path)) else { return };
    for entry in entries.flatten() {
        if is_temporary(&entry.file_name(), &start, end) {
            let _ = remove_if_abandoned(&entry.path());
        }
    }
}

fn is_temporary(name: &OsStr, start: &OsStr, end: &str) -> bool {
    let middle = name.as_bytes().strip_prefix(start.as_bytes());
    let numbers = middle.and_then(|rest| rest.strip_suffix(end.as_bytes())).unwrap_or_default();
    let mut numbers = numbers.split(|byte| *byte == b'.');
    let mut is_number =
        || numbers.next().is_some_and(|text| !text.is_empty() && text.iter().all(u8::is_ascii_digit));
    is_number() && is_number() && numbers.next().is_none()
}

fn remove_if_abandoned(path: &Path) -> io::Result<()> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let opened = file.metadata()?;
    if !opened.is_file() || file.try_lock().is_err() {
        return Ok(());
    }
    // The name may have become another file's since; while it is this one's, which is locked, it
    // stays this one's.
    let named = fs::symlink_metadata(path)?;
    if (named.dev(), named.ino()) == (opened.dev(), opened.ino()) {
        fs::remove_file(path)?;
    }
    Ok(())
}

pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
