//! Segments: conditions over companies and what they did, joined by AND and OR.
//!
//! A condition is JSON, in the configuration, in `LEADS` and in the dashboard alike:
//!
//! ```json
//! {"all": [{"field": "country", "is": ["DE", "NL"]},
//!          {"any": [{"field": "page_views", "at_least": 5}, {"field": "page", "begins": "/pricing"}]}]}
//! ```

use serde::{Deserialize, Serialize};

/// Deepest nesting and most conditions that are taken.
pub const MAX_DEPTH: usize = 8;
/// Most leaves of a condition.
pub const MAX_CONDITIONS: usize = 100;

/// A condition over a company within a period.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(no_recursion))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Condition {
    /// Each of them holds; none of them holds always.
    All {
        /// The parts.
        all: Vec<Condition>,
    },
    /// One of them holds at least; none of them holds never.
    Any {
        /// The parts.
        any: Vec<Condition>,
    },
    /// It does not hold.
    Not {
        /// The part.
        not: Box<Condition>,
    },
    /// A fact, or a number, of the company.
    Test(Test),
}

/// One field and what must hold of it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Of what.
    pub field: Field,
    /// What must hold.
    #[serde(flatten)]
    pub holds: Predicate,
}

/// What can be tested.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Text: the company's name.
    Name,
    /// Text: ISO 3166-1 alpha-2.
    Country,
    /// Text: business, education, government, nonprofit.
    Kind,
    /// Text: as the register gives it.
    Industry,
    /// Text.
    LegalForm,
    /// Text.
    Domain,
    /// Text: one of the company's tags.
    Tag,
    /// Text: new, open, contacted, customer, ignored (see [`crate::model::LeadStatus`]).
    Status,
    /// Text: a user's name.
    Owner,
    /// Text: a path that was looked at in the period.
    Page,
    /// Text: a page group that was looked at in the period.
    PageGroup,
    /// Text: a referring host in the period.
    Referrer,
    /// Text: `utm_source` in the period.
    UtmSource,
    /// Text: `utm_medium` in the period.
    UtmMedium,
    /// Text: `utm_campaign` in the period.
    UtmCampaign,
    /// Number, 1 to 100.
    Confidence,
    /// Number: visits in the period.
    Visits,
    /// Number: page views in the period.
    PageViews,
    /// Number: seconds on the site in the period.
    Seconds,
    /// Number, 0 to 100.
    Score,
    /// Number: days since the first visit.
    DaysSinceFirst,
    /// Number: days since the last visit.
    DaysSinceLast,
}

/// What must hold of a field. Texts are compared without regard to case.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predicate {
    /// Text: one of these.
    Is(Vec<String>),
    /// Text: begins with this.
    Begins(String),
    /// Text: contains this.
    Contains(String),
    /// Whether it is known at all.
    Known(bool),
    /// Number.
    AtLeast(i64),
    /// Number.
    AtMost(i64),
}

/// Most values of one [`Predicate::Is`], and bytes of a value.
const MAX_VALUES: usize = 1000;
const MAX_VALUE_LENGTH: usize = 1000;

/// Why a condition can't be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCondition {
    /// Parts within parts.
    #[error("the condition is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// Tests.
    #[error("the condition has more than {MAX_CONDITIONS} tests")]
    TooLong,
    /// Values of one test.
    #[error("a test has more than {MAX_VALUES} values, or one longer than {MAX_VALUE_LENGTH} bytes")]
    TooManyValues,
    /// `at_least` of a name, `begins` of a number.
    #[error(
        "a number is tested by at_least and at_most, a text by is, begins and contains; this test has the other one's"
    )]
    WrongKind,
}

impl Field {
    /// Whether it is a number.
    pub const fn is_number(self) -> bool {
        matches!(
            self,
            Field::Confidence
                | Field::Visits
                | Field::PageViews
                | Field::Seconds
                | Field::Score
                | Field::DaysSinceFirst
                | Field::DaysSinceLast
        )
    }
}

impl Condition {
    /// Whether it can be asked: its depth and length, and that each test fits its field.
    pub fn check(&self) -> Result<(), InvalidCondition> {
        let mut tests = 0;
        self.check_part(1, &mut tests)
    }

    fn check_part(&self, depth: usize, tests: &mut usize) -> Result<(), InvalidCondition> {
        if depth > MAX_DEPTH {
            return Err(InvalidCondition::TooDeep);
        }
        // A part with nothing in it counts as a test: it costs as much.
        let leaf = match self {
            Condition::All { all: parts } | Condition::Any { any: parts } => parts.is_empty(),
            Condition::Not { .. } => false,
            Condition::Test(_) => true,
        };
        *tests += usize::from(leaf);
        if *tests > MAX_CONDITIONS {
            return Err(InvalidCondition::TooLong);
        }
        match self {
            Condition::All { all: parts } | Condition::Any { any: parts } => {
                parts.iter().try_for_each(|part| part.check_part(depth + 1, tests))
            }
            Condition::Not { not } => not.check_part(depth + 1, tests),
            Condition::Test(test) => test.check(),
        }
    }
}

impl Test {
    fn check(&self) -> Result<(), InvalidCondition> {
        let of_number = match &self.holds {
            Predicate::Known(_) => return Ok(()),
            Predicate::AtLeast(_) | Predicate::AtMost(_) => true,
            Predicate::Is(values) if values.len() > MAX_VALUES => {
                return Err(InvalidCondition::TooManyValues);
            }
            Predicate::Is(values) if values.iter().any(|value| value.len() > MAX_VALUE_LENGTH) => {
                return Err(InvalidCondition::TooManyValues);
            }
            Predicate::Begins(value) | Predicate::Contains(value) if value.len() > MAX_VALUE_LENGTH => {
                return Err(InvalidCondition::TooManyValues);
            }
            Predicate::Is(_) | Predicate::Begins(_) | Predicate::Contains(_) => false,
        };
        if of_number == self.field.is_number() { Ok(()) } else { Err(InvalidCondition::WrongKind) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_module_is_read_and_fits() {
        let text = r#"{"all": [{"field": "country", "is": ["DE", "NL"]},
            {"any": [{"field": "page_views", "at_least": 5}, {"field": "page", "begins": "/pricing"}]}]}"#;
        let condition: Condition = serde_json::from_str(text).unwrap();
        assert_eq!(condition.check(), Ok(()));
        let again = serde_json::to_string(&condition).unwrap();
        assert_eq!(serde_json::from_str::<Condition>(&again).unwrap(), condition);
    }

    #[test]
    fn what_is_too_deep_too_long_or_of_the_wrong_kind_is_refused() {
        let test = |field, holds| Condition::Test(Test { field, holds });
        let views = test(Field::PageViews, Predicate::AtLeast(1));
        let nested = |levels| (1..levels).fold(views.clone(), |not, _| Condition::Not { not: Box::new(not) });
        assert_eq!(nested(MAX_DEPTH).check(), Ok(()));
        assert_eq!(nested(MAX_DEPTH + 1).check(), Err(InvalidCondition::TooDeep));
        let many = |count| Condition::Any { any: vec![views.clone(); count] };
        assert_eq!(many(MAX_CONDITIONS).check(), Ok(()));
        assert_eq!(many(MAX_CONDITIONS + 1).check(), Err(InvalidCondition::TooLong));
        assert_eq!(test(Field::Name, Predicate::AtMost(1)).check(), Err(InvalidCondition::WrongKind));
        assert_eq!(
            test(Field::Score, Predicate::Begins(String::new())).check(),
            Err(InvalidCondition::WrongKind)
        );
        let values = vec![String::new(); MAX_VALUES + 1];
        assert_eq!(test(Field::Name, Predicate::Is(values)).check(), Err(InvalidCondition::TooManyValues));
    }
}
