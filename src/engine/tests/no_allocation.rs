//! A lookup allocates nothing, nor does reading its answer: an allocator that counts says so.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use common::*;
use nameplate::{Address, Database};

/// The system's allocator, counting the calls of each thread: other tests run meanwhile.
struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    CALLS.set(CALLS.get() + 1);
}

// SAFETY: every method passes its arguments to the system's allocator as they are and returns what
// that returns; the counter is a thread-local of constant value without a destructor, so that
// counting neither allocates nor touches what has been destroyed.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc`'s contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc_zeroed`'s contract, which is the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `realloc`'s contract, and every block is the system's.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller keeps `dealloc`'s contract, and every block is the system's.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread allocated, grew or freed memory meanwhile.
fn calls(work: impl FnOnce()) -> u64 {
    let before = CALLS.get();
    work();
    CALLS.get() - before
}

fn sample_with_edges() -> (Database, Vec<Address>) {
    let file = sample();
    (open_verified(&file), edges(&file))
}

#[test]
fn the_counter_counts() {
    assert_eq!(calls(|| drop(black_box(Vec::<u8>::with_capacity(black_box(100))))), 2);
    assert_eq!(calls(|| drop(black_box(vec![0_u8; black_box(100)]))), 2);
    assert_eq!(calls(|| ()), 0);
}

#[test]
fn a_lookup_allocates_nothing() {
    let (database, addresses) = sample_with_edges();
    let allocated = calls(|| {
        for address in &addresses {
            black_box(database.lookup(*address));
            match address {
                Address::V4(bits) => black_box(database.lookup_v4(*bits)),
                Address::V6(bits) => black_box(database.lookup_v6(*bits)),
            };
        }
    });
    assert_eq!(allocated, 0);
}

#[test]
fn a_batch_of_lookups_and_of_names_allocates_nothing_with_and_without_indexes() {
    let addresses = edges(&deep());
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for address in &addresses {
        match address {
            Address::V4(bits) => v4.push(*bits),
            Address::V6(bits) => v6.push(*bits),
        }
    }
    let mut ids = (vec![0; v4.len()], vec![0; v6.len()]);
    for (way, database) in ways_of_searching(&deep()) {
        let mut names = vec![""; v4.len()];
        let mut answers = Vec::with_capacity(addresses.len());
        let allocated = calls(|| {
            database.lookup_batch_v4(&v4, &mut ids.0);
            database.lookup_batch_v6(&v6, &mut ids.1);
            database.names(&ids.0, &mut names);
            database.lookup_batch(&addresses, &mut answers);
        });
        assert_eq!(allocated, 0, "{way}");
        assert!(names.contains(&"Operator 6") && answers.len() == addresses.len(), "{way}: all was read");
    }
}

#[test]
fn a_lookup_of_text_allocates_nothing_also_where_it_is_no_address() {
    let (database, _) = sample_with_edges();
    let texts: [&[u8]; 7] = [
        b"192.0.2.1",
        b"255.255.255.255",
        b"2001:db8::1",
        b"::ffff:192.0.2.1",
        b"192.0.2.01",
        b"\xff\xfe",
        &[b'1'; 10 * 1024],
    ];
    let allocated = calls(|| {
        for text in texts {
            let _ = black_box(database.lookup_text(text));
        }
    });
    assert_eq!(allocated, 0);
}

#[test]
fn reading_every_field_of_an_answer_allocates_nothing() {
    let (database, addresses) = sample_with_edges();
    let mut sources = 0;
    let allocated = calls(|| {
        for address in &addresses {
            let answer = database.lookup(*address);
            read_answer(&answer);
            sources += answer.sources().count();
        }
        for id in 0..7 {
            database.answer(id).iter().for_each(read_answer);
        }
    });
    assert_eq!(allocated, 0);
    assert!(sources > 0, "there was something to read");
}

#[test]
fn walking_a_companys_networks_allocates_nothing() {
    let (database, _) = sample_with_edges();
    let mut found = 0;
    let allocated = calls(|| {
        for id in [ALFA, ZULU, "lei:none", ""] {
            found += database.networks(id).map(black_box).count();
            black_box(database.company(id).map(|company| company.name()));
        }
    });
    assert_eq!(allocated, 0);
    assert_eq!(found, 5);
}

#[test]
fn reading_what_a_file_says_about_itself_allocates_nothing() {
    let (database, _) = sample_with_edges();
    let allocated = calls(|| {
        let metadata = database.metadata();
        black_box((metadata.sources().count(), metadata.facts().count(), metadata.sections().count()));
    });
    assert_eq!(allocated, 0);
}

#[test]
fn json_into_a_buffer_that_is_large_enough_allocates_nothing() {
    let (database, addresses) = sample_with_edges();
    let mut line = String::with_capacity(4096);
    let allocated = calls(|| {
        for address in &addresses {
            line.clear();
            nameplate::write_json(&database.lookup(*address), &mut line);
        }
    });
    assert_eq!(allocated, 0);
}
