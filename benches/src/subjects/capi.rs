//! This project's C ABI, called from C through the shim in `shim/`.

use std::ffi::{CString, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{NonNull, null};

use crate::Result;

/// The shim's struct.
#[repr(C)]
struct Handle {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn bench_capi_open(library: *const c_char, path: *const c_char) -> *mut Handle;
    fn bench_capi_close(capi: *mut Handle);
    fn bench_capi_name_v4(capi: *const Handle, address: u32, name: *mut *const u8) -> usize;
    fn bench_capi_name_v6(capi: *const Handle, address: *const u8, name: *mut *const u8) -> usize;
    fn bench_capi_name_text(capi: *const Handle, text: *const c_char, name: *mut *const u8) -> usize;
    fn bench_capi_batch_v4(capi: *const Handle, addresses: *const u32, count: usize, ids: *mut u32) -> u32;
    fn bench_capi_batch_v6(capi: *const Handle, addresses: *const u8, count: usize, ids: *mut u32) -> u32;
}

/// The library that `make library` links; NAMEPLATE_LIBRARY names another.
pub fn library() -> std::path::PathBuf {
    let built = || {
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        Path::new(&target).join("capi/libnameplate.so.1")
    };
    std::env::var_os("NAMEPLATE_LIBRARY").map_or_else(built, Into::into)
}

/// A range file, open in a library that was loaded at run time.
pub struct Capi(NonNull<Handle>);

impl Capi {
    /// Loads the library and maps the file.
    pub fn open(path: &Path) -> Result<Capi> {
        let library = CString::new(library().as_os_str().as_bytes())?;
        let path = CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: both are NUL-terminated.
        let handle = unsafe { bench_capi_open(library.as_ptr(), path.as_ptr()) };
        let missing = "no C library to measure: run make library, or name one with NAMEPLATE_LIBRARY";
        Ok(Capi(NonNull::new(handle).ok_or(missing)?))
    }

    /// The name; "" where there is none.
    #[inline]
    pub fn name_v4(&self, address: u32) -> &[u8] {
        // SAFETY: the file is open, and `name` is a place for a pointer.
        self.name(|handle, name| unsafe { bench_capi_name_v4(handle, address, name) })
    }

    /// The same for IPv6.
    #[inline]
    pub fn name_v6(&self, address: u128) -> &[u8] {
        let bytes = address.to_be_bytes();
        // SAFETY: as above, and the address is sixteen bytes.
        self.name(|handle, name| unsafe { bench_capi_name_v6(handle, bytes.as_ptr(), name) })
    }

    /// The same for text that ends in NUL, as libmaxminddb is given it.
    pub fn name_text(&self, text: &str) -> &[u8] {
        assert!(text.ends_with('\0'), "C wants to know where text ends");
        // SAFETY: as above, and the text is NUL-terminated.
        self.name(|handle, name| unsafe { bench_capi_name_text(handle, text.as_ptr().cast(), name) })
    }

    /// Answer ids of IPv4 addresses.
    pub fn batch_v4(&self, addresses: &[u32], ids: &mut [u32]) {
        assert_eq!(addresses.len(), ids.len());
        // SAFETY: the file is open, and the slices are of one length.
        let status =
            unsafe { bench_capi_batch_v4(self.0.as_ptr(), addresses.as_ptr(), ids.len(), ids.as_mut_ptr()) };
        assert_eq!(status, 0);
    }

    /// Answer ids of IPv6 addresses in network order, as C has them.
    pub fn batch_v6(&self, addresses: &[[u8; 16]], ids: &mut [u32]) {
        assert_eq!(addresses.len(), ids.len());
        // SAFETY: as above.
        let status = unsafe {
            bench_capi_batch_v6(self.0.as_ptr(), addresses.as_ptr().cast(), ids.len(), ids.as_mut_ptr())
        };
        assert_eq!(status, 0);
    }

    #[inline]
    fn name(&self, ask: impl FnOnce(*const Handle, *mut *const u8) -> usize) -> &[u8] {
        let mut name = null();
        match ask(self.0.as_ptr(), &raw mut name) {
            0 => &[],
            // SAFETY: the library says that so many bytes lie there, in the mapping, which stays
            // until the snapshot is freed.
            length => unsafe { std::slice::from_raw_parts(name, length) },
        }
    }
}

impl Drop for Capi {
    fn drop(&mut self) {
        // SAFETY: it is open, and nobody else closes it.
        unsafe { bench_capi_close(self.0.as_ptr()) }
    }
}
