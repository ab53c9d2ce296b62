//! From visits to leads: which companies came to a site, what they looked at, and how often.
//!
//! # The way of a visit
//!
//! ```text
//! VISIT json, POST /v1/visits
//!   -> visit      parse, bounded; clean text                  (the address is in here, and goes no further)
//!   -> gate       legal basis, highest level, consent, GPC, objection -> Decision {level, reason}
//!   -> robots     bots and monitoring, by a kept list
//!   -> lookup     one call of the engine; the address is overwritten
//!   -> correction "not that company", "this network is ours"
//!   -> record     Record::Counted or Record::Seen: what may be kept
//!   -> store      group commit; acknowledged when it is durable
//!   -> outgoing   alerts on segments, webhooks
//! ```
//!
//! [`gate`] stands before the lookup: what it lets through is all that is ever looked up. [`model::Record`] is all that
//! is ever kept; it has no place for an address, nor for a network, which may be a single address.
//!
//! # Who may know what
//!
//! | module | knows | must not know |
//! |---|---|---|
//! | `config` | the one schema of `[leads]` | |
//! | `gate` | levels and signals | addresses, companies, the store |
//! | `visit`, `text`, `page`, `robots`, `form_domain`, `client_address` | what a request says | the store |
//! | `model` | the words that all share | everything else |
//! | `store` | SQL, the only one that does | gate, sockets, HTTP |
//! | `segment`, `score` | conditions and formula over the model | SQL |
//! | `outgoing`, `export` | targets, signatures, retries, formats | SQL, addresses |
//! | `leads` | the whole: [`Leads`], which daemon and web use | SQL, HTTP |

pub mod access;
pub mod client_address;
pub mod config;
pub mod correction;
pub mod export;
pub mod forget;
pub mod form_domain;
pub mod gate;
mod leads;
pub mod model;
pub mod objection;
pub mod outgoing;
pub mod page;
pub mod robots;
pub mod score;
pub mod segment;
pub mod store;
pub mod text;
pub mod visit;

pub use leads::{
    Addresses, Begun, Leads, LeadsError, RangeFile, RangeFileSource, VisitCounts, now, store_options,
};
