//! A byte buffer that forgets: requests hold visitors' addresses, and a reply about a network of
//! one address is that address. Whatever leaves the buffer, and whatever memory the buffer leaves,
//! is overwritten with zeros.
//!
//! ```text
//! bytes: | zeros | unconsumed | zeros |
//!        0     start         end     len
//! ```
//!
//! Memory that is given back is all zeros, and so it is kept for the next buffer of the same thread: a
//! thousand idle clients have none, and a busy one doesn't ask the allocator.

use std::cell::RefCell;
use std::hint::black_box;

/// The smallest allocation.
const SMALLEST: usize = 512;

/// Sizes that are kept for reuse, and how many of each: as many as are answered at the same time, and not all
/// that a thousand clients who did not read their replies had.
const KEPT_SIZES: [usize; 2] = [16 << 10, 32 << 10];
const KEPT: usize = 8;

thread_local! {
    /// Memory of each of the sizes, zeros all over.
    static SPARE: RefCell<[Vec<Vec<u8>>; KEPT_SIZES.len()]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

/// Zeros, at least `size` of them; kept memory where there is some.
fn allocate(size: usize) -> Vec<u8> {
    let kept = KEPT_SIZES.iter().position(|kept| (kept / 2 + 1..=*kept).contains(&size));
    match kept.and_then(|kind| SPARE.with_borrow_mut(|spare| spare[kind].pop())) {
        Some(bytes) => bytes,
        None => vec![0; kept.map_or(size, |kind| KEPT_SIZES[kind])],
    }
}

/// Takes zeros back.
fn release(bytes: Vec<u8>) {
    if let Some(kind) = KEPT_SIZES.iter().position(|size| *size == bytes.len()) {
        SPARE.with_borrow_mut(|spare| {
            if spare[kind].len() < KEPT {
                spare[kind].push(bytes);
            }
        });
    }
}

/// Bytes in, at the end; bytes out, at the start; zeros everywhere else.
#[derive(Default)]
pub(crate) struct Buffer {
    /// Always initialised to its whole length, so that a read may go straight into it.
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// What was put in and not yet consumed.
    pub(crate) fn filled(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// The same, for decoding in place.
    pub(crate) fn filled_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.end]
    }

    /// Free space behind the content, not empty if the last [`reserve`](Self::reserve) asked for some.
    pub(crate) fn spare(&mut self) -> &mut [u8] {
        &mut self.bytes[self.end..]
    }

    /// Says that `count` bytes of [`spare`](Self::spare) were written.
    pub(crate) fn advance(&mut self, count: usize) {
        assert!(count <= self.bytes.len() - self.end, "more bytes than there was room for");
        self.end += count;
    }

    /// Appends.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        if self.bytes.len() - self.end < bytes.len() {
            self.reserve(bytes.len());
        }
        self.bytes[self.end..self.end + bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
    }

    /// Appends what `write` puts to the front of the `most` bytes, or more, that it is given; it says how
    /// many they were.
    #[inline]
    pub(crate) fn append(&mut self, most: usize, write: impl FnOnce(&mut [u8]) -> usize) {
        if self.bytes.len() - self.end < most {
            self.reserve(most);
        }
        let count = write(&mut self.bytes[self.end..]);
        self.advance(count);
    }

    /// Takes the content's byte `at` away.
    pub(crate) fn remove(&mut self, at: usize) {
        let content = self.filled_mut();
        content.copy_within(at + 1.., at);
        if let Some(last) = content.last_mut() {
            *last = 0;
            self.end -= 1;
        }
    }

    /// Overwrites and drops the first `count` bytes.
    pub(crate) fn consume(&mut self, count: usize) {
        erase(&mut self.filled_mut()[..count]);
        self.start += count;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Makes room for `count` more bytes, by moving the content to the front or by doubling.
    pub(crate) fn reserve(&mut self, count: usize) {
        if self.bytes.len() - self.end >= count {
            return;
        }
        let needed = self.len() + count;
        if needed <= self.bytes.len() {
            let old = self.start..self.end;
            self.bytes.copy_within(old.clone(), 0);
            self.end = old.len();
            self.start = 0;
            let left_behind = self.end.max(old.start);
            erase(&mut self.bytes[left_behind..old.end]);
        } else {
            let mut larger = allocate(self.capacity_for(count));
            larger[..self.len()].copy_from_slice(self.filled());
            self.replace(larger);
        }
    }

    /// How much memory it has.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.len()
    }

    /// How much memory it will have after [`reserve`](Self::reserve).
    pub(crate) fn capacity_for(&self, count: usize) -> usize {
        (self.len() + count).next_power_of_two().max(SMALLEST).max(self.bytes.len())
    }

    /// Gives back the memory of an empty buffer.
    pub(crate) fn shrink(&mut self) {
        if self.is_empty() && !self.bytes.is_empty() {
            self.replace(Vec::new());
        }
    }

    /// Gives back what the content does not need, if that is half or more.
    pub(crate) fn fit(&mut self) {
        if self.len() <= self.bytes.len() / 2 {
            let mut smaller = if self.is_empty() {
                Vec::new()
            } else {
                allocate(self.len().next_power_of_two().max(SMALLEST))
            };
            if smaller.len() < self.bytes.len() {
                smaller[..self.len()].copy_from_slice(self.filled());
                self.replace(smaller);
            }
        }
    }

    /// Takes other memory that already holds the content at its front.
    fn replace(&mut self, bytes: Vec<u8>) {
        erase(self.filled_mut());
        self.end = self.len();
        self.start = 0;
        release(std::mem::replace(&mut self.bytes, bytes));
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        erase(self.filled_mut());
        release(std::mem::take(&mut self.bytes));
    }
}

/// Overwrites with zeros. `black_box` keeps the compiler from leaving out writes to memory that is
/// about to be freed.
pub(crate) fn erase(bytes: &mut [u8]) {
    bytes.fill(0);
    black_box(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only_content_is_not_zero(buffer: &Buffer) {
        assert!(buffer.bytes[..buffer.start].iter().all(|byte| *byte == 0));
        assert!(buffer.bytes[buffer.end..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn what_is_consumed_or_moved_is_overwritten() {
        let mut buffer = Buffer::default();
        let mut expected = Vec::new();
        for round in 1..200_usize {
            let bytes: Vec<u8> = (0..round * 7 % 900).map(|i| (i % 255) as u8 + 1).collect();
            buffer.put(&bytes);
            expected.extend_from_slice(&bytes);
            only_content_is_not_zero(&buffer);
            let count = expected.len() * 2 / 3;
            buffer.consume(count);
            expected.drain(..count);
            assert_eq!(buffer.filled(), expected);
            only_content_is_not_zero(&buffer);
        }
    }

    #[test]
    fn what_follows_a_removed_byte_moves() {
        let mut buffer = Buffer::default();
        buffer.put(b"xxabc");
        buffer.consume(2);
        buffer.remove(1);
        assert_eq!(buffer.filled(), b"ac");
        buffer.remove(1);
        assert_eq!(buffer.filled(), b"a");
        only_content_is_not_zero(&buffer);
    }

    #[test]
    fn what_fits_in_half_moves_there() {
        let mut buffer = Buffer::default();
        buffer.put(&vec![7; 20_000]);
        buffer.fit();
        assert_eq!(buffer.capacity(), 32 << 10, "more than half");
        buffer.consume(10_000);
        buffer.fit();
        assert_eq!((buffer.capacity(), buffer.filled()), (16 << 10, &[7; 10_000][..]));
        buffer.consume(9_000);
        buffer.fit();
        assert_eq!((buffer.capacity(), buffer.filled()), (1 << 10, &[7; 1000][..]));
        only_content_is_not_zero(&buffer);
        buffer.consume(1000);
        buffer.fit();
        assert_eq!(buffer.capacity(), 0);
    }

    #[test]
    fn an_empty_buffer_gives_its_memory_back() {
        let mut buffer = Buffer::default();
        buffer.put(&[1; 4000]);
        buffer.shrink();
        assert_eq!(buffer.len(), 4000, "content is never dropped");
        buffer.consume(4000);
        buffer.shrink();
        assert_eq!(buffer.capacity(), 0);
    }

    #[test]
    fn memory_that_is_used_again_is_all_zeros() {
        for size in [10, 9000, 20_000, 40_000] {
            let mut buffer = Buffer::default();
            buffer.put(&vec![7; size]);
            assert!(buffer.capacity() >= size);
            drop(buffer);
            let mut again = Buffer::default();
            again.reserve(size);
            assert!(again.spare().iter().all(|byte| *byte == 0));
        }
    }
}
