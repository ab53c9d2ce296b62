//! Where a file's bytes live, and the two ways to get them there.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

#[cfg(target_os = "linux")]
use memmap2::Advice;
use memmap2::{Mmap, MmapMut, MmapOptions};

/// A file's bytes in memory: they do not move and do not change while this lives.
pub(crate) struct Backing(Mmap);

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
        #[cfg(target_os = "linux")]
        advise_huge_pages(|| map.advise(Advice::HugePage));
        Ok(Backing(map))
    }

    /// Copies the file into memory of this process: nobody can change it or shrink it.
    pub(crate) fn copy(path: &Path) -> io::Result<Backing> {
        let mut file = open(path)?;
        let length = usize::try_from(file.metadata()?.len())
            .map_err(|_| io::Error::new(io::ErrorKind::FileTooLarge, "larger than this machine's memory"))?;
        // The length is read once: a file that shrinks meanwhile ends in UnexpectedEof, and one
        // that grows is caught by the length in its header.
        let mut memory = anonymous(length)?;
        file.read_exact(&mut memory)?;
        Ok(Backing(memory.make_read_only()?))
    }

    /// Copies bytes that are already in memory.
    pub(crate) fn from_bytes(bytes: &[u8]) -> io::Result<Backing> {
        let mut memory = anonymous(bytes.len())?;
        memory.copy_from_slice(bytes);
        Ok(Backing(memory.make_read_only()?))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Memory of this process, in huge pages where the system has them: a lookup reads a few places
/// that are far apart, and with small pages each may cost a walk through the page tables.
fn anonymous(length: usize) -> io::Result<MmapMut> {
    let memory = MmapMut::map_anon(length)?;
    #[cfg(target_os = "linux")]
    advise_huge_pages(|| memory.advise(Advice::HugePage));
    Ok(memory)
}

/// A hint that the system may not know; nothing depends on it.
#[cfg(target_os = "linux")]
fn advise_huge_pages(advise: impl FnOnce() -> io::Result<()>) {
    let _ = advise();
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
