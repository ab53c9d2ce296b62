//! Where an export goes: standard output, or a file that is replaced as a whole.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use nameplate::publish_other;

use super::Failure;

/// Bytes given to standard output at once.
const BUFFER: usize = 1 << 18;

/// Calls `write` with the place to write to. A file is published: whoever reads `path` sees the old
/// content or the new one.
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
    publish_other(path, write)
        .map_err(|error| format!("{}: {error}; nothing was changed there", path.display()).into())
}
