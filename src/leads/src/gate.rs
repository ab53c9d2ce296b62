//! What may be done with a visit: decided before anything is looked up, and never in doubt upwards.

/// How much of a visit may be processed; each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing: the visit leaves no trace but in the count of reasons.
    Off,
    /// A page view of that day; nothing is looked up.
    Count,
    /// The network's company is looked up; no cookies.
    Company,
    /// That, and the two first-party cookies.
    Sessions,
}

/// Why a site may process visits (GDPR, Art. 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalBasis {
    /// Only what the visitor has granted.
    #[default]
    Consent,
    /// A balancing test of the owner; a visitor's refusal still lowers the level.
    LegitimateInterest,
}
