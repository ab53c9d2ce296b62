//! The allocator: mimalloc, which in a daemon overwrites what is given back.
//!
//! What the daemon itself keeps of requests it erases itself; but libraries hold parts of them too (the
//! buffers of the monitor's HTTP, the state of a conversation that is cut off in the middle), and what a
//! vector leaves behind when it grows nobody can reach. All of it comes by here when it ends.

use std::alloc::{GlobalAlloc, Layout};
use std::ffi::{c_int, c_long};
use std::hint::black_box;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use mimalloc::MiMalloc;

/// Every room's allocations are short-lived and of few sizes, which mimalloc serves best.
#[global_allocator]
static ALLOCATOR: Forgetful<MiMalloc> = Forgetful { memory: MiMalloc, erase: AtomicBool::new(false) };

/// From now on memory is overwritten when it is given back, and goes back to the system at once: what a thousand
/// clients needed for a moment is not kept for weeks. A build or an export has no use for either.
pub(crate) fn serve_a_daemon() {
    ALLOCATOR.erase.store(true, Ordering::Relaxed);
    // SAFETY: sets a number, with an option that there is (mimalloc.h, mi_option_e).
    unsafe { mi_option_set(PURGE_DELAY, 0) };
}

/// mimalloc's `mi_option_purge_delay`: milliseconds until memory that is not used goes back to the system. Only
/// frees and allocations look at that clock, so that with a delay an idle daemon keeps all it ever had.
const PURGE_DELAY: c_int = 15;

/// Blocks from this size on are a long request's or a reload's. mimalloc keeps the pages of the last one for the
/// next of its size, which may not come for weeks.
const LARGE: usize = 128 << 10;

unsafe extern "C" {
    /// Of mimalloc.h; the crate has no name for the option.
    fn mi_option_set(option: c_int, value: c_long);
    /// Gives back what this thread keeps and does not use.
    fn mi_collect(force: bool);
}

struct Forgetful<A> {
    memory: A,
    erase: AtomicBool,
}

impl<A> Forgetful<A> {
    fn erases(&self) -> bool {
        self.erase.load(Ordering::Relaxed)
    }
}

// SAFETY: all memory is the other allocator's, which keeps this contract. What is written to it here is written while the
// caller still owns it.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Forgetful<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        unsafe { self.memory.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        unsafe { self.memory.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if self.erases() {
            // SAFETY: the caller gives back `layout.size()` bytes that were its own until now.
            unsafe { ptr::write_bytes(memory, 0, layout.size()) };
            // Keeps the compiler from leaving out writes to memory that ends here.
            black_box(memory);
        }
        // SAFETY: the caller's promises are passed on.
        unsafe { self.memory.dealloc(memory, layout) }
        if layout.size() >= LARGE && self.erases() {
            // SAFETY: may be called at any time outside of mimalloc, and touches nothing that is in use.
            unsafe { mi_collect(true) };
        }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !self.erases() {
            // SAFETY: the caller's promises are passed on.
            return unsafe { self.memory.realloc(memory, layout, size) };
        }
        // SAFETY: the caller promises that `size`, rounded up to the alignment, does not overflow, and that the
        // alignment is one, for it is that of a layout.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: both have so many bytes, and the new one is nobody else's. The old one is the caller's to
            // give back, and was allocated here with this layout.
            unsafe {
                ptr::copy_nonoverlapping(memory, moved, layout.size().min(size));
                self.dealloc(memory, layout);
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use std::alloc::System;
    use std::slice;

    use super::*;

    /// The system's, which wants nothing but zeros back.
    struct Strict;

    // SAFETY: the system's allocator keeps the contract; what is looked at is still the caller's.
    unsafe impl GlobalAlloc for Strict {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: the caller's promises are passed on.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
            // SAFETY: `layout.size()` bytes that were written to, here by this file's tests.
            let bytes = unsafe { slice::from_raw_parts(memory, layout.size()) };
            assert!(bytes.iter().all(|byte| *byte == 0), "{} bytes were not overwritten", bytes.len());
            // SAFETY: the caller's promises are passed on.
            unsafe { System.dealloc(memory, layout) }
        }
    }

    #[test]
    fn what_is_given_back_is_overwritten_and_what_grows_or_shrinks_keeps_its_content() {
        let allocator = Forgetful { memory: Strict, erase: AtomicBool::new(true) };
        let layout = |size| Layout::from_size_align(size, 8).unwrap();
        // SAFETY: sizes above 0; each block is used within its bounds, and given back once with its layout.
        unsafe {
            let block = allocator.alloc(layout(100));
            block.write_bytes(7, 100);
            let grown = allocator.realloc(block, layout(100), 5000);
            assert_eq!(slice::from_raw_parts(grown, 100), [7; 100]);
            grown.write_bytes(8, 5000);
            let shrunk = allocator.realloc(grown, layout(5000), 10);
            assert_eq!(slice::from_raw_parts(shrunk, 10), [8; 10]);
            allocator.dealloc(shrunk, layout(10));
        }
    }
}
