//! What `swap` is made of. The model in `tests/swap_model.rs` compiles the same `swap.rs` with another
//! module of this name, whose every operation is a point where the threads may change.

pub(crate) use std::sync::Mutex;
pub(crate) use std::sync::atomic::{AtomicU64, Ordering};

/// A number that is mostly another for another thread, without any state that threads share: where
/// a thread-local byte lies.
pub(crate) fn thread_mark() -> usize {
    thread_local! {
        static MARK: u8 = const { 0 };
    }
    // Thread-local storage is page-aligned and mapped at regular distances: mix all bits (Knuth's
    // multiplicative hash, by 2^64 over the golden ratio) and take the upper ones.
    MARK.with(|mark| ((&raw const *mark as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize)
}
