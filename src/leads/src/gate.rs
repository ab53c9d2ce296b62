//! What may be done with a visit: decided before anything is looked up, and never in doubt upwards.
//!
//! The site's owner sets a legal basis and a highest level; the visitor's browser brings signals. Each of them is a
//! ceiling, and the lowest ceiling is the level:
//!
//! | what | ceiling |
//! |---|---|
//! | the site's highest level | that level |
//! | an objection cookie | `off` |
//! | a consent that this program does not know | `off`: it may be a refusal |
//! | no consent, where the basis is consent | `off` |
//! | no consent, where the basis is legitimate interest | `company`: cookies need consent whatever the basis |
//! | a consent to a level | that level |
//! | Global Privacy Control | `count`, even against a consent: which of the two came last is not known |
//!
//! `tests/gate.tsv` has the outcome of every combination.

use crate::model::Filtered;

/// How much of a visit may be processed; each level includes those before it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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

/// What a site's owner has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Why the site may process visits at all.
    pub basis: LegalBasis,
    /// The most that it does with any visit.
    pub highest: Level,
}

/// What a consent tool says of a visitor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// Nothing: no answer, or no consent tool.
    #[default]
    Absent,
    /// Something that is none of the levels.
    Unknown,
    /// Up to this level; `off` is a refusal.
    Granted(Level),
}

/// What came with a visit. The default is a browser that says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// What the consent tool says.
    pub consent: Consent,
    /// Global Privacy Control: `Sec-GPC: 1`, `navigator.globalPrivacyControl`.
    pub privacy_control: bool,
    /// The cookie of objection.
    pub objection: bool,
}

/// What may be done with a visit, and why no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The level.
    pub level: Level,
    /// What decided it.
    pub reason: Reason,
}

/// What decided a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The visitor's consent; the level is `company` or `sessions`.
    Granted,
    /// The site's legitimate interest, the visitor having said nothing; the level is `company`.
    LegitimateInterest,
    /// This, which is why the level is `off` or `count`.
    Lowered(Filtered),
}

impl LegalBasis {
    /// The word for it, as in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            LegalBasis::Consent => "consent",
            LegalBasis::LegitimateInterest => "legitimate-interest",
        }
    }
}

impl Reason {
    /// As counts and metrics call it.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::Granted => "granted",
            Reason::LegitimateInterest => "legitimate_interest",
            Reason::Lowered(why) => why.name(),
        }
    }
}

impl Level {
    /// All, the lowest first.
    pub const ALL: [Level; 4] = [Level::Off, Level::Count, Level::Company, Level::Sessions];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Count => "count",
            Level::Company => "company",
            Level::Sessions => "sessions",
        }
    }

    /// The level that this word means, in small letters.
    pub fn from_name(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// Decides. Where several ceilings are the lowest, the reason is the first of: the site's level, the objection, the
/// consent, Global Privacy Control. O(1).
///
/// ```
/// use nameplate_leads::gate::{Consent, LegalBasis, Level, Policy, Signals, decide};
///
/// let policy = Policy { basis: LegalBasis::Consent, highest: Level::Company };
/// assert_eq!(decide(policy, Signals::default()).level, Level::Off);
/// let consent = Consent::Granted(Level::Sessions);
/// assert_eq!(decide(policy, Signals { consent, ..Signals::default() }).level, Level::Company);
/// ```
pub fn decide(policy: Policy, signals: Signals) -> Decision {
    let (consented, granted) = consent_ceiling(policy.basis, signals.consent);
    let ceilings = [
        (policy.highest, if policy.highest == Level::Off { Filtered::SiteOff } else { Filtered::SiteCounts }),
        (if signals.objection { Level::Off } else { Level::Sessions }, Filtered::Objection),
        (consented, granted),
        (if signals.privacy_control { Level::Count } else { Level::Sessions }, Filtered::PrivacyControl),
    ];
    // Of equals, the first.
    let (level, why) = ceilings.into_iter().min_by_key(|(level, _)| *level).expect("there are four");
    let reason = match (level, signals.consent) {
        (Level::Off | Level::Count, _) => Reason::Lowered(why),
        (_, Consent::Granted(_)) => Reason::Granted,
        _ => Reason::LegitimateInterest,
    };
    Decision { level, reason }
}

/// The ceiling of a consent, and its name where that is lower than `company`.
fn consent_ceiling(basis: LegalBasis, consent: Consent) -> (Level, Filtered) {
    match (consent, basis) {
        (Consent::Granted(Level::Off), _) => (Level::Off, Filtered::Refused),
        (Consent::Granted(level), _) => (level, Filtered::CountConsent),
        (Consent::Absent, LegalBasis::LegitimateInterest) => (Level::Company, Filtered::NoConsent),
        (Consent::Unknown, _) | (Consent::Absent, LegalBasis::Consent) => (Level::Off, Filtered::NoConsent),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The table was not made by this program: see its first lines.
    const TABLE: &str = include_str!("../tests/gate.tsv");

    fn consents() -> [Consent; 6] {
        let [off, count, company, sessions] = Level::ALL.map(Consent::Granted);
        [Consent::Absent, Consent::Unknown, off, count, company, sessions]
    }

    fn consent_name(consent: Consent) -> &'static str {
        match consent {
            Consent::Absent => "-",
            Consent::Unknown => "?",
            Consent::Granted(level) => level.name(),
        }
    }

    #[test]
    fn every_combination_is_as_the_table_says() {
        let mut rows = TABLE.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(rows.next(), Some("basis\thighest\tconsent\tgpc\tobjection\tlevel\treason"));
        for basis in [LegalBasis::Consent, LegalBasis::LegitimateInterest] {
            for highest in Level::ALL {
                for consent in consents() {
                    for (privacy_control, objection) in
                        [(false, false), (false, true), (true, false), (true, true)]
                    {
                        let decision = decide(
                            Policy { basis, highest },
                            Signals { consent, privacy_control, objection },
                        );
                        let yes = |signal| if signal { "yes" } else { "no" };
                        let row = [
                            basis.name(),
                            highest.name(),
                            consent_name(consent),
                            yes(privacy_control),
                            yes(objection),
                            decision.level.name(),
                            decision.reason.name(),
                        ];
                        assert_eq!(rows.next(), Some(&*row.join("\t")));
                    }
                }
            }
        }
        assert_eq!(rows.next(), None);
    }

    fn policy() -> impl Strategy<Value = Policy> {
        let basis = prop_oneof![Just(LegalBasis::Consent), Just(LegalBasis::LegitimateInterest)];
        (basis, proptest::sample::select(Level::ALL.to_vec()))
            .prop_map(|(basis, highest)| Policy { basis, highest })
    }

    fn signals() -> impl Strategy<Value = Signals> {
        (proptest::sample::select(consents().to_vec()), any::<bool>(), any::<bool>())
            .prop_map(|(consent, privacy_control, objection)| Signals { consent, privacy_control, objection })
    }

    proptest! {
        #[test]
        fn no_refusal_raises_a_level(policy in policy(), signals in signals()) {
            let level = decide(policy, signals).level;
            prop_assert!(level <= policy.highest);
            for refusal in [
                Signals { privacy_control: true, ..signals },
                Signals { objection: true, ..signals },
                Signals { consent: Consent::Granted(Level::Off), ..signals },
                Signals { consent: Consent::Unknown, ..signals },
            ] {
                prop_assert!(decide(policy, refusal).level <= level);
            }
        }

        #[test]
        fn a_lower_setting_or_grant_never_raises_a_level(policy in policy(), signals in signals()) {
            let level = decide(policy, signals).level;
            for highest in Level::ALL.into_iter().filter(|highest| *highest < policy.highest) {
                let lower = Policy { highest, ..policy };
                prop_assert!(decide(lower, signals).level <= level);
            }
            if let Consent::Granted(granted) = signals.consent {
                prop_assert!(level <= granted);
                for lower in Level::ALL.into_iter().filter(|lower| *lower < granted) {
                    let signals = Signals { consent: Consent::Granted(lower), ..signals };
                    prop_assert!(decide(policy, signals).level <= level);
                }
            }
        }

        #[test]
        fn cookies_need_a_grant_of_sessions(policy in policy(), signals in signals()) {
            if decide(policy, signals).level == Level::Sessions {
                prop_assert_eq!(signals.consent, Consent::Granted(Level::Sessions));
            }
        }
    }
}
