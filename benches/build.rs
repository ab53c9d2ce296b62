//! Compiles the shims over libmaxminddb and our C ABI, if the feature asks for it, and notes which compiler
//! builds the benchmark: RESULTS.md names it.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version =
        Command::new(rustc).arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    println!("cargo::rustc-env=BENCH_RUSTC={}", String::from_utf8_lossy(&version).trim());

    #[cfg(feature = "libmaxminddb")]
    {
        println!("cargo::rerun-if-changed=shim/libmaxminddb.c");
        cc::Build::new()
            .file("shim/libmaxminddb.c")
            .opt_level(2)
            .warnings(true)
            .compile("bench_libmaxminddb");
        println!("cargo::rustc-link-lib=maxminddb");
        for changed in ["shim/capi.c", "../include/nameplate.h"] {
            println!("cargo::rerun-if-changed={changed}");
        }
        cc::Build::new()
            .file("shim/capi.c")
            .include("../include")
            .opt_level(2)
            .warnings(true)
            .compile("bench_capi");
    }
}
