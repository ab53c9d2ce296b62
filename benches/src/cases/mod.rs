//! What is compared with what.

pub mod build;
#[cfg(feature = "libmaxminddb")]
pub mod capi;
pub mod leads;
pub mod memory;
pub mod real;
pub mod scale;
pub mod small;
pub mod socket;
pub mod visits;

/// What to measure, and how long.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Only cases whose name contains one of these; all where there is none.
    pub only: Vec<String>,
    /// Rounds, in which every subject has one turn.
    pub rounds: usize,
    /// Addresses in a stream.
    pub length: usize,
    /// Whether figures matter less than that they come soon.
    pub quick: bool,
}

impl Plan {
    /// Whether a case is to be measured.
    pub fn wants(&self, case: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| case.contains(part.as_str()))
    }

    /// Whether nothing is wanted but cases of the socket.
    pub fn wants_socket_alone(&self) -> bool {
        !self.only.is_empty() && self.only.iter().all(|part| part.starts_with("socket"))
    }

    /// Whether nothing is wanted but cases of the store of leads.
    pub fn wants_leads_alone(&self) -> bool {
        !self.only.is_empty() && self.only.iter().all(|part| part.starts_with("leads"))
    }
}
