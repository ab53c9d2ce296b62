//! What is compared with what.

pub mod build;
#[cfg(feature = "libmaxminddb")]
pub mod capi;
pub mod memory;
pub mod real;
pub mod scale;
pub mod small;

/// What to measure, and how long.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Only cases whose name contains one of these; all where there is none.
    pub only: Vec<String>,
    /// Rounds, in which every subject has one turn.
    pub rounds: usize,
    /// Addresses in a stream.
    pub length: usize,
}

impl Plan {
    /// Whether a case is to be measured.
    pub fn wants(&self, case: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| case.contains(part.as_str()))
    }
}
