//! What leaves: alerts on companies and segments, to webhooks, mailboxes and chats. Nothing does unless a target is configured,
//! and no target is reached whose host is not on the list.
//!
//! ```text
//! store: page views --every few seconds--> alert: who is new, who entered --one transaction--> store: deliveries
//! store: deliveries --a worker for each target--> send --> http (webhook, chat) or mail
//! ```
//!
//! Nothing is in memory that the store does not have: after a kill, the next start goes on where the last commit was. A
//! delivery is removed when the receiver has taken it, so one may come twice, with the same id, and none is lost.

pub mod address;
pub mod backoff;
pub mod chat;
pub mod config;
pub mod event;
pub mod http;
pub mod mail;
mod plain_text;
#[cfg(test)]
pub(crate) mod samples;
pub mod webhook;
