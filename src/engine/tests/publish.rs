//! Publishing a file: whole and read-only when it succeeds; the old file and no rubbish when it
//! fails, wherever it fails.

mod common;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use common::*;
use nameplate::{Database, Error, Status, Writer, publish};

/// What stands in a directory, hidden files too.
fn names_in(directory: &Path) -> Vec<OsString> {
    let mut names: Vec<OsString> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

fn publish_error(path: &Path) -> io::Error {
    match publish(sample_writer(), path) {
        Ok(()) => panic!("published"),
        Err(Error::Io { path: named, source }) => {
            assert_eq!(named, path, "the error names the file that was asked for");
            source
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_published_file_is_whole_and_nobody_may_write_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nameplate.npl");
    publish(sample_writer(), &path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), sample());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o444);
    assert_eq!(names_in(directory.path()), ["nameplate.npl"]);
}

#[test]
fn publishing_replaces_the_old_file_and_leaves_its_readers_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nameplate.npl");
    publish(sample_writer(), &path).unwrap();
    let old = Database::open(&path).unwrap_or_else(|error| panic!("{error}"));
    for _ in 0..3 {
        publish(Writer::new(), &path).unwrap();
    }
    let new = Database::open(&path).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((old.verify(), new.verify()), (Ok(()), Ok(())));
    assert_eq!(old.lookup_text(b"192.0.2.1").unwrap().status(), Status::Company);
    assert_eq!(new.lookup_text(b"192.0.2.1").unwrap().status(), Status::Unknown);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o444);
    assert_eq!(names_in(directory.path()), ["nameplate.npl"]);
}

#[test]
fn a_missing_directory_is_an_error_and_is_not_made() {
    let directory = tempfile::tempdir().unwrap();
    let error = publish_error(&directory.path().join("missing/nameplate.npl"));
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(names_in(directory.path()).is_empty());
}

#[test]
fn a_file_in_the_place_of_the_directory_is_an_error_and_stays() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, b"mine").unwrap();
    let error = publish_error(&file.join("nameplate.npl"));
    assert_eq!(error.kind(), io::ErrorKind::NotADirectory);
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    assert_eq!(names_in(directory.path()), ["file"]);
}

#[test]
fn a_directory_in_the_place_of_the_file_is_an_error_and_stays() {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in [("empty.npl", None), ("full.npl", Some("mine"))] {
        let target = directory.path().join(name);
        fs::create_dir(&target).unwrap();
        if let Some(content) = content {
            fs::write(target.join(content), b"").unwrap();
        }
        let error = publish_error(&target);
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory, "{name}");
        assert_eq!(names_in(&target), content.into_iter().collect::<Vec<_>>());
    }
    assert_eq!(names_in(directory.path()), ["empty.npl", "full.npl"], "no temporary file is left");
}

#[test]
fn a_path_without_a_file_name_is_an_error() {
    for path in ["", "/", "..", "/tmp/.."] {
        let error = publish_error(Path::new(path));
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{path}");
        assert_eq!(error.to_string(), "names no file to write");
    }
}

#[test]
fn when_no_temporary_file_can_be_made_the_old_file_stays() {
    let directory = tempfile::tempdir().unwrap();
    // The longest name that a directory takes: no temporary name beside it can be longer.
    let path = directory.path().join("n".repeat(255));
    fs::write(&path, b"old").unwrap();
    assert_eq!(publish_error(&path).kind(), io::ErrorKind::InvalidFilename);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names_in(directory.path()).len(), 1);
}

/// Runs one test of this file again as a process of its own: what it does there, its directory and
/// its limits, concerns no other test. Gives whether it passed.
fn passes_in_a_child(test: &str, shell: &str, directory: &Path) -> bool {
    let output = Command::new("sh")
        .args(["-c", &format!("{shell} exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .current_dir(directory)
        .env(CHILD, "1")
        .output()
        .unwrap();
    let report =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(report.contains("running 1 test"), "{report}");
    print!("{report}");
    output.status.success()
}

const CHILD: &str = "NAMEPLATE_TEST_CHILD";

fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

#[test]
fn a_write_that_fails_half_way_leaves_the_old_file_and_no_rubbish() {
    if is_child() {
        let error = publish_error(Path::new("nameplate.npl"));
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nameplate.npl");
    fs::write(&path, b"old").unwrap();
    // Files may have one block of 512 or 1024 bytes; writing on is an error instead of a signal.
    assert!(sample().len() > 1024);
    let limit = "trap '' XFSZ; ulimit -f 1;";
    let name = "a_write_that_fails_half_way_leaves_the_old_file_and_no_rubbish";
    assert!(passes_in_a_child(name, limit, directory.path()));
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names_in(directory.path()), ["nameplate.npl"]);
}

#[test]
fn a_bare_file_name_is_published_in_the_working_directory() {
    if is_child() {
        publish(sample_writer(), Path::new("nameplate.npl")).unwrap();
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let name = "a_bare_file_name_is_published_in_the_working_directory";
    assert!(passes_in_a_child(name, "", directory.path()));
    assert_eq!(fs::read(directory.path().join("nameplate.npl")).unwrap(), sample());
    assert_eq!(names_in(directory.path()), ["nameplate.npl"]);
}

#[test]
fn the_umask_does_not_change_who_may_read_a_published_file() {
    if is_child() {
        publish(sample_writer(), Path::new("nameplate.npl")).unwrap();
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let name = "the_umask_does_not_change_who_may_read_a_published_file";
    assert!(passes_in_a_child(name, "umask 0777;", directory.path()));
    let path = directory.path().join("nameplate.npl");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o444);
}

/// In a container the builder often has the same process id every night. A build that was killed
/// leaves its temporary file, and the next one, with the same id, finds that name taken.
#[test]
fn a_temporary_file_left_by_a_killed_build_does_not_stop_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nameplate.npl");
    let id = std::process::id();
    let numbered = (0..100).map(|number| format!(".nameplate.npl.{id}.{number}.tmp"));
    for name in numbered.chain([format!(".nameplate.npl.{id}.tmp")]) {
        fs::write(directory.path().join(name), b"half").unwrap();
    }
    publish(sample_writer(), &path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), sample());
    // Only names that publishing gives are its own to remove.
    assert_eq!(names_in(directory.path()), [&*format!(".nameplate.npl.{id}.tmp"), "nameplate.npl"]);
}

#[test]
fn what_another_is_writing_and_what_is_not_ours_stays() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nameplate.npl");
    let being_written = fs::File::create(directory.path().join(".nameplate.npl.1.0.tmp")).unwrap();
    being_written.lock().unwrap();
    let mut others = vec![
        OsString::from(".nameplate.npl.1.0.tmp"),
        ".nameplate.npl..0.tmp".into(),
        ".nameplate.npl.1.0.0.tmp".into(),
        ".nameplate.npl.1.x.tmp".into(),
        ".other.npl.1.0.tmp".into(),
        "nameplate.npl.1.0.tmp".into(),
    ];
    for name in &others {
        fs::OpenOptions::new().create(true).append(true).open(directory.path().join(name)).unwrap();
    }
    // A link, a directory and a pipe are no temporary files, whatever they are called.
    std::os::unix::fs::symlink("nameplate.npl", directory.path().join(".nameplate.npl.2.0.tmp")).unwrap();
    fs::create_dir(directory.path().join(".nameplate.npl.3.0.tmp")).unwrap();
    let pipe = directory.path().join(".nameplate.npl.4.0.tmp");
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    others.extend((2..=4).map(|number| format!(".nameplate.npl.{number}.0.tmp").into()));
    others.push("nameplate.npl".into());
    others.sort();
    publish(sample_writer(), &path).unwrap();
    assert_eq!(names_in(directory.path()), others);
    drop(being_written);
    publish(sample_writer(), &path).unwrap();
    assert!(!directory.path().join(".nameplate.npl.1.0.tmp").exists(), "its writer is gone");
}

/// A full disk shows in write(2): /dev/full is one that is always full.
#[test]
fn other_content_is_published_in_the_same_way() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("export.csv");
    nameplate::publish_other(&path, |out| out.write_all(b"old")).unwrap();
    let error = nameplate::publish_other(&path, |out| {
        out.write_all(b"half")?;
        fs::OpenOptions::new().write(true).open("/dev/full")?.write_all(b"more")
    });
    assert_eq!(error.unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names_in(directory.path()), ["export.csv"]);
}

/// Two threads of one process share its id and so the temporary name: one finds it taken, and in
/// giving up removes the file that the other is writing.
#[test]
fn threads_that_publish_one_path_do_not_disturb_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nameplate.npl");
    for _ in 0..50 {
        let all_published = std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(|| publish(sample_writer(), &path).is_ok()));
            threads.map(|thread| thread.join().unwrap())
        });
        assert_eq!(all_published, [true; 4]);
        assert_eq!(fs::read(&path).unwrap(), sample());
    }
    assert_eq!(names_in(directory.path()), ["nameplate.npl"]);
}
