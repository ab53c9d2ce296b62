//! The store from outside, on real files: what it answers against a naive oracle, and what is left of it when processes are killed, disks are full
//! and texts are hostile.

#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "the numbers of a test are small and positive"
)]

mod answers;
mod backups;
mod dashboard;
mod killed;
mod limits;
mod oracle;
mod rights;

use std::path::PathBuf;

use nameplate_leads::model::{
    CompanyFacts, CookieId, IdentifiedBy, Page, Record, Seen, SiteNumber, SourceFact, Timestamp,
};
use nameplate_leads::score::ScoreFormula;
use nameplate_leads::store::{Store, StoreError, StoreOptions};
use tempfile::TempDir;

/// 2026-06-17, 10:00 UTC.
pub(crate) const NOW: Timestamp = 1_781_690_400_000;
pub(crate) const MINUTE: Timestamp = 60_000;
pub(crate) const DAY: Timestamp = 86_400_000;

/// A store in a directory of its own.
pub(crate) struct Place {
    directory: TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place { directory: tempfile::tempdir().expect("a directory") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn open(&self) -> Store {
        self.open_with(StoreOptions::default())
    }

    pub(crate) fn open_with(&self, options: StoreOptions) -> Store {
        Store::open(self.path("leads.db"), options).expect("opens")
    }

    /// All bytes of the store's files.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in std::fs::read_dir(self.directory.path()).expect("is there") {
            bytes.extend(std::fs::read(entry.expect("is there").path()).expect("can be read"));
        }
        bytes
    }
}

pub(crate) fn formula() -> ScoreFormula {
    ScoreFormula::default()
}

pub(crate) fn company(id: &str, name: &str) -> CompanyFacts {
    CompanyFacts {
        id: id.into(),
        name: name.into(),
        confidence: 80,
        sources: vec![SourceFact {
            name: "ip-asn".into(),
            title: Some("IP to AS number".into()),
            date: Some("2026-06-17".into()),
            licence: Some("CC0".into()),
            attribution: None,
        }],
        ..CompanyFacts::default()
    }
}

pub(crate) fn seen(site: SiteNumber, at: Timestamp, company: CompanyFacts, path: &str) -> Seen {
    Seen {
        site,
        at,
        company,
        identified_by: IdentifiedBy::Network,
        page: Page { path: path.into(), ..Page::default() },
        visitor: None,
        session: None,
    }
}

/// With both cookies.
pub(crate) fn by(visitor: u128, session: u128, seen: Seen) -> Seen {
    Seen { visitor: Some(CookieId(visitor)), session: Some(CookieId(session)), ..seen }
}

pub(crate) fn record(store: &Store, seen: Seen) {
    store.record_blocking(Record::Seen(Box::new(seen))).expect("there is room");
}

/// Sends them all at once, in this order; what became of each.
pub(crate) fn record_all(store: &Store, records: Vec<Record>) -> Vec<Result<(), StoreError>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let tasks: Vec<_> = records
            .into_iter()
            .map(|record| {
                let store = store.clone();
                tokio::spawn(async move { store.record(record).await })
            })
            .collect();
        let mut results = Vec::with_capacity(tasks.len());
        for task in tasks {
            results.push(task.await.expect("no panic"));
        }
        results
    })
}
