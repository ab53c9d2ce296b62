//! Builds the library as `make` does, installs it, and compiles programs against what was installed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A folder under target that stays, so that nothing is built twice.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().into()
}

/// Runs a command that must succeed.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        shown(&output.stdout),
        shown(&output.stderr)
    );
    output
}

/// What the command prints.
pub(crate) fn text_of(command: &mut Command) -> String {
    String::from_utf8(run(command).stdout).unwrap()
}

/// A make target, in the target folder of this test.
fn make(arguments: &[&str]) {
    let mut command = Command::new("make");
    // Else the outer make's options and job server would be this one's.
    command.env_remove("MAKEFLAGS").env_remove("MAKELEVEL").env_remove("MFLAGS").current_dir(root());
    run(command.arg(format!("CARGO_TARGET_DIR={}", target().display())).args(arguments));
}

/// Where `make install-library PREFIX=/usr DESTDIR=…` has put the release library.
pub(crate) fn installed() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let destination = Path::new(env!("CARGO_TARGET_TMPDIR")).join("installed");
        let _ = std::fs::remove_dir_all(&destination);
        make(&["library"]);
        make(&["install-library", "PREFIX=/usr", &format!("DESTDIR={}", destination.display())]);
        destination
    })
}

/// The folder of a library that has `nameplate_force_panic`. It is another build, in a folder of its own.
pub(crate) fn with_forced_panic() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = target().join("forced-panic");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--locked", "--package", "nameplate-capi", "--features", "forced-panic"]);
        run(command.current_dir(root()).arg("--target-dir").arg(&folder));
        let mut link = Command::new(root().join("scripts/link-library"));
        link.arg(folder.join("debug/libnameplate_capi.a")).arg(&folder);
        run(link.env("NAMEPLATE_FORCED_PANIC", "1"));
        folder
    })
}

/// What pkg-config says of the installed library.
pub(crate) fn pkg_config(arguments: &[&str]) -> Vec<String> {
    let destination = installed();
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_SYSROOT_DIR", destination);
    command.env("PKG_CONFIG_LIBDIR", destination.join("usr/lib/pkgconfig"));
    // Debian's does not add the root to /usr/include, which compilers search anyway: not so here.
    command.env("PKG_CONFIG_ALLOW_SYSTEM_CFLAGS", "1").env("PKG_CONFIG_ALLOW_SYSTEM_LIBS", "1");
    text_of(command.args(arguments).arg("nameplate")).split_whitespace().map(str::to_owned).collect()
}

/// Compiles one source file to a program against the installed library, or one that `flags` name.
pub(crate) fn compile(compiler: &str, source: &Path, name: &str, flags: &[&OsStr]) -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut command = Command::new(compiler);
    command.args(WARNINGS).args(["-g", "-O1", "-o"]).arg(&program).arg(source).args(flags);
    run(&mut command);
    program
}

/// Every warning is an error.
pub(crate) const WARNINGS: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"];
