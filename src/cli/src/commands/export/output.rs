//! Where an export goes: standard output, or a file that is replaced as a whole.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::Failure;

/// Bytes given to the system at once.
const BUFFER: usize = 1 << 18;

/// Calls `write` with the place to write to. A file is written beside `path` and renamed when it
/// is complete and on disk, so that whoever reads `path` sees the old content or the new one;
/// when anything fails before, the temporary file is removed and the old one stays.
pub(super) fn write(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    if path == Path::new("-") {
        let mut out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
        write(&mut out)?;
        return Ok(out.flush()?);
    }
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        // A rename would put a file in a device's or a pipe's place.
        let what = "is there and is no file; give the name of a file, or - for standard output";
        return Err(format!("{}: {what}", path.display()).into());
    }
    replace(path, write)
        .map_err(|error| format!("{}: {error}; nothing was changed there", path.display()).into())
}

fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "names no file to write"))?;
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    // A new file's mode, from which the system takes the umask away.
    let mode = Permissions::from_mode(0o666);
    let temporary =
        tempfile::Builder::new().prefix(&prefix).suffix(".tmp").permissions(mode).tempfile_in(directory)?;
    let mut out = BufWriter::with_capacity(BUFFER, temporary);
    write(&mut out)?;
    let temporary = out.into_inner()?;
    temporary.as_file().sync_all()?;
    temporary.persist(path)?;
    // The new file is there; without this it may not outlive a power loss, which the rename's
    // callers can do nothing about.
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
    Ok(())
}
