//! What the owner knows better: "this is not that company", "this network is ours". Kept in the store, effective at the next visit,
//! whatever range file comes.
//!
//! | correction | visits are filtered as | stored visits |
//! |---|---|---|
//! | a company is not who it is said to be | `corrected` | removed: whose they were is not known |
//! | a network is not the company's that the file names | `corrected` | stay: networks are not stored |
//! | a company is ours | `own` | removed |
//! | a network is ours | `own` | stay |
//!
//! A form's domain is what the visitor said, and not what the file says: a network's correction does not concern it.

use std::collections::HashMap;
use std::net::IpAddr;

use nameplate::Network;
use serde::{Deserialize, Serialize};

use crate::client_address::contains;
use crate::model::Filtered;

/// One correction, as the API takes it and the store keeps it:
/// `{"says": "not_that_company", "company": "lei:…"}`, `{"says": "ours", "network": "192.0.2.0/24"}`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// What is so.
    pub says: Says,
    /// Of a company, by its id ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// ... or of a network: a CIDR prefix, two addresses with a dash between them, or one address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
}

/// What a correction says.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// Whoever comes is not that company.
    NotThatCompany,
    /// Whoever comes is one of us.
    Ours,
}

impl Says {
    /// As what visits are filtered.
    pub const fn filtered(self) -> Filtered {
        match self {
            Says::NotThatCompany => Filtered::Corrected,
            Says::Ours => Filtered::Own,
        }
    }
}

/// Why a correction can't be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidCorrection(pub &'static str);

/// Bytes of a company's id.
const MAX_ID: usize = 200;

impl Correction {
    /// Whether it can be kept; in one form, so that equal ones are equal.
    ///
    /// A visitor's address is no network to be told from others: `not_that_company` takes no network of one address. One's own
    /// network may be one.
    pub fn check(self) -> Result<Correction, InvalidCorrection> {
        match (&self.company, &self.network) {
            (Some(id), None) => {
                let fits = (1..=MAX_ID).contains(&id.len()) && !id.chars().any(char::is_control);
                fits.then_some(self).ok_or(InvalidCorrection("company is a company's id, as answers show it"))
            }
            (None, Some(text)) => {
                let network: Network = text.parse().map_err(|_| {
                    InvalidCorrection("network is a CIDR prefix with zeros behind it, two addresses with a dash, or one address")
                })?;
                if self.says == Says::NotThatCompany && network.first == network.last {
                    return Err(InvalidCorrection(
                        "one address may be a visitor's: name a network of more than one",
                    ));
                }
                Ok(Correction { network: Some(network.to_string()), ..self })
            }
            _ => Err(InvalidCorrection("a correction is of a company or of a network, and not of both")),
        }
    }
}

/// All corrections, as visits ask for them.
#[derive(Clone, Debug, Default)]
pub struct Corrections {
    companies: HashMap<String, Says>,
    networks: Vec<(Network, Says)>,
}

impl Corrections {
    /// Of the configuration's own networks, and of what the store has. What does not hold together is passed over: it was checked when
    /// it was taken. Of two that contradict each other `ours` holds.
    pub fn new(own: &[Network], corrections: impl IntoIterator<Item = Correction>) -> Corrections {
        let mut all = Corrections {
            companies: HashMap::new(),
            networks: own.iter().map(|network| (*network, Says::Ours)).collect(),
        };
        for correction in corrections.into_iter().filter_map(|correction| correction.check().ok()) {
            if let Some(id) = correction.company {
                let says = all.companies.entry(id).or_insert(correction.says);
                if correction.says == Says::Ours {
                    *says = Says::Ours;
                }
            } else if let Some(network) = correction.network.and_then(|text| text.parse().ok()) {
                all.networks.push((network, correction.says));
            }
        }
        all.networks.sort_by_key(|(_, says)| *says != Says::Ours);
        all
    }

    /// What is said of an address's network. O(networks).
    pub fn of_address(&self, address: IpAddr) -> Option<Says> {
        self.networks.iter().find(|(network, _)| contains(network, address)).map(|(_, says)| *says)
    }

    /// What is said of a company. O(1).
    pub fn of_company(&self, id: &str) -> Option<Says> {
        self.companies.get(id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Correction, String> {
        let correction: Correction = serde_json::from_str(json).map_err(|error| error.to_string())?;
        correction.check().map_err(|error| error.to_string())
    }

    #[test]
    fn corrections_are_of_a_company_or_a_network() {
        for json in [
            r#"{"says":"not_that_company","company":"lei:A"}"#,
            r#"{"says":"ours","network":"192.0.2.0/24"}"#,
            r#"{"says":"ours","network":"192.0.2.1/32"}"#,
        ] {
            assert_eq!(serde_json::to_string(&read(json).unwrap()).unwrap(), json);
        }
        for (json, expected) in [
            (r#"{"says":"ours"}"#, "a correction is of a company or"),
            (r#"{"says":"ours","company":"a","network":"192.0.2.0/24"}"#, "a correction is of a company or"),
            (r#"{"says":"ours","company":""}"#, "company is a company's id"),
            (r#"{"says":"ours","company":"a\u0000"}"#, "company is a company's id"),
            (r#"{"says":"ours","network":"192.0.2.1/24"}"#, "network is a CIDR prefix"),
            (r#"{"says":"not_that_company","network":"192.0.2.1"}"#, "one address may be a visitor's"),
            (r#"{"says":"not_that_company","network":"::1-::1"}"#, "one address may be a visitor's"),
            (r#"{"says":"theirs","company":"a"}"#, "unknown variant"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.starts_with(expected), "{json} gives {error}");
        }
    }

    #[test]
    fn what_is_ours_is_ours_whatever_else_is_said() {
        let own: Network = "198.51.100.0/24".parse().unwrap();
        let all = [
            r#"{"says":"not_that_company","network":"192.0.2.0/24"}"#,
            r#"{"says":"ours","network":"192.0.2.128/25"}"#,
            r#"{"says":"ours","company":"lei:A"}"#,
            r#"{"says":"not_that_company","company":"lei:A"}"#,
            r#"{"says":"not_that_company","company":"lei:B"}"#,
        ];
        let corrections = Corrections::new(&[own], all.map(|json| read(json).unwrap()));
        let of = |text: &str| corrections.of_address(text.parse().unwrap());
        assert_eq!(of("192.0.2.1"), Some(Says::NotThatCompany));
        assert_eq!(of("192.0.2.129"), Some(Says::Ours));
        assert_eq!(of("198.51.100.7"), Some(Says::Ours));
        assert_eq!((of("203.0.113.1"), of("2001:db8::1")), (None, None));
        assert_eq!(corrections.of_company("lei:A"), Some(Says::Ours));
        assert_eq!(corrections.of_company("lei:B"), Some(Says::NotThatCompany));
        assert_eq!(corrections.of_company("lei:C"), None);
    }
}
