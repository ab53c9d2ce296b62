//! Puts a finished file where readers look for it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;
use crate::writer::{WriteError, Writer};

/// Writes a range file to `path` so that every reader sees the old file or the new one, whole:
/// temporary file beside it, fsync, mode 0444, rename, fsync of the directory. When anything
/// before the rename fails, the temporary file is removed and what was at `path` stays; when the
/// last step fails, the new file is there but may not outlive a power loss.
pub fn publish(writer: Writer, path: &Path) -> Result<(), Error> {
    let write = |out: &mut BufWriter<File>| {
        writer.finish(out).map_err(|error| match error {
            WriteError::Io(error) => error,
            other => io::Error::new(io::ErrorKind::InvalidData, other),
        })
    };
    replace(path, 0o444, write).map_err(Error::io(path))
}

/// Puts what `write` writes in place of `path`, in the steps of [`publish`].
pub(crate) fn replace(
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let (temporary, file) = create_temporary(path)?;
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
    mode: u32,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, file);
    write(&mut out)?;
    let file = out.into_inner()?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()?;
    drop(file);
    fs::rename(temporary, path)?;
    File::open(directory_of(path))?.sync_all()
}

/// A file of a new name in the same directory, since a rename cannot leave it. A taken name is
/// another writer's, or was left by one that was killed: it is not ours to remove.
fn create_temporary(path: &Path) -> io::Result<(PathBuf, File)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "names no file to write"))?;
    loop {
        let mut temporary = OsString::from(".");
        temporary.push(name);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        temporary.push(format!(".{}.{number}.tmp", std::process::id()));
        let temporary = path.with_file_name(temporary);
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return Ok((temporary, created?)),
        }
    }
}

pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
