//! Where a file's bytes live, and the two ways to get them there.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use memmap2::{Mmap, MmapOptions};

/// A file's bytes in memory: they do not move and do not change while this lives.
pub(crate) enum Backing {
    /// The file itself.
    Mapped(Mmap),
    /// A copy of it.
    #[cfg(target_os = "linux")]
    Sealed(crate::sealed::Sealed),
}

impl Backing {
    /// Maps the file: one copy in the page cache for every process that maps it.
    ///
    /// The file must not be truncated or written while it is mapped (replace it by rename):
    /// reading a page that has gone raises SIGBUS, and no reader can prevent that.
    pub(crate) fn map(path: &Path, prefault: bool) -> io::Result<Backing> {
        let file = open(path)?;
        let mut options = MmapOptions::new();
        if prefault {
            options.populate();
        }
        // SAFETY: a mapping is undefined behaviour only if the file changes beneath it. The
        // contract of `Database::open` forbids that, as every mapping reader's must; the files
        // that this project writes are read-only and replaced by rename.
        let map = unsafe { options.map(&file)? };
        // A hint that the system may not know, or may have no huge pages for; nothing depends on it.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        Ok(Backing::Mapped(map))
    }

    /// Copies the file into sealed memory: nothing that happens to the file afterwards matters.
    pub(crate) fn copy(path: &Path) -> io::Result<Backing> {
        let mut file = open(path)?;
        // A file that changes while it is copied gives a copy that is neither the one nor the other,
        // which the length in the header or a checksum tells.
        Self::sealed(|memory| copy(&mut file, memory))
    }

    /// Copies bytes that are already in memory.
    pub(crate) fn from_bytes(bytes: &[u8]) -> io::Result<Backing> {
        Self::sealed(|memory| memory.write_all(bytes))
    }

    #[cfg(target_os = "linux")]
    fn sealed(write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<Backing> {
        crate::sealed::Sealed::new(write).map(Backing::Sealed)
    }

    /// Where there are no seals, memory that is this process's alone.
    #[cfg(not(target_os = "linux"))]
    fn sealed(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<Backing> {
        let mut bytes = Vec::new();
        write(&mut bytes)?;
        let mut memory = memmap2::MmapMut::map_anon(bytes.len())?;
        memory.copy_from_slice(&bytes);
        Ok(Backing::Mapped(memory.make_read_only()?))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Backing::Mapped(map) => map,
            #[cfg(target_os = "linux")]
            Backing::Sealed(sealed) => sealed.bytes(),
        }
    }
}

/// By way of a buffer that stays in the processor's cache: `io::copy` has the kernel do it, which takes
/// twice as long into a memory file.
fn copy(from: &mut File, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; 256 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => to.write_all(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Opens a regular file for reading; never waits for a writer, as a named pipe would have it.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    require_regular_file(&file)?;
    Ok(file)
}

/// Directories, devices and sockets fail later, in sentences that help nobody, or not at all.
fn require_regular_file(file: &File) -> io::Result<()> {
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory, not a file"));
    }
    if !kind.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "is no regular file"));
    }
    Ok(())
}
