//! Where a file's bytes live, and the two ways to get them there.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

#[cfg(target_os = "linux")]
use memmap2::Advice;
use memmap2::{Mmap, MmapOptions};
use rustix::fs::OFlags;

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
        advise_huge_pages(&map);
        Ok(Backing(map))
    }

    /// Copies the file into sealed memory: nothing that happens to the file afterwards matters.
    pub(crate) fn copy(path: &Path) -> io::Result<Backing> {
        let mut file = open(path)?;
        // A file that changes while it is copied gives a copy that is neither the one nor the other,
        // which the length in the header or a checksum tells.
        Self::sealed(|memory| io::copy(&mut file, memory).map(drop))
    }

    /// Copies bytes that are already in memory.
    pub(crate) fn from_bytes(bytes: &[u8]) -> io::Result<Backing> {
        Self::sealed(|memory| memory.write_all(bytes))
    }

    /// Memory that `write` writes and nobody can change or shrink afterwards, this process included.
    ///
    /// It is written with write(2): where there is no memory left, that is an error, while touching a page
    /// of a mapping would end the process.
    #[cfg(target_os = "linux")]
    fn sealed(write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<Backing> {
        use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let mut memory = File::from(memfd_create(c"nameplate", flags)?);
        write(&mut memory)?;
        fcntl_add_seals(&memory, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
        // Privately, for before Linux 6.7 a file with these seals could not be mapped otherwise; nobody
        // writes, so there is one copy all the same.
        // SAFETY: nothing changes beneath the mapping: the kernel holds everybody to the seals.
        let map = unsafe { MmapOptions::new().map_copy_read_only(&memory)? };
        advise_huge_pages(&map);
        Ok(Backing(map))
    }

    /// The same without seals: memory that is this process's alone.
    #[cfg(not(target_os = "linux"))]
    fn sealed(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<Backing> {
        let mut bytes = Vec::new();
        write(&mut bytes)?;
        let mut memory = memmap2::MmapMut::map_anon(bytes.len())?;
        memory.copy_from_slice(&bytes);
        Ok(Backing(memory.make_read_only()?))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A hint that the system may not know, or may have no huge pages for; nothing depends on it. A lookup
/// reads a few places that are far apart, and with small pages each may cost a walk through the page tables.
fn advise_huge_pages(map: &Mmap) {
    #[cfg(target_os = "linux")]
    let _ = map.advise(Advice::HugePage);
}

/// Opens a regular file for reading; never waits for a writer, as a named pipe would have it.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let file =
        OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
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
