//! The C library libmaxminddb on a mapped MMDB, through the shim in `shim/`.

use std::ffi::{CString, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{NonNull, null};

use crate::Result;

/// The library's `MMDB_s`.
#[repr(C)]
struct MmdbHandle {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn bench_mmdb_open(path: *const c_char) -> *mut MmdbHandle;
    fn bench_mmdb_close(database: *mut MmdbHandle);
    fn bench_mmdb_name_v4(database: *mut MmdbHandle, address: u32, name: *mut *const u8) -> usize;
    fn bench_mmdb_name_v6(database: *mut MmdbHandle, address: *const u8, name: *mut *const u8) -> usize;
    fn bench_mmdb_name_text(database: *mut MmdbHandle, text: *const c_char, name: *mut *const u8) -> usize;
}

/// An open MMDB.
pub struct Mmdb(NonNull<MmdbHandle>);

impl Mmdb {
    /// Maps the file.
    pub fn open(path: &Path) -> Result<Mmdb> {
        let path = CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: the path is NUL-terminated.
        let handle = unsafe { bench_mmdb_open(path.as_ptr()) };
        Ok(Mmdb(NonNull::new(handle).ok_or("libmaxminddb refuses the MMDB")?))
    }

    /// The name; "" where there is none.
    #[inline]
    pub fn name_v4(&self, address: u32) -> &[u8] {
        // SAFETY: the database is open, and `name` is a place for a pointer.
        self.name(|handle, name| unsafe { bench_mmdb_name_v4(handle, address, name) })
    }

    /// The same for IPv6.
    #[inline]
    pub fn name_v6(&self, address: u128) -> &[u8] {
        let bytes = address.to_be_bytes();
        // SAFETY: as above, and the address is sixteen bytes.
        self.name(|handle, name| unsafe { bench_mmdb_name_v6(handle, bytes.as_ptr(), name) })
    }

    /// The same for text that ends in NUL, which the library parses with `getaddrinfo`.
    pub fn name_text(&self, text: &str) -> &[u8] {
        assert!(text.ends_with('\0'), "C wants to know where text ends");
        // SAFETY: as above, and the text is NUL-terminated.
        self.name(|handle, name| unsafe { bench_mmdb_name_text(handle, text.as_ptr().cast(), name) })
    }

    #[inline]
    fn name(&self, ask: impl FnOnce(*mut MmdbHandle, *mut *const u8) -> usize) -> &[u8] {
        let mut name = null();
        match ask(self.0.as_ptr(), &raw mut name) {
            0 => &[],
            // SAFETY: the library says that so many bytes lie there, in the mapping, which stays
            // until the database is closed.
            length => unsafe { std::slice::from_raw_parts(name, length) },
        }
    }
}

impl Drop for Mmdb {
    fn drop(&mut self) {
        // SAFETY: it is open, and nobody else closes it.
        unsafe { bench_mmdb_close(self.0.as_ptr()) }
    }
}
