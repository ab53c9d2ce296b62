//! Memory that nobody can change or shrink, this process included: a file without a name, in memory and
//! sealed (memfd_create(2)), and mapped in huge pages where the system gives them.
//!
//! A lookup reads a few places that are far apart, and with small pages each may cost a walk through the
//! page tables. Most systems give memory files no huge pages by themselves
//! (`/sys/kernel/mm/transparent_hugepage/shmem_enabled` is `never`), but since Linux 6.1 a process may ask for them, for
//! mappings that begin where a huge page can.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::ptr;

/// Bytes of a huge page on the machines that this is for; elsewhere the mapping is aligned to no use.
const HUGE_PAGE: usize = 2 << 20;

/// Memory with its seals.
pub(crate) struct Sealed {
    /// What was reserved: `length` bytes from the first multiple of [`HUGE_PAGE`] in it are the file.
    reserved: *mut c_void,
    reserved_length: usize,
    start: *const u8,
    length: usize,
}

// SAFETY: the memory is read-only, and belongs to this value alone.
unsafe impl Send for Sealed {}
// SAFETY: as above.
unsafe impl Sync for Sealed {}

impl Sealed {
    /// Memory with what `write` writes. It is written with write(2): where there is no memory left, that is
    /// an error, while touching a page of a mapping would end the process.
    pub(crate) fn new(write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<Sealed> {
        // SAFETY: the name is a C string; the result is checked.
        let descriptor =
            unsafe { libc::memfd_create(c"nameplate".as_ptr(), libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING) };
        checked(descriptor)?;
        // SAFETY: a new descriptor, which nobody else has.
        let mut memory = unsafe { File::from_raw_fd(descriptor) };
        write(&mut memory)?;
        let seals = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_WRITE | libc::F_SEAL_SEAL;
        // SAFETY: a call with numbers alone.
        checked(unsafe { libc::fcntl(descriptor, libc::F_ADD_SEALS, seals) })?;
        let length = usize::try_from(memory.metadata()?.len()).map_err(io::Error::other)?;
        Sealed::map(&memory, length)
    }

    fn map(memory: &File, length: usize) -> io::Result<Sealed> {
        let reserved_length = length.checked_add(HUGE_PAGE).ok_or(io::ErrorKind::OutOfMemory)?;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping wherever the kernel likes, without access.
        let reserved = unsafe { libc::mmap(ptr::null_mut(), reserved_length, libc::PROT_NONE, flags, -1, 0) };
        if reserved == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = reserved.wrapping_byte_add(reserved.align_offset(HUGE_PAGE));
        // From here on, dropping it gives all back.
        let sealed = Sealed { reserved, reserved_length, start: start.cast(), length };
        if length > 0 {
            // Privately, for before Linux 6.7 a file with these seals could not be mapped otherwise; nobody
            // writes, so there is one copy all the same.
            let flags = libc::MAP_PRIVATE | libc::MAP_FIXED;
            // SAFETY: `length` bytes from `start` lie in what was reserved above, as less than a huge page
            // is before them; nobody else knows of that place yet.
            let mapped = unsafe { libc::mmap(start, length, libc::PROT_READ, flags, memory.as_raw_fd(), 0) };
            if mapped == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
        }
        if length >= HUGE_PAGE {
            // Hints: one for systems that give huge pages by themselves, one to ask for them. Nothing depends on them.
            for advice in [libc::MADV_HUGEPAGE, libc::MADV_COLLAPSE] {
                // SAFETY: the mapping is this value's; neither changes what is in it.
                let _ = unsafe { libc::madvise(start, length, advice) };
            }
        }
        Ok(sealed)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: so many bytes are mapped there, readable, as long as this lives, and the kernel holds
        // everybody to the seals: they neither change nor go.
        unsafe { std::slice::from_raw_parts(self.start, self.length) }
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        // SAFETY: mapped by `map`, in these bounds, and borrowed by nobody any more. It can't fail for
        // a whole mapping, and nothing could be done about it.
        let _ = unsafe { libc::munmap(self.reserved, self.reserved_length) };
    }
}

fn checked(result: libc::c_int) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_was_written_is_there_in_each_length() {
        for length in [0, 1, 4095, 4096, HUGE_PAGE - 1, HUGE_PAGE, 2 * HUGE_PAGE + 5] {
            let bytes: Vec<u8> = (0..length).map(|place| (place % 251) as u8).collect();
            let sealed = Sealed::new(|memory| memory.write_all(&bytes)).unwrap();
            assert!(sealed.bytes() == bytes, "{length}");
            assert!((sealed.start as usize).is_multiple_of(HUGE_PAGE));
        }
    }

    #[test]
    fn an_error_while_writing_is_passed_on() {
        let error = Sealed::new(|_| Err(io::ErrorKind::UnexpectedEof.into())).map(drop).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
