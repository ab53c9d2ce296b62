//! The stack forgets as well: an address is a number there for a moment, and what returned calls leave is
//! overwritten only by chance. It would lie there, or be copied into other memory as what fills the gaps
//! of a struct.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// More than a turn needs of the stack to answer requests, as it is compiled for release.
const DEPTH: usize = 8 << 10;

/// Does what `work` does; after each of its turns the stack that it used is overwritten.
pub(crate) async fn forgetting<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        let done = turn(work.as_mut(), context);
        forget_stack();
        done
    })
    .await
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
