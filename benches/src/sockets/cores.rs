//! Who runs on which core: the client has one for itself, all servers have the others. Every server
//! has the same cores, whether it can use more than one or not.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The cores of client and servers; nothing is pinned where there is one core alone, or where the system
/// refuses.
pub struct Cores(Option<Split>);

struct Split {
    all: CpuSet,
    client: CpuSet,
    servers: CpuSet,
}

impl Cores {
    /// Everybody goes where the system likes.
    pub fn floating() -> Cores {
        Cores(None)
    }

    /// Gives the client the last core that this process may use, for the first ones serve interrupts, and
    /// keeps this thread there as long as the result lives.
    pub fn split() -> Cores {
        let Ok(all) = sched_getaffinity(None) else { return Cores(None) };
        let Some(last) = (0..CpuSet::MAX_CPU).rev().find(|core| all.is_set(*core)) else {
            return Cores(None);
        };
        let (mut client, mut servers) = (CpuSet::new(), all);
        client.set(last);
        servers.unset(last);
        let useful = all.count() > 1 && sched_setaffinity(None, &client).is_ok();
        Cores(useful.then_some(Split { all, client, servers }))
    }

    /// Runs what starts a server: a child goes where its parent is.
    pub fn on_servers<T>(&self, start: impl FnOnce() -> T) -> T {
        let Some(split) = &self.0 else { return start() };
        // What was allowed once is not refused later; if it were, the servers would share the client's core.
        let _ = sched_setaffinity(None, &split.servers);
        let started = start();
        let _ = sched_setaffinity(None, &split.client);
        started
    }
}

impl Drop for Cores {
    fn drop(&mut self) {
        if let Some(split) = &self.0 {
            // It was allowed before.
            let _ = sched_setaffinity(None, &split.all);
        }
    }
}
