//! What programs have compiled in: the header, the exported symbols, and what is installed beside them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::build::{WARNINGS, compile, installed, pkg_config, root, run, text_of};
use super::files::Files;

/// The names of functions in a text, each once.
fn functions(text: &str) -> BTreeSet<&str> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    words.filter(|word| word.starts_with("nameplate_") && !word.ends_with("_t")).collect()
}

#[test]
fn the_header_compiles_in_every_c_and_cxx_with_every_warning() {
    let folder = tempfile::tempdir().unwrap();
    for (compiler, extension, standards) in [("cc", "c", ["c99", "c11"]), ("c++", "cpp", ["c++11", "c++20"])]
    {
        let source = folder.path().join("header").with_extension(extension);
        // Twice: the guard holds.
        fs::write(&source, "#include <nameplate.h>\n#include <nameplate.h>\n").unwrap();
        for standard in standards {
            let mut command = Command::new(compiler);
            command.args(WARNINGS).args(["-Wconversion", "-Wundef", "-pedantic-errors", "-fsyntax-only"]);
            // Headers of the system's folders are not warned about.
            command.arg("-I").arg(root().join("include"));
            run(command.arg(format!("-std={standard}")).arg(&source));
        }
    }
}

#[test]
fn nothing_is_exported_but_what_the_header_declares_with_a_version() {
    let library = installed().join("usr/lib/libnameplate.so");
    let symbols = text_of(Command::new("nm").args(["-D", "--defined-only"]).arg(&library));
    let found: BTreeSet<&str> = symbols.lines().filter_map(|line| line.split(' ').next_back()).collect();
    let committed = fs::read_to_string(root().join("src/capi/tests/c/symbols.txt")).unwrap();
    assert_eq!(found, committed.lines().collect(), "not as in src/capi/tests/c/symbols.txt");
    let header = fs::read_to_string(root().join("include/nameplate.h")).unwrap();
    let declared: String =
        header.lines().filter(|line| !line.starts_with("//") && !line.starts_with(" *")).collect();
    let exported: String =
        found.iter().map(|symbol| symbol.split('@').next().unwrap().to_owned() + " ").collect();
    assert_eq!(functions(&exported), functions(&declared));
}

#[test]
fn the_soname_is_that_of_the_abi_version() {
    let library = installed().join("usr/lib/libnameplate.so");
    let header = fs::read_to_string(root().join("include/nameplate.h")).unwrap();
    let version =
        header.lines().find_map(|line| line.strip_prefix("#define NAMEPLATE_ABI_VERSION ")).unwrap();
    let dynamic = text_of(Command::new("readelf").args(["--dynamic", "--wide"]).arg(&library));
    assert!(dynamic.contains(&format!("[libnameplate.so.{version}]")), "{dynamic}");
    for forbidden in ["NODELETE", "TEXTREL", "RPATH", "RUNPATH", "STATIC_TLS"] {
        assert!(!dynamic.contains(forbidden), "{forbidden}: {dynamic}");
    }
    let real = fs::canonicalize(&library).unwrap();
    let name = real.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(name.starts_with(&format!("libnameplate.so.{version}.")), "{name}");
    assert_eq!(
        fs::canonicalize(installed().join(format!("usr/lib/libnameplate.so.{version}"))).unwrap(),
        real
    );
}

/// As a user would, with what README and docs/C.md say.
#[test]
fn the_examples_build_with_pkg_config_and_run() {
    let files = Files::new();
    let examples = root().join("src/capi/examples");
    let lib = installed().join("usr/lib");
    let flags = pkg_config(&["--cflags", "--libs"]);
    let flags: Vec<_> = flags.iter().map(AsRef::as_ref).collect();
    let answer = r#""name":"Company 1 GmbH""#;
    for (compiler, name) in [("cc", "lookup.c"), ("c++", "lookup.cpp")] {
        let program = compile(compiler, &examples.join(name), &name.replace('.', "-"), &flags);
        let mut command = Command::new(program);
        command.env("LD_LIBRARY_PATH", &lib).arg(files.path("1"));
        let output = text_of(command.args(["192.0.2.1", "198.51.100.7", "10.0.0.1", "1.1.1.1"]));
        assert!(output.contains(answer) && output.contains(r#"{"status":"unknown"}"#), "{output}");
        assert_eq!(output.lines().count(), 4, "{output}");
        let mut command = Command::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name.replace('.', "-")));
        let refused =
            command.env("LD_LIBRARY_PATH", &lib).arg(files.path("1")).arg("no address").output().unwrap();
        assert!(!refused.status.success());
    }
}

#[test]
fn workers_of_one_master_answer_and_take_up_a_new_file() {
    let files = Files::new();
    let flags = pkg_config(&["--cflags", "--libs"]);
    let flags: Vec<_> = flags.iter().map(AsRef::as_ref).collect();
    let program = compile("cc", &root().join("src/capi/examples/workers.c"), "workers-c", &flags);
    let served = files.path("served");
    fs::copy(files.path("1"), &served).unwrap();
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", installed().join("usr/lib")).arg(&served).arg(files.path("2"));
    let output = text_of(&mut command);
    for line in ["4 workers: Company 1 GmbH", "4 workers: Company 2 GmbH"] {
        assert!(output.contains(line), "{output}");
    }
}

#[test]
fn the_static_library_links_too() {
    let files = Files::new();
    let archive = installed().join("usr/lib/libnameplate.a");
    let mut flags: Vec<String> = pkg_config(&["--cflags"]);
    flags.push(archive.to_str().unwrap().into());
    flags.extend(["-lgcc_s", "-lpthread", "-lm", "-ldl", "-lc"].map(str::to_owned));
    let flags: Vec<_> = flags.iter().map(AsRef::as_ref).collect();
    let program = compile("cc", &root().join("src/capi/examples/lookup.c"), "lookup-static", &flags);
    let output = text_of(Command::new(program).arg(files.path("1")).arg("192.0.2.1"));
    assert!(output.contains("Company 1 GmbH"), "{output}");
}

#[test]
fn cmake_finds_the_package() {
    let files = Files::new();
    let build = tempfile::tempdir().unwrap();
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(root().join("src/capi/examples")).arg("-B").arg(build.path());
    run(configure.arg(format!("-DCMAKE_PREFIX_PATH={}", installed().join("usr").display())));
    run(Command::new("cmake").arg("--build").arg(build.path()));
    for name in ["lookup-c", "lookup-cpp", "lookup-static"] {
        let output = text_of(Command::new(build.path().join(name)).arg(files.path("1")).arg("192.0.2.1"));
        assert!(output.contains("Company 1 GmbH"), "{output}");
    }
}
