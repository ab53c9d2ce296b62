//! The C ABI of the engine: `libnameplate`, and `include/nameplate.h`, which cbindgen makes of this crate.
//!
//! It is written for its header. The comments on what is public here are the header's comments, and say what a
//! C programmer needs; `cbindgen.toml` has the header's first page, with the conventions. Nothing is decided
//! here: each function checks what it was given, calls the engine once, and writes what came out.
//!
//! # Map of the modules
//!
//! `status` has the codes and their texts; `guard` keeps panics from crossing; `memory` checks pointers,
//! lengths and the sizes of structs; `handle` tells open handles from others. On them stand `database` (open,
//! close, reload, suppress, snapshots), `lookup` (addresses to hits), `answer` (hits to facts, companies to
//! networks) and `metadata` (what a file says about itself).
//!
//! # Why no function has a `Safety` section
//!
//! The rules for pointers are the same everywhere, and are in the header's first page: a pointer is NULL or
//! points to what its type says, readable or writable for the length that goes with it, while the function runs.

#![allow(clippy::missing_safety_doc, reason = "one rule for all functions, in the module's documentation")]

#[macro_use]
mod guard;
mod handle;
mod memory;

// One by one, for the header has them in this order.
pub mod status;

pub mod database;

pub mod lookup;

pub mod answer;

pub mod metadata;

#[cfg(feature = "forced-panic")]
pub use guard::nameplate_force_panic;

/// The version of this interface, the number in the library's soname (libnameplate.so.1). It grows when
/// programs that were compiled with an older header could not go on; functions, constants and fields at the
/// end of sized structs are added without.
pub const NAMEPLATE_ABI_VERSION: u32 = 1;

/// The version of the interface that the loaded library has: to be compared with `NAMEPLATE_ABI_VERSION` by who
/// loads it at run time.
#[unsafe(no_mangle)]
pub extern "C" fn nameplate_abi_version() -> u32 {
    guarded!(or 0, { NAMEPLATE_ABI_VERSION })
}
