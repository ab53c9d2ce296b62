//! Status codes. A number is used once and for ever: callers have them compiled in.

use std::ffi::{CStr, c_char};

use nameplate::Error;

/// What a function returns.
pub(crate) type Status = u32;

/// Done.
pub const NAMEPLATE_OK: u32 = 0;
/// A pointer that must not be NULL is NULL.
pub const NAMEPLATE_ERROR_NULL: u32 = 1;
/// A length, count or alignment that no array has, or arrays that overlap.
pub const NAMEPLATE_ERROR_ARGUMENT: u32 = 2;
/// Not an open handle of this kind: closed, freed, or of another kind.
pub const NAMEPLATE_ERROR_HANDLE: u32 = 3;
/// The text is no address.
pub const NAMEPLATE_ERROR_ADDRESS: u32 = 4;
/// The buffer is too small.
pub const NAMEPLATE_ERROR_SPACE: u32 = 5;
/// There is nothing of this id or number.
pub const NAMEPLATE_ERROR_NOT_FOUND: u32 = 6;
/// A struct's `size` is less than its first version's, or something is set that this library does not know.
pub const NAMEPLATE_ERROR_OPTION: u32 = 7;
/// A defect of the library. The handles stay usable.
pub const NAMEPLATE_ERROR_PANIC: u32 = 8;
/// There is no such file.
pub const NAMEPLATE_ERROR_MISSING: u32 = 16;
/// The operating system refused.
pub const NAMEPLATE_ERROR_IO: u32 = 17;
/// The file is empty.
pub const NAMEPLATE_ERROR_EMPTY: u32 = 18;
/// The file is no range file.
pub const NAMEPLATE_ERROR_FOREIGN: u32 = 19;
/// The file's format is newer than this library.
pub const NAMEPLATE_ERROR_NEWER: u32 = 20;
/// The file is not signed, and a key was given.
pub const NAMEPLATE_ERROR_UNSIGNED: u32 = 21;
/// The signature is another key's, or does not fit.
pub const NAMEPLATE_ERROR_SIGNATURE: u32 = 22;
/// The file is cut off or damaged.
pub const NAMEPLATE_ERROR_DAMAGED: u32 = 23;
/// The suppression list is missing or not whole.
pub const NAMEPLATE_ERROR_SUPPRESSION: u32 = 24;
/// The public key is none.
pub const NAMEPLATE_ERROR_KEY: u32 = 25;
/// The file is older than the one it was to replace.
pub const NAMEPLATE_ERROR_OLDER: u32 = 26;
/// Snapshots of seven replaced files are still held: free some, then reload.
pub const NAMEPLATE_ERROR_HELD: u32 = 27;

/// A sentence for a status, NUL-terminated; never NULL, also for numbers that are none. It is the library's:
/// valid until that is unloaded.
#[unsafe(no_mangle)]
pub extern "C" fn nameplate_status_text(status: u32) -> *const c_char {
    guarded!(or c"defect of the library".as_ptr(), { text(status).as_ptr() })
}

fn text(status: Status) -> &'static CStr {
    match status {
        NAMEPLATE_OK => c"done",
        NAMEPLATE_ERROR_NULL => c"a pointer that must not be NULL is NULL",
        NAMEPLATE_ERROR_ARGUMENT => c"no array has this length or alignment, or arrays overlap",
        NAMEPLATE_ERROR_HANDLE => c"not an open handle of this kind",
        NAMEPLATE_ERROR_ADDRESS => c"not an address",
        NAMEPLATE_ERROR_SPACE => c"the buffer is too small",
        NAMEPLATE_ERROR_NOT_FOUND => c"there is nothing of this id or number",
        NAMEPLATE_ERROR_OPTION => c"a struct's size is too small, or an option is unknown to this library",
        NAMEPLATE_ERROR_PANIC => c"defect of the library",
        NAMEPLATE_ERROR_MISSING => c"no such file",
        NAMEPLATE_ERROR_IO => c"the operating system refused",
        NAMEPLATE_ERROR_EMPTY => c"the file is empty",
        NAMEPLATE_ERROR_FOREIGN => c"not a nameplate range file",
        NAMEPLATE_ERROR_NEWER => c"the file's format is newer than this library",
        NAMEPLATE_ERROR_UNSIGNED => c"the file is not signed",
        NAMEPLATE_ERROR_SIGNATURE => c"the file's signature is another key's, or does not fit",
        NAMEPLATE_ERROR_DAMAGED => c"the file is cut off or damaged",
        NAMEPLATE_ERROR_SUPPRESSION => c"the suppression list is missing or not whole",
        NAMEPLATE_ERROR_KEY => c"the public key is none",
        NAMEPLATE_ERROR_OLDER => c"the file is older than the one it was to replace",
        NAMEPLATE_ERROR_HELD => c"too many replaced files are still held by snapshots",
        _ => c"a status that this version of the library does not know",
    }
}

/// The code for what went wrong with a file.
pub(crate) fn status_of(error: &Error) -> Status {
    match error.class() {
        "missing" => NAMEPLATE_ERROR_MISSING,
        "empty" => NAMEPLATE_ERROR_EMPTY,
        "foreign" => NAMEPLATE_ERROR_FOREIGN,
        "newer" => NAMEPLATE_ERROR_NEWER,
        "unsigned" => NAMEPLATE_ERROR_UNSIGNED,
        "signature" => NAMEPLATE_ERROR_SIGNATURE,
        "damaged" => NAMEPLATE_ERROR_DAMAGED,
        "suppression" => NAMEPLATE_ERROR_SUPPRESSION,
        "key" => NAMEPLATE_ERROR_KEY,
        "older" => NAMEPLATE_ERROR_OLDER,
        "held" => NAMEPLATE_ERROR_HELD,
        // "io", and what the engine may yet come to say.
        _ => NAMEPLATE_ERROR_IO,
    }
}
