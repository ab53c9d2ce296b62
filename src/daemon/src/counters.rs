//! What happened, counted: for `INFO` and for the metrics. Never what was asked or answered.
//!
//! Each thread that answers has counters of its own, on cache lines of its own, and adds to them without
//! passing a line to and fro between cores; who wants to know adds them up.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a limit refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Refusal {
    /// `limits.clients`, or no descriptor for another client.
    Clients,
    /// Not in the allow-list.
    Access,
    /// `limits.commands_in_flight`.
    InFlight,
    /// `limits.request_bytes`.
    RequestBytes,
    /// `limits.buffer_bytes`.
    BufferBytes,
    /// `limits.idle_seconds`.
    Idle,
    /// `limits.request_seconds`.
    RequestTime,
    /// `limits.reply_seconds`, or a reply that kept a replaced file for too long.
    ReplyTime,
    /// Bytes that are no RESP.
    Protocol,
}

impl Refusal {
    /// All, in the order of their numbers.
    pub(crate) const ALL: [Refusal; 9] = {
        use Refusal::{
            Access, BufferBytes, Clients, Idle, InFlight, Protocol, ReplyTime, RequestBytes, RequestTime,
        };
        [Clients, Access, InFlight, RequestBytes, BufferBytes, Idle, RequestTime, ReplyTime, Protocol]
    };

    /// As `INFO` and the metrics call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Refusal::Clients => "clients",
            Refusal::Access => "access",
            Refusal::InFlight => "commands_in_flight",
            Refusal::RequestBytes => "request_bytes",
            Refusal::BufferBytes => "buffer_bytes",
            Refusal::Idle => "idle_seconds",
            Refusal::RequestTime => "request_seconds",
            Refusal::ReplyTime => "reply_seconds",
            Refusal::Protocol => "protocol",
        }
    }
}

/// The counters of one thread.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Counters {
    /// Commands answered, errors included.
    pub(crate) commands: Counter,
    refusals: [Counter; Refusal::ALL.len()],
}

impl Counters {
    pub(crate) fn refuse(&self, refusal: Refusal) {
        self.refusals[refusal as usize].add(1);
    }

    pub(crate) fn refused(&self, refusal: Refusal) -> u64 {
        self.refusals[refusal as usize].get()
    }
}

/// A number that only grows.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
