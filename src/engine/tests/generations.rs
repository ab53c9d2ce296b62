//! Replacing a file while it answers: what a reload takes, what it refuses, and that readers notice
//! nothing but other answers.

mod common;

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use common::*;
use nameplate::{
    Database, Error, FormatError, GenerationOptions, Generations, ReloadStatus, SecretKey, SourceSet,
    Suppression, SuppressionList, SuppressionRule, Writer, publish,
};
use tempfile::TempDir;

/// A folder with a file in it.
struct Place {
    directory: TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Place {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("n.npl");
        let place = Place { directory, path };
        place.publish(numbered(1));
        place
    }

    fn publish(&self, writer: Writer) {
        publish(writer, &self.path).unwrap();
    }

    /// In one step, whatever the bytes are.
    fn put(&self, bytes: &[u8]) {
        let beside = self.directory.path().join("beside");
        fs::write(&beside, bytes).unwrap();
        fs::rename(&beside, &self.path).unwrap();
    }

    fn open(&self, options: GenerationOptions) -> Generations {
        Generations::open(&self.path, options).unwrap_or_else(|error| panic!("{error}"))
    }
}

fn checked() -> GenerationOptions {
    GenerationOptions { copy: true, verify: true, ..Default::default() }
}

/// Build `number`, in which 198.51.100.0/24 is AS `number`'s.
fn numbered(number: u32) -> Writer {
    let mut writer = Writer::new();
    writer.build_number(number.into());
    let operator = writer.operator(number, &format!("Operator {number}"), None).unwrap();
    let answer = writer.operator_answer(operator, SourceSet::default()).unwrap();
    writer.push_v4(0xc633_6400, 0xc633_64ff, answer).unwrap();
    writer
}

/// The AS number that [`numbered`] gave the file.
fn answer(database: &Database) -> u32 {
    database.lookup_text(b"198.51.100.7").unwrap().operator().map_or(0, |operator| operator.asn())
}

#[test]
fn a_reload_answers_from_the_new_file_and_snapshots_from_theirs() {
    for copy in [false, true] {
        let place = Place::new();
        let generations = place.open(GenerationOptions { copy, ..checked() });
        let first = generations.snapshot();
        let kept = generations.owned_snapshot();
        assert_eq!((first.generation(), answer(&first)), (1, 1));
        place.publish(numbered(2));
        assert_eq!(answer(&generations.snapshot()), 1, "until it is asked for");
        assert_eq!(generations.reload().unwrap(), 2);
        let second = generations.snapshot();
        assert_eq!((second.generation(), answer(&second)), (2, 2));
        assert_eq!((first.generation(), answer(&first)), (1, 1));
        assert_eq!(generations.held(), 2);
        drop(first);
        assert_eq!(generations.held(), 2, "one snapshot is left");
        drop(second);
        drop(generations);
        assert_eq!((kept.generation(), answer(&kept)), (1, 1));
    }
}

#[test]
fn a_replaced_file_is_released_by_its_last_reader() {
    let place = Place::new();
    let generations = place.open(GenerationOptions { copy: false, ..checked() });
    let mapped =
        || fs::read_to_string("/proc/self/maps").unwrap().matches(place.path.to_str().unwrap()).count();
    assert_eq!(mapped(), 1);
    let first = generations.snapshot();
    place.publish(numbered(2));
    generations.reload().unwrap();
    assert_eq!(mapped(), 2);
    // The last reader may be another thread than the one that took the snapshot.
    thread::scope(|scope| scope.spawn(move || drop(first)).join()).unwrap();
    assert_eq!(mapped(), 1);
    assert_eq!(generations.held(), 1);
    drop(generations);
    assert_eq!(mapped(), 0);
}

#[test]
fn an_older_build_is_refused_unless_it_is_allowed() {
    let place = Place::new();
    place.publish(numbered(5));
    let generations = place.open(checked());
    let lenient = place.open(GenerationOptions { allow_older: true, ..checked() });
    place.publish(numbered(4));
    let error = generations.reload().unwrap_err();
    assert!(matches!(error, Error::Older { found: 4, serving: 5, .. }), "{error}");
    assert!(error.to_string().contains("build 4 is older than build 5"), "{error}");
    assert_eq!(answer(&generations.snapshot()), 5);
    assert_eq!(lenient.reload().unwrap(), 2);
    assert_eq!(answer(&lenient.snapshot()), 4);
    // The same build again is no older one.
    place.publish(numbered(5));
    assert_eq!(generations.reload().unwrap(), 2);
}

/// What stands in the file's place, and the class and sentence of the error.
fn bad_files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = file_of(numbered(9));
    let flipped = |place: usize| {
        let mut file = good.clone();
        file[place] ^= 1;
        file
    };
    // The last byte of a section; what follows it are zeros up to the next place for one.
    let last = good.iter().rposition(|byte| *byte != 0).unwrap();
    vec![
        ("empty", vec![], "the file is empty"),
        ("foreign", b"start,end,asn\n".to_vec(), "not a nameplate range file"),
        ("newer", [&good[..8], &2_u32.to_le_bytes(), &good[12..]].concat(), "format version 2"),
        ("damaged", good[..100].to_vec(), "cut off"),
        ("damaged", good[..good.len() - 1].to_vec(), "cut off"),
        ("damaged", [&good[..], b"x"].concat(), "1 bytes follow the end"),
        ("damaged", flipped(30), "its checksum does not fit"),
        ("damaged", flipped(last), ": its checksum does not fit"),
    ]
}

#[test]
fn a_bad_file_leaves_the_one_before_it_serving() {
    let place = Place::new();
    let generations = place.open(checked());
    let mut failures = 0;
    for (class, bytes, sentence) in bad_files() {
        place.put(&bytes);
        let error = generations.reload().unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        assert!(error.to_string().contains(sentence), "{error}");
        failures += 1;
        let status = ReloadStatus { reloads: 0, failures, last_error: Some(class), suppressions: 0 };
        assert_eq!(generations.status(), status);
        assert_eq!((answer(&generations.snapshot()), generations.snapshot().generation()), (1, 1));
        assert_eq!(generations.held(), 1);
    }
    fs::remove_file(&place.path).unwrap();
    assert_eq!(generations.reload().unwrap_err().class(), "missing");
    fs::create_dir(&place.path).unwrap();
    assert_eq!(generations.reload().unwrap_err().class(), "io");
    fs::remove_dir(&place.path).unwrap();
    place.publish(numbered(2));
    assert_eq!(generations.reload().unwrap(), 2, "and then it goes on");
    assert_eq!(answer(&generations.snapshot()), 2);
    let status = ReloadStatus { reloads: 1, failures: failures + 2, last_error: None, suppressions: 0 };
    assert_eq!(generations.status(), status);
}

#[test]
fn only_the_right_key_replaces_a_signed_file() {
    let place = Place::new();
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret");
    SecretKey::generate().unwrap().save(&secret).unwrap();
    let key = || SecretKey::open(&secret).unwrap();
    let signed = |number, key| {
        let mut writer = numbered(number);
        writer.sign(key);
        writer
    };
    let options = GenerationOptions { public_key: Some(key().public_key()), ..checked() };
    let unsigned = Generations::open(&place.path, options.clone()).map(drop).unwrap_err();
    assert_eq!(unsigned.class(), "unsigned");
    place.publish(signed(1, key()));
    let generations = place.open(options);
    place.publish(signed(2, SecretKey::generate().unwrap()));
    assert_eq!(generations.reload().unwrap_err().class(), "signature");
    place.publish(numbered(3));
    assert_eq!(generations.reload().unwrap_err().class(), "unsigned");
    assert_eq!(answer(&generations.snapshot()), 1);
    place.publish(signed(4, key()));
    generations.reload().unwrap();
    assert_eq!(answer(&generations.snapshot()), 4);
    // An old file keeps its good signature; the build number keeps it from coming back.
    place.publish(signed(2, key()));
    assert_eq!(generations.reload().unwrap_err().class(), "older");
}

#[test]
fn the_suppression_list_is_read_anew_and_is_never_taken_for_empty() {
    let place = Place::new();
    let path = place.directory.path().join("list");
    SuppressionList::create(&path).unwrap();
    let generations = place.open(GenerationOptions { suppression: Some(path.clone()), ..checked() });
    assert_eq!(answer(&generations.snapshot()), 1);
    let rule = || SuppressionRule::Company("asn:1".into());
    SuppressionList::update(&path, |list| list.add(Suppression::new(rule(), "2026-06-17", "asked").unwrap()))
        .unwrap();
    generations.reload().unwrap();
    assert_eq!(answer(&generations.snapshot()), 0);
    assert_eq!(generations.status().suppressions, 1);
    let whole = fs::read(&path).unwrap();
    for bad in [&b""[..], &whole[..whole.len() - 1], &whole[..40]] {
        fs::write(&path, bad).unwrap();
        assert_eq!(generations.reload().unwrap_err().class(), "suppression");
        assert_eq!(answer(&generations.snapshot()), 0, "what is hidden stays hidden");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(generations.reload().unwrap_err().class(), "suppression");
    fs::write(&path, whole).unwrap();
    SuppressionList::update(&path, |list| list.remove(&rule())).unwrap();
    generations.reload().unwrap();
    assert_eq!(answer(&generations.snapshot()), 1);
}

#[test]
fn a_list_that_comes_later_is_read_from_then_on_and_a_bad_one_changes_nothing() {
    let place = Place::new();
    let generations = place.open(checked());
    let before = generations.owned_snapshot();
    let (missing, list) = (place.directory.path().join("missing"), place.directory.path().join("list"));
    assert_eq!(generations.suppress(&missing).unwrap_err().class(), "suppression");
    assert_eq!(generations.reload().unwrap(), 2, "without the list that could not be read");
    assert_eq!(answer(&generations.snapshot()), 1);
    SuppressionList::create(&list).unwrap();
    let rule = SuppressionRule::Company("asn:1".into());
    SuppressionList::update(&list, |list| list.add(Suppression::new(rule, "2026-06-17", "asked").unwrap()))
        .unwrap();
    assert_eq!(generations.suppress(&list).unwrap(), 3);
    assert_eq!((answer(&generations.snapshot()), answer(&before)), (0, 1));
    assert_eq!(generations.suppress(&missing).unwrap_err().class(), "suppression");
    assert_eq!(generations.reload().unwrap(), 4);
    assert_eq!(answer(&generations.snapshot()), 0, "what is hidden stays hidden");
    assert_eq!(generations.status().suppressions, 1);
}

#[test]
fn readers_that_never_let_go_stop_reloads_and_not_answers() {
    let place = Place::new();
    let generations = place.open(checked());
    let mut kept = Vec::new();
    let held = loop {
        kept.push(generations.snapshot());
        match generations.reload() {
            Ok(generation) => assert_eq!(generation, kept.len() as u64 + 1),
            Err(Error::Held { held, .. }) => break held,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!((held, generations.held(), kept.len()), (7, 8, 8));
    assert_eq!(generations.status().last_error, Some("held"));
    assert!(kept.iter().all(|snapshot| answer(snapshot) == 1));
    kept.remove(3);
    assert_eq!(generations.reload().unwrap(), 9);
    drop(kept);
    assert_eq!(generations.held(), 1);
}

/// Threads that read as fast as they can while files come: each snapshot is one file from its first
/// answer to its last, no reader goes back, and nothing is left in the end.
#[test]
fn no_answer_is_of_two_files() {
    let place = Place::new();
    let generations = place.open(checked());
    let reloads = times(200, 10_000) as u32;
    let done = AtomicBool::new(false);
    let reads = AtomicU64::new(0);
    thread::scope(|scope| {
        for reader in 0..4 {
            let (generations, done, reads) = (&generations, &done, &reads);
            scope.spawn(move || {
                let mut last = 0;
                let mut kept = generations.owned_snapshot();
                while !done.load(Ordering::Relaxed) {
                    let snapshot = generations.snapshot();
                    let generation = snapshot.generation();
                    for _ in 0..8 {
                        assert_eq!(u64::from(answer(&snapshot)), generation);
                        assert_eq!(snapshot.metadata().build_number(), generation);
                    }
                    assert!(generation >= last);
                    last = generation;
                    assert_eq!(u64::from(answer(&kept)), kept.generation());
                    if generation.is_multiple_of(reader + 2) {
                        kept = generations.owned_snapshot();
                    }
                    reads.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for number in 2..=reloads {
            place.publish(numbered(number));
            // Readers that were not scheduled for a while may hold all places.
            while matches!(generations.reload(), Err(Error::Held { .. })) {
                thread::yield_now();
            }
            assert!(generations.held() <= 8);
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(generations.snapshot().generation(), reloads.into());
    assert_eq!(generations.held(), 1);
    assert!(reads.load(Ordering::Relaxed) > 0);
}

/// What can happen to a file in place, while threads read: 100 times each, and a reload after each.
/// The daemon's way of opening copies the file, so that none of it matters.
#[test]
fn whatever_happens_to_the_file_a_copy_answers_on() {
    let place = Place::new();
    let good = real();
    place.put(&good);
    let generations = place.open(checked());
    let addresses: Vec<u32> = {
        let mut random = Random(3);
        (0..4096).map(|_| random.next() as u32).collect()
    };
    let expected: Vec<u32> = addresses.iter().map(|bits| generations.snapshot().lookup_v4(*bits)).collect();
    let done = AtomicBool::new(false);
    let edit = |path: &Path| fs::OpenOptions::new().write(true).open(path).unwrap();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut ids = vec![0; addresses.len()];
                while !done.load(Ordering::Relaxed) {
                    let snapshot = generations.snapshot();
                    snapshot.lookup_batch_v4(&addresses, &mut ids);
                    assert!(ids == expected);
                    for (address, id) in addresses.iter().zip(&expected) {
                        assert_eq!(snapshot.lookup_v4(*address), *id);
                    }
                }
            });
        }
        let hole = rustix::fs::FallocateFlags::PUNCH_HOLE | rustix::fs::FallocateFlags::KEEP_SIZE;
        let half = good.len() as u64 / 2;
        for _ in 0..times(3, 100) {
            place.put(&good);
            generations.reload().unwrap();
            edit(&place.path).set_len(0).unwrap();
            assert_eq!(generations.reload().unwrap_err().class(), "empty");
            place.put(&good);
            edit(&place.path).write_all_at(&vec![0xff; 64 << 10], half).unwrap();
            assert_eq!(generations.reload().unwrap_err().class(), "damaged");
            place.put(&good);
            match rustix::fs::fallocate(edit(&place.path), hole, 4096, half) {
                Ok(()) => assert_eq!(generations.reload().unwrap_err().class(), "damaged"),
                // A file system without holes can't lose anything by them.
                Err(error) => assert_eq!(error, rustix::io::Errno::OPNOTSUPP),
            }
            fs::remove_file(&place.path).unwrap();
            assert_eq!(generations.reload().unwrap_err().class(), "missing");
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(generations.held(), 1);
    assert_eq!(generations.status().reloads, times(3, 100) as u64);
}

/// Nobody can change or shrink what a copy is served from, not even this process by the system's list of
/// its mappings.
#[cfg(target_os = "linux")]
#[test]
fn a_copy_is_sealed() {
    let place = Place::new();
    let generations = place.open(checked());
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps.lines().find(|line| line.contains("memfd:nameplate")).expect("a memory file");
    assert!(line.contains(" r--p "), "read only and private: {line}");
    let mapping = format!("/proc/self/map_files/{}", line.split(' ').next().unwrap());
    // Only root may open what stands there.
    if let Ok(file) = fs::OpenOptions::new().read(true).write(true).open(mapping) {
        assert!(file.set_len(0).is_err());
        assert!(file.set_len(1 << 20).is_err());
        assert!(file.write_at(b"x", 0).is_err());
    }
    assert_eq!(generations.snapshot().verify(), Ok(()));
}

#[test]
fn errors_name_the_file_and_what_to_do() {
    let place = Place::new();
    let generations = place.open(checked());
    place.publish(numbered(0));
    let older = generations.reload().unwrap_err().to_string();
    assert!(older.contains("n.npl") && older.contains("allow older"), "{older}");
    place.put(b"");
    let Err(Error::Format { source: FormatError::Empty, path }) = generations.reload() else {
        panic!("not the error of an empty file")
    };
    assert_eq!(path, place.path);
}
