//! The stack forgets as well: an address is a number there for a moment, and what returned calls leave is
//! overwritten only by chance. It would lie there, or be copied into other memory as what fills the gaps
//! of a struct.

use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Bytes: more than a turn needs of the stack to answer requests, as it is compiled for release.
pub const REQUESTS: usize = 8 << 10;

/// The same for a turn of hyper's.
pub const HTTP: usize = 32 << 10;

/// See [`forgetting`].
pub struct Forgetting<F, const DEPTH: usize>(Pin<Box<F>>);

/// Does what `work` does; after each of its turns `DEPTH` bytes of the stack that it used are overwritten.
pub fn forgetting<const DEPTH: usize, F: Future>(work: F) -> Forgetting<F, DEPTH> {
    Forgetting(Box::pin(work))
}

impl<F: Future, const DEPTH: usize> Future for Forgetting<F, DEPTH> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let done = turn(self.0.as_mut(), context);
        forget_stack::<DEPTH>();
        done
    }
}

/// A call of its own, so that all it uses of the stack is below the caller's.
#[inline(never)]
fn turn<F: Future>(work: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
    work.poll(context)
}

/// What deciding a visit leaves: reading JSON, URLs and names of browsers needs more of the stack than lookups do.
pub const VISITS: usize = 64 << 10;

/// Overwrites what calls that have returned left on this thread's stack.
#[inline(never)]
pub fn forget_stack<const DEPTH: usize>() {
    black_box(&mut [0_u8; DEPTH]);
}
