//! Puts a finished file where readers look for it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::writer::{WriteError, Writer};

/// Writes a range file to `path` so that every reader sees the old file or the new one, whole:
/// temporary file beside it, fsync, mode 0444, rename, fsync of the directory. When anything
/// fails, the temporary file is removed and what was at `path` stays.
pub fn publish(writer: Writer, path: &Path) -> Result<(), Error> {
    let temporary = temporary_path(path).map_err(Error::io(path))?;
    let result = write_and_rename(writer, &temporary, path);
    if result.is_err() {
        // The first error is the one to tell; the file may not even have been created.
        let _ = fs::remove_file(&temporary);
    }
    result.map_err(Error::io(path))
}

fn write_and_rename(writer: Writer, temporary: &Path, path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary)?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    writer.finish(&mut out).map_err(|error| match error {
        WriteError::Io(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, other),
    })?;
    let file = out.into_inner()?;
    file.set_permissions(Permissions::from_mode(0o444))?;
    file.sync_all()?;
    drop(file);
    fs::rename(temporary, path)?;
    File::open(directory_of(path))?.sync_all()
}

/// A name that no other process uses, in the same directory, since a rename cannot leave it.
fn temporary_path(path: &Path) -> io::Result<PathBuf> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "names no file to write"))?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", std::process::id()));
    Ok(path.with_file_name(temporary))
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
