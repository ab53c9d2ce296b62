//! What is asked of the store, with who asks: whoever sees a company, exports, changes or erases is in the audit log.
//!
//! All of it waits for the disk. [`Leads::ask`] takes it off an async task's thread.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use nameplate::Network;

use super::{Leads, LeadsError, now};
use crate::correction::{Correction, Corrections};
use crate::model::{CookieId, FilteredCount, FilteredQuery, LeadChange, LeadDetail, LeadsPage, LeadsQuery};
use crate::store::{CompanyExport, Purged, StoredCorrection, VisitorExport};

impl Leads {
    /// Does what waits on a thread where it holds up nobody.
    pub async fn ask<T: Send + 'static>(
        self: &Arc<Leads>,
        what: impl FnOnce(&Leads) -> Result<T, LeadsError> + Send + 'static,
    ) -> Result<T, LeadsError> {
        let leads = Arc::clone(self);
        tokio::task::spawn_blocking(move || what(&leads)).await.unwrap_or(Err(LeadsError::Internal))
    }

    /// A page of companies. Costs what [`Store::leads`](crate::store::Store::leads) costs.
    pub fn companies(&self, query: &LeadsQuery, actor: &str) -> Result<LeadsPage, LeadsError> {
        let page = self.store.leads(query, &self.formula, now())?;
        self.store.audit(
            now(),
            actor,
            "see companies",
            "",
            &format!("{} companies", page.companies.len()),
        )?;
        Ok(page)
    }

    /// A company with its visits; none where it is not known, or hidden.
    pub fn company(&self, id: &str, actor: &str) -> Result<Option<LeadDetail>, LeadsError> {
        let company = self.store.lead(id, &self.formula, now())?;
        if company.is_some() {
            self.store.audit(now(), actor, "see company", id, "")?;
        }
        Ok(company)
    }

    /// What was not shown and why, in counts.
    pub fn filtered(&self, query: &FilteredQuery) -> Result<Vec<FilteredCount>, LeadsError> {
        Ok(self.store.filtered(query, now())?)
    }

    /// Changes tags, status, owner, or adds a note.
    pub fn change(&self, id: &str, change: &LeadChange, actor: &str) -> Result<(), LeadsError> {
        Ok(self.store.change_lead(id, change, actor, now())?)
    }

    /// All that is kept under a visitor's cookie.
    pub fn export_visitor(&self, visitor: CookieId, actor: &str) -> Result<VisitorExport, LeadsError> {
        Ok(self.store.export_visitor(visitor, actor, now())?)
    }

    /// Removes all that is kept under a visitor's cookie; how many rows.
    pub fn erase_visitor(&self, visitor: CookieId, actor: &str) -> Result<u64, LeadsError> {
        Ok(self.store.erase_visitor(visitor, actor, now())?)
    }

    /// All that is kept of a company.
    pub fn export_company(&self, id: &str, actor: &str) -> Result<Option<CompanyExport>, LeadsError> {
        Ok(self.store.export_company(id, actor, now())?)
    }

    /// Removes all that is kept of a company; how many rows. It may come again: [`Leads::suppress`] is for those who object.
    pub fn erase_company(&self, id: &str, actor: &str) -> Result<u64, LeadsError> {
        Ok(self.store.erase_company(id, actor, now())?)
    }

    /// Takes a correction, which holds from the next visit on; its number. Stored visits of a company that it names are removed, for good.
    pub fn correct(&self, correction: Correction, actor: &str) -> Result<i64, LeadsError> {
        let correction = correction.check()?;
        let rule = serde_json::to_string(&correction).map_err(|_| LeadsError::Internal)?;
        let number = {
            let _changing = self.changing();
            let number = self.store.add_correction(&rule, actor, now())?;
            self.reread_corrections()?;
            number
        };
        if let Some(id) = &correction.company {
            self.store.erase_company(id, actor, now())?;
        }
        Ok(number)
    }

    /// Takes a correction back; false where there is none of this number. Visits that it removed don't come back.
    pub fn uncorrect(&self, number: i64, actor: &str) -> Result<bool, LeadsError> {
        let _changing = self.changing();
        let removed = self.store.remove_correction(number, actor, now())?;
        self.reread_corrections()?;
        Ok(removed)
    }

    /// All corrections, the oldest first; a rule is a [`Correction`] in JSON.
    pub fn corrections_list(&self) -> Result<Vec<StoredCorrection>, LeadsError> {
        Ok(self.store.corrections()?)
    }

    /// Removes what is older than the configuration lets it get.
    pub fn purge(&self, actor: &str) -> Result<Purged, LeadsError> {
        let purged = self.store.purge(&self.config.retention(), now())?;
        self.store.audit(now(), actor, "purge", "", &format!("{} rows", purged.rows()))?;
        Ok(purged)
    }

    /// Backs the store up into a directory, and removes the backups there that are older than the configuration lets them get; the new one's path.
    pub fn backup(&self, directory: &Path, actor: &str) -> Result<PathBuf, LeadsError> {
        Ok(self.store.backup_into(directory, self.config.retention.backup_days, actor, now())?)
    }

    pub(super) fn read_corrections(&self) -> Result<(), LeadsError> {
        let _changing = self.changing();
        self.reread_corrections()
    }

    /// Makes what visits ask for the same as what is stored.
    fn reread_corrections(&self) -> Result<(), LeadsError> {
        let own: Vec<Network> = self.config.own_networks.iter().map(|network| network.0).collect();
        let stored = self.store.corrections()?;
        let read = |stored: &StoredCorrection| serde_json::from_str(&stored.rule).ok();
        let corrections = Corrections::new(&own, stored.iter().filter_map(read));
        *self.corrections.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(corrections);
        Ok(())
    }
}

impl Purged {
    /// All rows that were removed or emptied.
    pub const fn rows(&self) -> u64 {
        self.visits + self.cookies + self.companies + self.counts + self.texts + self.audit + self.notes
    }
}
