//! The programs of `tests/c`, with sanitizers, and in the long tests under valgrind.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::build::{compile, installed, pkg_config, root, text_of, with_forced_panic};
use super::files::{self, Files};

/// How a program is watched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watch {
    Sanitizers,
    Valgrind,
    /// Where the program stands before functions of the C library itself.
    Nothing,
}

/// With sanitizers always, and with valgrind in the long tests.
fn watches() -> &'static [Watch] {
    if std::env::var_os("NAMEPLATE_LONG").is_some() {
        &[Watch::Sanitizers, Watch::Valgrind]
    } else {
        &[Watch::Sanitizers]
    }
}

fn source(name: &str) -> PathBuf {
    root().join("src/capi/tests/c").join(name).with_extension("c")
}

/// Compiles a program and runs it with these arguments; what it prints.
fn passes(name: &str, folder: Option<&Path>, watch: Watch, more: &[&str], arguments: &[OsString]) -> String {
    let mut flags: Vec<OsString> = ["-std=gnu11", "-pthread"].map(OsString::from).to_vec();
    flags.extend(more.iter().map(OsString::from));
    if watch == Watch::Sanitizers {
        flags.push("-fsanitize=address,undefined".into());
        flags.push("-fno-sanitize-recover=all".into());
    }
    flags.extend(pkg_config(&["--cflags"]).into_iter().map(OsString::from));
    let libraries = folder.map_or(installed().join("usr/lib"), Path::to_owned);
    flags.push({
        let mut flag = OsString::from("-L");
        flag.push(&libraries);
        flag
    });
    flags.push("-lnameplate".into());
    flags.push("-ldl".into());
    let suffix = match watch {
        Watch::Sanitizers => "sanitized",
        Watch::Valgrind => "valgrind",
        Watch::Nothing => "plain",
    };
    let flags: Vec<&OsStr> = flags.iter().map(OsString::as_os_str).collect();
    let program = compile("cc", &source(name), &format!("{name}-{suffix}"), &flags);
    let mut command = if watch == Watch::Valgrind {
        let mut command = Command::new("valgrind");
        command.args([
            "--quiet",
            "--error-exitcode=99",
            "--leak-check=full",
            "--errors-for-leak-kinds=definite,possible",
        ]);
        command.args(["--show-leak-kinds=definite,possible", "--fair-sched=yes"]).arg(program);
        command.env("UNDER_VALGRIND", "1");
        command
    } else {
        Command::new(program)
    };
    command.env("LD_LIBRARY_PATH", libraries);
    // A handle that is closed twice must be told by its mark, which the sanitizer would overwrite.
    command.env("ASAN_OPTIONS", "detect_leaks=1:max_free_fill_size=0");
    text_of(command.args(arguments))
}

/// Arguments from paths and numbers.
macro_rules! arguments {
    ($($argument:expr),*) => { &[$(OsString::from($argument)),*] };
}

#[test]
fn what_is_wrong_is_refused_and_nothing_is_written() {
    for watch in watches() {
        let files = Files::new();
        passes("refusals", None, *watch, &[], arguments![files.path("1"), files.path("place")]);
    }
}

#[test]
fn answers_say_all_and_snapshots_stay() {
    for watch in watches() {
        let files = Files::new();
        let arguments = arguments![files.path("1"), files.path("2"), files.path("list"), files.path("place")];
        passes("answers", None, *watch, &[], arguments);
    }
}

#[test]
fn thirty_two_threads_answer_while_another_reloads() {
    for watch in watches() {
        let files = Files::new();
        // valgrind runs one thread at a time, and each a hundred times slower.
        let reloads = if *watch == Watch::Valgrind { "100" } else { "1000" };
        let arguments = arguments![files.path("1"), files.path("2"), files.path("place"), reloads];
        println!("{}", passes("threads", None, *watch, &[], arguments));
    }
}

#[test]
fn children_of_fork_answer_and_reload_for_themselves() {
    for watch in watches() {
        let files = Files::new();
        passes("forks", None, *watch, &[], arguments![files.path("1"), files.path("2"), files.path("place")]);
    }
}

#[test]
fn it_can_be_unloaded_as_often_as_one_likes() {
    for watch in watches() {
        let files = Files::new();
        let library = installed().join("usr/lib/libnameplate.so.1");
        // With its own allocator, to count what is left, and then watched. valgrind reads the symbols of a library
        // each time that it is loaded.
        for (watch, times) in
            [(Watch::Nothing, "1100"), (*watch, if *watch == Watch::Valgrind { "100" } else { "1100" })]
        {
            // Linked to nothing: it is loaded by hand.
            passes("unload", None, watch, &["-Wl,--as-needed"], arguments![&library, files.path("1"), times]);
        }
    }
}

#[test]
fn a_panic_ends_in_the_call_and_everything_works_on() {
    for watch in watches() {
        let files = Files::new();
        passes("panics", Some(with_forced_panic()), *watch, &[], arguments![files.path("1")]);
    }
}

#[test]
fn it_is_a_good_guest() {
    let files = Files::new();
    let arguments = arguments![files.path("1"), files.path("list")];
    passes("guest", None, Watch::Nothing, &["-rdynamic"], arguments);
    passes("guest", Some(with_forced_panic()), Watch::Nothing, &["-rdynamic", "-DFORCED_PANIC"], arguments);
}

#[test]
fn the_vectors_hold() {
    for watch in watches() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vectors.npl");
        files::vectors(&file);
        let vectors = root().join("tests/vectors");
        let arguments = arguments![vectors.join("vectors.tsv"), file, vectors.join("suppress.list")];
        println!("{}", passes("vectors", None, *watch, &[], arguments));
    }
}

/// Sizes and offsets are compiled into programs, which go on with later libraries of this ABI version.
#[test]
fn the_layout_of_the_structs_is_the_committed_one() {
    let found = passes("layout", None, Watch::Nothing, &[], &[]);
    let committed = std::fs::read_to_string(source("layout").with_extension("txt")).unwrap_or_default();
    assert!(found == committed, "not as in src/capi/tests/c/layout.txt:\n{found}");
}
