//! Handles: what a caller holds of the library, and gives back with each call.
//!
//! A handle is a pointer to memory that begins with a mark of its kind, which is wiped when the handle is
//! closed. So a handle of another kind is always noticed, and a closed one for as long as the allocator has not
//! given its memory to somebody else.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::memory::checked;
use crate::status::{NAMEPLATE_ERROR_HANDLE, Status};

/// What a closed handle's mark is.
const CLOSED: u64 = 0;

/// A kind of handle: an empty type, which the header declares and never defines.
pub(crate) trait Kind {
    /// What such a handle stands for.
    type Value;

    /// The mark: random, so that other memory hardly has it.
    const MARK: u64;
}

/// What is where a handle points to.
#[repr(C)]
struct Marked<K: Kind> {
    value: K::Value,
    /// Behind the value: allocators keep lists in the first bytes of what was freed.
    mark: AtomicU64,
}

/// A new handle, which the caller owns.
pub(crate) fn open<K: Kind>(value: K::Value) -> *mut K {
    Box::into_raw(Box::new(Marked::<K> { value, mark: AtomicU64::new(K::MARK) })).cast()
}

/// # Safety
///
/// As for [`value`].
#[inline(always)]
unsafe fn marked<'a, K: Kind + 'a>(handle: *const K) -> Result<&'a Marked<K>, Status> {
    let handle = handle.cast::<Marked<K>>();
    checked(handle)?;
    // SAFETY: neither NULL nor unaligned, and by this function's contract a handle.
    let marked = unsafe { &*handle };
    if marked.mark.load(Relaxed) == K::MARK { Ok(marked) } else { Err(NAMEPLATE_ERROR_HANDLE) }
}

/// What a handle stands for.
///
/// # Safety
///
/// It is NULL, or from [`open`] and not closed before the borrow ends. That it was closed is noticed where that
/// can be, but then the memory is read all the same.
#[inline(always)]
pub(crate) unsafe fn value<'a, K: Kind + 'a>(handle: *const K) -> Result<&'a K::Value, Status> {
    // SAFETY: the same contract.
    unsafe { marked(handle) }.map(|marked| &marked.value)
}

/// Drops what a handle stands for; NULL stands for nothing.
///
/// # Safety
///
/// As for [`value`], and nobody else uses the handle any more.
pub(crate) unsafe fn close<K: Kind>(handle: *mut K) -> Result<(), Status> {
    if handle.is_null() {
        return Ok(());
    }
    {
        // SAFETY: the same contract.
        let marked = unsafe { marked(handle) }?;
        // An exchange, so that of two threads that close at once one is refused, and so that the compiler does
        // not leave out a store to memory that is freed next.
        if marked.mark.compare_exchange(K::MARK, CLOSED, Relaxed, Relaxed).is_err() {
            return Err(NAMEPLATE_ERROR_HANDLE);
        }
    }
    // SAFETY: from `open`, that is, from a box of this type; and no longer a handle, so dropped once.
    drop(unsafe { Box::from_raw(handle.cast::<Marked<K>>()) });
    Ok(())
}
