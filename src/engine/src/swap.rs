//! One value that is replaced while many read it.
//!
//! A reader takes no lock and waits for nobody: it counts itself in, reads, and counts itself out.
//! Whoever leaves a replaced value last drops it, at once. There is a fixed number of places for
//! values, so readers that never leave make `publish` fail; they can't make memory grow.
//!
//! ```text
//! current --> place 2        state     counts of readers        value
//!             +---------+-----------+-----------------------+----------+
//!     place 0 | FREE                | 0 0 0 0               |          |
//!     place 1 | replaced: number 6  | 0 1 0 0               | value 6  |   its last reader drops it
//!     place 2 | TAKEN               | 2 0 0 5               | value 7  |
//!             +---------+-----------+-----------------------+----------+
//! ```
//!
//! A place's readers are counted in stripes, cache lines of their own, so that processors do not
//! pass one line to and fro; a reader leaves through the stripe by which it came.
//!
//! # Why no reader reads what is dropped
//!
//! Every access below is sequentially consistent, so all of them have one order. A reader (1) counts
//! itself in at the place that is current and (2) looks whether it still is; else it leaves again
//! without having touched the value. A value is dropped by whoever (a) finds its place replaced and
//! then (b) finds each stripe at zero. `publish` moves `current` on before it marks the old place as
//! replaced. So a reader that succeeded in (2) was in its stripe before (a), and stays in it: the
//! stripe was not zero in (b), or the reader had left. Numbers are never used twice, so the change
//! of state from "replaced: number" that goes before the drop succeeds once for each value.
//!
//! # Why somebody drops it
//!
//! Each reader, also one that did not succeed in (2), looks after it has left; `publish` looks after it has marked
//! the place. The last of them finds all stripes at zero.
//!
//! `tests/swap_model.rs` runs this file under a scheduler that tries interleavings.

use std::cell::UnsafeCell;
use std::ops::Deref;
use std::sync::PoisonError;

use crate::sync::{AtomicU64, Mutex, Ordering::SeqCst, thread_mark};

/// States of a place; all others are the number of a replaced value.
const FREE: u64 = 0;
/// Being filled or emptied, or current.
const TAKEN: u64 = u64::MAX;

/// One value out of at most `PLACES` that are alive at once.
pub(crate) struct Swap<T, const PLACES: usize, const STRIPES: usize> {
    /// Number and place of the value that readers get: see [`Current`].
    current: AtomicU64,
    places: [Place<T, STRIPES>; PLACES],
    /// Whoever publishes holds it. Readers know nothing of it.
    publishing: Mutex<()>,
}

struct Place<T, const STRIPES: usize> {
    state: AtomicU64,
    readers: [Stripe; STRIPES],
    /// Some from `publish` until its last reader has left.
    value: UnsafeCell<Option<T>>,
}

/// Processors fetch cache lines in pairs.
#[repr(align(128))]
struct Stripe(AtomicU64);

/// Number of a value, from 1, and its place, in one word.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Current(u64);

impl Current {
    fn new<const PLACES: usize>(number: u64, place: usize) -> Current {
        Current(number * PLACES as u64 + place as u64)
    }

    fn number<const PLACES: usize>(self) -> u64 {
        self.0 / PLACES as u64
    }

    fn place<const PLACES: usize>(self) -> usize {
        (self.0 % PLACES as u64) as usize
    }
}

// SAFETY: the value is handed out as `&T` to any thread (T: Sync), and taken out and dropped by any
// thread (T: Send); who may do which and when is argued in the module's documentation.
unsafe impl<T: Send + Sync, const PLACES: usize, const STRIPES: usize> Sync for Swap<T, PLACES, STRIPES> {}

/// Every place holds a value that somebody reads; the value comes back.
pub(crate) struct Full<T>(pub(crate) T);

impl<T, const PLACES: usize, const STRIPES: usize> Swap<T, PLACES, STRIPES> {
    /// With its first value, number 1.
    pub(crate) fn new(value: T) -> Self {
        let swap = Swap {
            current: AtomicU64::new(Current::new::<PLACES>(1, 0).0),
            places: std::array::from_fn(|_| Place {
                state: AtomicU64::new(FREE),
                readers: std::array::from_fn(|_| Stripe(AtomicU64::new(0))),
                value: UnsafeCell::new(None),
            }),
            publishing: Mutex::new(()),
        };
        let Place { state, value: first, .. } = &swap.places[0];
        state.store(TAKEN, SeqCst);
        // SAFETY: nobody else knows of this place yet.
        unsafe { *first.get() = Some(value) };
        swap
    }

    /// The value as it is now, for as long as the guard lives. `swap` is a reference or an `Arc`.
    /// Cost: an atomic increment in a cache line that mostly this thread alone writes, and two loads.
    pub(crate) fn read<S: Deref<Target = Self>>(swap: S) -> Guard<S, T, PLACES, STRIPES> {
        let stripe = thread_mark() % STRIPES;
        loop {
            let current = Current(swap.current.load(SeqCst));
            swap.places[current.place::<PLACES>()].readers[stripe].0.fetch_add(1, SeqCst);
            if swap.current.load(SeqCst) == current.0 {
                return Guard { swap, current, stripe };
            }
            // Replaced meanwhile: out again, and once more from the start.
            swap.leave(current, stripe);
        }
    }

    fn leave(&self, current: Current, stripe: usize) {
        let place = &self.places[current.place::<PLACES>()];
        place.readers[stripe].0.fetch_sub(1, SeqCst);
        place.drop_if_left();
    }

    /// Replaces the value, and gives the new one's number. The old one is dropped here if nobody
    /// reads it, else by its last reader. Others that publish wait meanwhile; readers do not.
    pub(crate) fn publish(&self, value: T) -> Result<u64, Full<T>> {
        // Nothing under the lock can be left half done by a panic.
        let _one = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let old = Current(self.current.load(SeqCst));
        // Only here does a place cease to be free, so what is found free stays so.
        let Some(index) = self.places.iter().position(|place| place.state.load(SeqCst) == FREE) else {
            return Err(Full(value));
        };
        let place = &self.places[index];
        place.state.store(TAKEN, SeqCst);
        // SAFETY: the place was free: its value was taken out before, and readers that still come by
        // touch none, for the place is not current. It becomes so below, by the store they then load.
        unsafe { *place.value.get() = Some(value) };
        let number = old.number::<PLACES>() + 1;
        self.current.store(Current::new::<PLACES>(number, index).0, SeqCst);
        let replaced = &self.places[old.place::<PLACES>()];
        replaced.state.store(old.number::<PLACES>(), SeqCst);
        replaced.drop_if_left();
        Ok(number)
    }

    /// Values that are not dropped yet, the current one included.
    pub(crate) fn alive(&self) -> usize {
        self.places.iter().filter(|place| place.state.load(SeqCst) != FREE).count()
    }
}

impl<T, const STRIPES: usize> Place<T, STRIPES> {
    fn drop_if_left(&self) {
        let number = self.state.load(SeqCst);
        if number == TAKEN || number == FREE {
            return;
        }
        if self.readers.iter().any(|stripe| stripe.0.load(SeqCst) != 0) {
            // It looks itself when it leaves.
            return;
        }
        if self.state.compare_exchange(number, TAKEN, SeqCst, SeqCst).is_ok() {
            // SAFETY: no reader has it and none will, see the module's documentation; and the place
            // is neither free nor replaced, so nobody else gets here.
            let value = unsafe { (*self.value.get()).take() };
            self.state.store(FREE, SeqCst);
            drop(value);
        }
    }
}

/// A value that stays while this lives. It may go to another thread.
pub(crate) struct Guard<S, T, const PLACES: usize, const STRIPES: usize>
where
    S: Deref<Target = Swap<T, PLACES, STRIPES>>,
{
    swap: S,
    current: Current,
    stripe: usize,
}

impl<S, T, const PLACES: usize, const STRIPES: usize> Guard<S, T, PLACES, STRIPES>
where
    S: Deref<Target = Swap<T, PLACES, STRIPES>>,
{
    /// The value's number: 1 for the first, one more for each that was published.
    pub(crate) fn number(&self) -> u64 {
        self.current.number::<PLACES>()
    }
}

impl<S, T, const PLACES: usize, const STRIPES: usize> Deref for Guard<S, T, PLACES, STRIPES>
where
    S: Deref<Target = Swap<T, PLACES, STRIPES>>,
{
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this reader is counted in at the place since before the value was replaced, if it
        // was, so nobody writes there: see the module's documentation.
        let value = unsafe { &*self.swap.places[self.current.place::<PLACES>()].value.get() };
        value.as_ref().expect("a value that is read is there")
    }
}

impl<S, T, const PLACES: usize, const STRIPES: usize> Drop for Guard<S, T, PLACES, STRIPES>
where
    S: Deref<Target = Swap<T, PLACES, STRIPES>>,
{
    fn drop(&mut self) {
        self.swap.leave(self.current, self.stripe);
    }
}
