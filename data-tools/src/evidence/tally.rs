//! In which country most of what an AS announces is registered.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use super::Statement;
use crate::flatten::{Bits, Claim, overlay};
use crate::import::Country;

/// How much of what each AS announces is registered in which country.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<(u32, Country), u64>);

impl Tally {
    pub(super) fn sweep<A: Bits>(
        &mut self,
        mut registrations: Vec<Claim<A, u32>>,
        announcements: &mut [Claim<A, u32>],
        statements: &[Statement],
        size: impl Fn(A) -> u64,
    ) {
        if registrations.is_empty() {
            return;
        }
        let counted: Result<(), Infallible> =
            overlay(&mut registrations, announcements, |first, last, registered, announced| {
                let said =
                    |claim: Option<&Claim<A, u32>>| claim.map(|claim| statements[claim.value as usize]);
                if let (Some(Statement::Registered { country }), Some(Statement::Announced { asn, .. })) =
                    (said(registered), said(announced))
                {
                    *self.0.entry((asn, country)).or_default() += size(last - first);
                }
                Ok(())
            });
        let Ok(()) = counted;
    }

    /// Each AS's commonest country; of equally common ones the first in the alphabet.
    pub(super) fn countries(self) -> HashMap<u32, Country> {
        let mut best: HashMap<u32, (u64, Country)> = HashMap::new();
        for ((asn, country), count) in self.0 {
            let entry = best.entry(asn).or_insert((count, country));
            if count > entry.0 {
                *entry = (count, country);
            }
        }
        best.into_iter().map(|(asn, (_, country))| (asn, country)).collect()
    }
}
