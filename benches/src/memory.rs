//! Counts this program's heap, so that the memory of rivals that don't tell can be stated.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The system's allocator with two counters. Lookups allocate nothing, so they don't pay for it.
pub struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grow(bytes: usize) {
    PEAK.fetch_max(NOW.fetch_add(bytes, Relaxed) + bytes, Relaxed);
}

// SAFETY: every call goes to `System` as it came, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Where the block moves, both are there for a moment; the system remaps large ones.
        NOW.fetch_sub(layout.size(), Relaxed);
        grow(size);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Runs `make`; returns its result and how many bytes of heap that holds.
pub fn held<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.load(Relaxed);
    let result = make();
    (result, NOW.load(Relaxed).saturating_sub(before))
}

/// Runs `make`; returns its result and how many bytes of heap it held at its peak, beside what
/// was there before.
pub fn peak<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let result = make();
    (result, PEAK.load(Relaxed).saturating_sub(before))
}
