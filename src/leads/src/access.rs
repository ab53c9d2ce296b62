//! Who may do what: the words that users, keys, the store and the surfaces share.

use serde::{Deserialize, Serialize};

/// What a caller may do. Keys have some of these as their scopes; a role stands for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Posting visits. A site's own server needs no more.
    Visits,
    /// Reading companies, segments, corrections and counts of what was filtered.
    Read,
    /// Changing tags, status, owner, notes, segments, corrections.
    Write,
    /// Exports of many companies.
    Export,
    /// Export and erasure of a visitor and of a company.
    Rights,
    /// Objections: which companies are never shown.
    Objections,
    /// The audit log.
    Audit,
    /// Deliveries that failed, purging, keys.
    Operate,
}

impl Scope {
    /// Each of them.
    pub const ALL: [Scope; 8] = [
        Scope::Visits,
        Scope::Read,
        Scope::Write,
        Scope::Export,
        Scope::Rights,
        Scope::Objections,
        Scope::Audit,
        Scope::Operate,
    ];

    /// As commands, REST and the store write it.
    pub const fn name(self) -> &'static str {
        match self {
            Scope::Visits => "visits",
            Scope::Read => "read",
            Scope::Write => "write",
            Scope::Export => "export",
            Scope::Rights => "rights",
            Scope::Objections => "objections",
            Scope::Audit => "audit",
            Scope::Operate => "operate",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// What a user is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything. Signs in with a second factor only.
    Administrator,
    /// Reads, works with and exports companies.
    Analyst,
    /// Sees what is processed, honours objections and requests, reads the audit log.
    DataProtectionOfficer,
}

impl Role {
    /// Each of them.
    pub const ALL: [Role; 3] = [Role::Administrator, Role::Analyst, Role::DataProtectionOfficer];

    /// As commands and the store write it.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::Analyst => "analyst",
            Role::DataProtectionOfficer => "data_protection_officer",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// What it may do.
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Role::Administrator => &Scope::ALL,
            Role::Analyst => &[Scope::Read, Scope::Write, Scope::Export],
            Role::DataProtectionOfficer => &[Scope::Read, Scope::Rights, Scope::Objections, Scope::Audit],
        }
    }

    /// Whether it signs in with a second factor only.
    pub const fn needs_second_factor(self) -> bool {
        matches!(self, Role::Administrator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_read_back() {
        assert!(Scope::ALL.iter().all(|scope| Scope::from_name(scope.name()) == Some(*scope)));
        assert!(Role::ALL.iter().all(|role| Role::from_name(role.name()) == Some(*role)));
        assert_eq!(Role::from_name("Administrator"), None);
    }

    #[test]
    fn only_an_administrator_operates_and_no_user_but_one_posts_visits() {
        for role in Role::ALL {
            let all = role == Role::Administrator;
            assert_eq!(role.scopes().contains(&Scope::Operate), all);
            assert_eq!(role.scopes().contains(&Scope::Visits), all);
        }
    }
}
