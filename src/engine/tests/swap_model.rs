//! The swap of generations under a scheduler that decides, at each atomic step, who runs next. It is the
//! engine's own `swap.rs`, compiled with shuttle's atomics; they are sequentially consistent, and so
//! are all that `swap.rs` uses.
//!
//! Each value carries a flag that its drop takes down: a reader that sees it down reads what is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner, thread};

#[allow(dead_code, reason = "the model calls a part of it")]
#[path = "../src/swap.rs"]
mod swap;

/// In place of the engine's module of this name.
mod sync {
    pub(crate) use shuttle::sync::Mutex;
    pub(crate) use shuttle::sync::atomic::{AtomicU64, Ordering};

    /// Any stripe, so that readers meet in one and miss each other in two.
    pub(crate) fn thread_mark() -> usize {
        use shuttle::rand::Rng;
        shuttle::rand::thread_rng().r#gen()
    }
}

/// Few places and stripes: with three threads all of them are used, and places are used again.
type Swap = swap::Swap<Probe, 2, 2>;

/// Counts the drops, and says whether it was dropped.
struct Probe {
    number: u64,
    alive: Arc<AtomicBool>,
    drops: Arc<AtomicUsize>,
}

impl Probe {
    fn new(number: u64, drops: &Arc<AtomicUsize>) -> Probe {
        Probe { number, alive: Arc::new(AtomicBool::new(true)), drops: Arc::clone(drops) }
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        assert!(self.alive.swap(false, Ordering::Relaxed), "dropped twice");
        self.drops.fetch_add(1, Ordering::Relaxed);
    }
}

/// What one guard shows from its beginning to its end: one value with its own number, alive.
fn read(swap: &Arc<Swap>, owned: bool) -> u64 {
    fn look<S: std::ops::Deref<Target = Swap>>(guard: &swap::Guard<S, Probe, 2, 2>) -> u64 {
        let alive = Arc::clone(&guard.alive);
        for _ in 0..2 {
            assert!(alive.load(Ordering::Relaxed), "a value is gone while it is read");
            assert_eq!(guard.number(), guard.number, "the number is another value's");
            thread::yield_now();
        }
        assert!(alive.load(Ordering::Relaxed), "a value is gone while it is read");
        guard.number()
    }
    if owned { look(&swap::Swap::read(Arc::clone(swap))) } else { look(&swap::Swap::read(&**swap)) }
}

/// Readers see numbers that never fall, each value whole; what was replaced is dropped when the
/// last reader has left, what was refused comes back, and in the end one value is alive.
fn replaced_while_read(readers: usize, reads: usize, publications: usize) {
    let drops = Arc::new(AtomicUsize::new(0));
    let swap = Arc::new(Swap::new(Probe::new(1, &drops)));
    let reader = |owned: bool| {
        let swap = Arc::clone(&swap);
        thread::spawn(move || {
            let mut last = 0;
            for _ in 0..reads {
                let number = read(&swap, owned);
                assert!(number >= last, "from value {last} back to {number}");
                last = number;
            }
        })
    };
    let threads: Vec<_> = (0..readers).map(|number| reader(number % 2 == 1)).collect();
    let mut number = 1;
    for _ in 0..publications {
        match swap.publish(Probe::new(number + 1, &drops)) {
            Ok(given) => {
                number += 1;
                assert_eq!(given, number);
            }
            // Both places are being read.
            Err(swap::Full(refused)) => drop(refused),
        }
    }
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(swap.alive(), 1, "nobody reads, so only the current value is alive");
    assert_eq!(swap::Swap::read(&*swap).number(), number);
    assert_eq!(drops.load(Ordering::Relaxed), publications, "all but the current one");
    drop(swap);
    assert_eq!(drops.load(Ordering::Relaxed), publications + 1);
}

/// `make test-long` asks for more.
fn iterations(short: usize) -> usize {
    if std::env::var_os("NAMEPLATE_LONG").is_some() { short * 50 } else { short }
}

fn check(scheduler: impl Scheduler + 'static, model: impl Fn() + Send + Sync + 'static) {
    Runner::new(scheduler, Config::new()).run(model);
}

#[test]
fn two_readers_and_a_publisher_at_random() {
    check(RandomScheduler::new(iterations(4000)), || replaced_while_read(2, 2, 3));
}

/// Probabilistic concurrency testing (Burckhardt and others, 2010): finds a fault that needs `depth`
/// changes of thread at the right places with a known probability.
#[test]
fn two_readers_and_a_publisher_by_priorities() {
    for depth in 1..=4 {
        check(PctScheduler::new(depth, iterations(1000)), || replaced_while_read(2, 2, 3));
    }
}

#[test]
fn three_readers_and_a_publisher_at_random() {
    check(RandomScheduler::new(iterations(2000)), || replaced_while_read(3, 3, 4));
}

/// Who publishes holds the lock, so numbers can't be told beforehand; all else holds.
#[test]
fn publishers_take_turns() {
    let model = || {
        let drops = Arc::new(AtomicUsize::new(0));
        let swap = Arc::new(Swap::new(Probe::new(1, &drops)));
        let publish = |swap: &Arc<Swap>| {
            let (swap, drops) = (Arc::clone(swap), Arc::clone(&drops));
            thread::spawn(move || swap.publish(Probe::new(0, &drops)).ok())
        };
        let threads = [publish(&swap), publish(&swap)];
        let mut numbers: Vec<u64> = threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [2, 3]);
        assert_eq!(swap.alive(), 1);
    };
    check(RandomScheduler::new(iterations(2000)), model);
}

/// One reader against one publication, in the order of a depth-first search.
#[test]
fn one_reader_and_a_publisher_in_order() {
    check(DfsScheduler::new(Some(iterations(20_000)), true), || replaced_while_read(1, 1, 1));
}

/// Readers that never leave keep their values, and no more than there are places.
#[test]
fn readers_that_stay_make_publishing_fail_and_nothing_else() {
    let model = || {
        let drops = Arc::new(AtomicUsize::new(0));
        let swap = Arc::new(Swap::new(Probe::new(1, &drops)));
        let first = swap::Swap::read(&*swap);
        assert!(swap.publish(Probe::new(2, &drops)).is_ok());
        let refused = swap.publish(Probe::new(3, &drops));
        assert!(refused.is_err_and(|swap::Full(probe)| probe.number == 3));
        assert_eq!((first.number(), swap::Swap::read(&*swap).number()), (1, 2));
        drop(first);
        assert_eq!(swap.publish(Probe::new(3, &drops)).ok(), Some(3));
        assert_eq!(swap.alive(), 1);
    };
    check(RandomScheduler::new(1), model);
}
