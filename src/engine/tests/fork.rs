//! A file that is opened once and then used by many forked processes, as PHP's workers are.
//!
//! The only test of this file: a child of fork has no other threads, so it must not wait for any.

#![allow(unsafe_code, reason = "fork and what belongs to it")]

mod common;

use common::*;
use nameplate::{Database, GenerationOptions, Generations};

const CHILDREN: usize = 64;

/// Looks `count` addresses up in a way of its own; a sum that wrong answers would change.
fn sum(database: &Database, child: usize, count: usize) -> u64 {
    let mut random = Random(child as u64);
    let mut sum = 0_u64;
    for _ in 0..count {
        let bits = random.next();
        let v6 = u128::from(bits) << 64 | 0x2000 << 112;
        let ids = [database.lookup_v4(bits as u32), database.lookup_v6(v6)];
        let name = database.answer(ids[0]).and_then(|answer| answer.name()).unwrap_or_default();
        sum = sum.wrapping_mul(31).wrapping_add(u64::from(ids[0]) << 32 | u64::from(ids[1]));
        sum = sum.wrapping_add(name.len() as u64);
    }
    sum
}

/// A million answers each in `make test-long`.
#[test]
fn children_of_fork_answer_as_their_parent() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("n.npl");
    std::fs::write(&path, real()).unwrap();
    let count = times(10_000, 500_000);
    for copy in [true, false] {
        let options = GenerationOptions { copy, ..Default::default() };
        let generations = Generations::open(&path, options).unwrap();
        // Before the fork, so that no child has to check the text of the whole file once more.
        let expected: Vec<u64> =
            (0..CHILDREN).map(|child| sum(&generations.snapshot(), child, count)).collect();
        let children: Vec<libc::pid_t> = (0..CHILDREN)
            .map(|child| {
                // SAFETY: the child allocates nothing, takes no lock and ends by _exit.
                match unsafe { libc::fork() } {
                    0 => {
                        let right = sum(&generations.snapshot(), child, count) == expected[child];
                        // SAFETY: ends this process at once.
                        unsafe { libc::_exit(i32::from(!right)) }
                    }
                    child => {
                        assert!(child > 0, "fork: {}", std::io::Error::last_os_error());
                        child
                    }
                }
            })
            .collect();
        // Their file may go meanwhile: they have it already.
        std::fs::remove_file(&path).unwrap();
        for child in children {
            let mut status = 0;
            // SAFETY: waits for a child of this process and writes the one number.
            let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!((ended, status), (child, 0), "wrong answers, or a signal");
        }
        std::fs::write(&path, real()).unwrap();
    }
}
