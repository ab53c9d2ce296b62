//! What the system says of this process. What it does not say is not shown.

use std::fs;
use std::time::Duration;

use rustix::param::page_size;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Seconds on processors, of all threads since the start.
pub(super) fn cpu_seconds() -> f64 {
    // What the clock says of a process is never before its start.
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default().as_secs_f64()
}

/// Bytes in memory, those of mapped files that are there included: the second number of statm, proc(5), in pages.
pub(super) fn resident_bytes() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_size() as u64)
}

/// Descriptors that are open.
pub(super) fn open_descriptors() -> Option<u64> {
    let listed = fs::read_dir("/proc/self/fd").ok()?.count() as u64;
    // One is that of the listing.
    listed.checked_sub(1)
}

/// Descriptors that may be open; none where there is no limit.
pub(super) fn most_descriptors() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}
