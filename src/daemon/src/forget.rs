//! The stack forgets as well: an address is a number there for a moment, and what returned calls leave is
//! overwritten only by chance. It would lie there, or be copied into other memory as what fills the gaps
//! of a struct.

use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};

/// More than a turn needs of the stack to answer requests, as it is compiled for release.
const DEPTH: usize = 8 << 10;

/// Does what `work` does; after each of its turns the stack that it used is overwritten.
pub(crate) struct Forgetting<F>(Pin<Box<F>>);

pub(crate) fn forgetting<F: Future>(work: F) -> Forgetting<F> {
    Forgetting(Box::pin(work))
}

impl<F: Future> Future for Forgetting<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let done = turn(self.0.as_mut(), context);
        forget_stack();
        done
    }
}

/// A call of its own, so that all it uses of the stack is below the caller's.
#[inline(never)]
fn turn<F: Future>(work: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
    work.poll(context)
}

/// Overwrites what calls that have returned left on this thread's stack.
#[inline(never)]
fn forget_stack() {
    black_box(&mut [0_u8; DEPTH]);
}
