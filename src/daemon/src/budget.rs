//! Memory that clients share: what all of them together may hold beyond what each may have anyway. So one
//! client may send a long request, or a long pipeline before it reads, and a thousand that do so can't fill
//! the memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that are left.
pub(crate) struct Budget(AtomicUsize);

impl Budget {
    pub(crate) fn new(bytes: usize) -> Arc<Budget> {
        Arc::new(Budget(AtomicUsize::new(bytes)))
    }

    fn take(&self, bytes: usize) -> bool {
        let left = |left: usize| left.checked_sub(bytes);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
    }
}

/// What one buffer has of the budget; given back when this is dropped.
pub(crate) struct Share {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Share {
    pub(crate) fn new(budget: Arc<Budget>) -> Share {
        Share { budget, bytes: 0 }
    }

    /// Has `bytes` from now on; false, and nothing changed, if that is more than is left. Less is always to
    /// be had.
    pub(crate) fn set(&mut self, bytes: usize) -> bool {
        if bytes > self.bytes {
            if !self.budget.take(bytes - self.bytes) {
                return false;
            }
        } else if bytes < self.bytes {
            self.budget.0.fetch_add(self.bytes - bytes, Ordering::Relaxed);
        }
        self.bytes = bytes;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_never_exceed_the_budget_and_come_back() {
        let budget = Budget::new(100);
        let (mut one, mut other) = (Share::new(Arc::clone(&budget)), Share::new(Arc::clone(&budget)));
        assert!(one.set(60) && other.set(40));
        assert!(!one.set(61));
        assert!(one.set(10) && other.set(90));
        assert!(!one.set(11));
        drop(other);
        assert!(one.set(100));
        drop(one);
        assert!(Share::new(budget).set(100));
    }
}
