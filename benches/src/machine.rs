//! The machine, as RESULTS.md describes it. What the system doesn't say is left out.

use std::fmt::Write as _;
use std::fs;

use crate::sockets::server::redis_version;

/// A Markdown list: processor, cores, caches, kernel, compiler, pages.
pub fn describe() -> String {
    let read = |path: &str| fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    let info = read("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut caches = Vec::new();
    for index in 0..8 {
        let cache = |file: &str| read(&format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{file}"));
        let (Some(level), Some(kind), Some(size)) = (cache("level"), cache("type"), cache("size")) else {
            break;
        };
        caches.push(format!("L{level} {} {size}", kind.to_lowercase()));
    }
    let pages = read("/sys/kernel/mm/transparent_hugepage/enabled");
    let waiting = read("/proc/pressure/cpu").and_then(|text| {
        let share = text.split_once("avg300=")?.1.split_whitespace().next()?.to_owned();
        Some(share + "%")
    });
    let features: Vec<&str> = ["popcnt", "avx2", "avx512f"]
        .into_iter()
        .filter(|feature| field("flags").is_some_and(|flags| flags.split(' ').any(|flag| flag == *feature)))
        .collect();
    let facts = [
        (
            "processor",
            field("model name").map(|model| format!("{model}, {cores} cores, {}", features.join(", "))),
        ),
        ("caches", (!caches.is_empty()).then(|| caches.join(", "))),
        ("virtual machine", field("flags").map(|flags| yes_or_no(flags.contains("hypervisor")).into())),
        ("kernel", read("/proc/sys/kernel/osrelease")),
        ("compiler", Some(format!("{}, {}", env!("BENCH_RUSTC"), compiled_for()))),
        ("Redis", redis_version()),
        ("transparent huge pages", pages),
        ("share of the last five minutes in which something waited for a processor", waiting),
    ];
    let mut out = String::new();
    for (name, fact) in facts {
        if let Some(fact) = fact {
            // Writing to a String can't fail.
            let _ = writeln!(out, "- {name}: {fact}");
        }
    }
    out
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// For which processors this program was compiled: that decides what the rivals may use, which
/// don't choose at run time.
fn compiled_for() -> &'static str {
    if cfg!(target_feature = "avx2") {
        "for this processor's kind (AVX2)"
    } else {
        "for any processor of its architecture"
    }
}
