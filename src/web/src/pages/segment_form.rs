//! The form of a segment, which works without script: groups of conditions, joined by AND within an OR or the other way round. What is nested
//! deeper is changed as JSON. What does not hold together comes back with what was written, and says why.

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::now;
use nameplate_leads::segment::{Condition, Field, InvalidCondition, Predicate, Test};

use super::companies::{Choice, word};
use super::{Layout, page, redirect};
use crate::app::App;
use crate::guard::Call;
use crate::input::Pairs;
use crate::problem::Problem;
use crate::words::segments::{ConditionWords, SegmentWords};

/// Groups of the form, and rows of a group, at most. Together they have fewer fields than a form may have.
const GROUPS: usize = 5;
const ROWS: usize = 6;

/// Rows that are free in each group, and in the group that is free.
const FREE: usize = 2;

/// Longest name, in bytes; the store refuses longer ones.
const LONGEST_NAME: usize = 200;

const FIELDS_OF_COMPANY: [Field; 10] = [
    Field::Name,
    Field::Country,
    Field::Kind,
    Field::Industry,
    Field::LegalForm,
    Field::Domain,
    Field::Tag,
    Field::Status,
    Field::Owner,
    Field::Confidence,
];

const FIELDS_OF_BEHAVIOUR: [Field; 12] = [
    Field::Page,
    Field::PageGroup,
    Field::Referrer,
    Field::UtmSource,
    Field::UtmMedium,
    Field::UtmCampaign,
    Field::Visits,
    Field::PageViews,
    Field::Seconds,
    Field::Score,
    Field::DaysSinceFirst,
    Field::DaysSinceLast,
];

#[derive(Template)]
#[template(path = "segment_form.html")]
struct SegmentPage {
    layout: Layout,
    words: &'static SegmentWords,
    conditions: &'static ConditionWords,
    heading: &'static str,
    error: Option<&'static str>,
    name: String,
    new: bool,
    all: bool,
    groups: Vec<Group>,
    json: Option<String>,
}

struct Group {
    number: usize,
    rows: Vec<Row>,
}

/// A row of the form; `id` tells it from the others.
struct Row {
    id: String,
    number: usize,
    of_company: Vec<Choice>,
    of_behaviour: Vec<Choice>,
    tests: Vec<Choice>,
    value: String,
}

/// What somebody wrote in a row, right or wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Written {
    field: String,
    test: String,
    value: String,
}

/// What somebody wrote in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Draft {
    name: String,
    new: bool,
    /// Groups are joined by AND, and rows within them by OR; else the other way round.
    all: bool,
    groups: Vec<Vec<Written>>,
    /// Instead of groups.
    json: Option<String>,
}

/// Why a draft is no segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Name,
    Taken,
    NoCondition,
    NoValue,
    Number,
    Text,
    Json,
    TooLong,
}

impl Wrong {
    const fn text(self, words: &SegmentWords) -> &'static str {
        match self {
            Wrong::Name => words.bad_name,
            Wrong::Taken => words.taken,
            Wrong::NoCondition => words.no_condition,
            Wrong::NoValue => words.no_value,
            Wrong::Number => words.bad_number,
            Wrong::Text => words.bad_text,
            Wrong::Json => words.bad_json,
            Wrong::TooLong => words.too_long,
        }
    }
}

/// `GET /segments/edit`: an empty form, or the one of the segment that `name` names.
pub(crate) async fn edit(app: App, call: Call) -> Result<Response<Body>, Problem> {
    call.query.only(&["name"])?;
    let draft = match call.query.get("name")? {
        None => Draft { name: String::new(), new: true, all: true, groups: Vec::new(), json: None },
        Some(name) => {
            let segments = app.work(|leads| Ok(leads.store().segments()?)).await?;
            let segment = segments.into_iter().find(|segment| segment.name == name);
            let segment = segment.ok_or_else(Problem::not_found)?;
            Draft::of(segment.name, &segment.condition)
        }
    };
    render(&call, StatusCode::OK, draft, None)
}

/// `POST /segments/edit`.
pub(crate) async fn save(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let draft = Draft::read(&call.form)?;
    let condition = match draft.condition() {
        Ok(condition) => condition,
        Err(wrong) => return render(&call, StatusCode::BAD_REQUEST, draft, Some(wrong)),
    };
    let (name, new, actor) = (draft.name.clone(), draft.new, call.actor());
    let saved = app
        .work(move |leads| {
            let store = leads.store();
            if new && store.segments()?.iter().any(|segment| segment.name == name) {
                return Ok(false);
            }
            store.save_segment(&name, &condition, &actor, now())?;
            Ok(true)
        })
        .await?;
    if saved {
        Ok(redirect("/segments"))
    } else {
        render(&call, StatusCode::BAD_REQUEST, draft, Some(Wrong::Taken))
    }
}

fn render(
    call: &Call,
    status: StatusCode,
    draft: Draft,
    wrong: Option<Wrong>,
) -> Result<Response<Body>, Problem> {
    let words = SegmentWords::of(call.language);
    let conditions = ConditionWords::of(call.language);
    let mut groups = draft.groups;
    // Each group has room for more rows, and a group is free; two where there is nothing yet.
    groups.push(Vec::new());
    if groups.len() == 1 {
        groups.push(Vec::new());
    }
    let last = groups.len().min(GROUPS);
    for group in &mut groups {
        let rows = (group.iter().filter(|row| !row.field.is_empty()).count() + FREE).min(ROWS);
        group.retain(|row| !row.field.is_empty());
        group.resize(rows, Written::default());
    }
    let group = |(place, rows): (usize, Vec<Written>)| Group {
        number: place + 1,
        rows: rows.into_iter().enumerate().map(|(at, written)| row(place, at, written, conditions)).collect(),
    };
    let heading = if draft.new { words.title_new } else { words.title_change };
    let shown = SegmentPage {
        layout: Layout::new(call, heading, "/segments"),
        words,
        conditions,
        heading,
        error: wrong.map(|wrong| wrong.text(words)),
        name: draft.name,
        new: draft.new,
        all: draft.all,
        groups: groups.into_iter().take(last).enumerate().map(group).collect(),
        json: draft.json,
    };
    page(call, status, &shown)
}

fn row(group: usize, at: usize, written: Written, words: &ConditionWords) -> Row {
    let choices = |fields: &[Field]| {
        let choice = |field: &Field| {
            let value = word(field);
            Choice { chosen: value == written.field, value, name: words.field(*field).to_owned() }
        };
        fields.iter().map(choice).collect()
    };
    let tests = [
        ("is", words.is),
        ("is_not", words.is_not),
        ("begins", words.begins),
        ("contains", words.contains),
        ("contains_not", words.contains_not),
        ("at_least", words.at_least),
        ("at_most", words.at_most),
        ("known", words.known),
        ("unknown", words.unknown),
    ];
    Row {
        id: format!("{group}-{at}"),
        number: at + 1,
        of_company: choices(&FIELDS_OF_COMPANY),
        of_behaviour: choices(&FIELDS_OF_BEHAVIOUR),
        tests: tests
            .into_iter()
            .map(|(value, name)| Choice {
                value: value.to_owned(),
                name: name.to_owned(),
                chosen: value == written.test,
            })
            .collect(),
        value: written.value,
    }
}

impl Draft {
    /// What the form shows of a condition.
    fn of(name: String, condition: &Condition) -> Draft {
        let (all, groups) = groups(condition).unzip();
        let json = groups.is_none().then(|| serde_json::to_string_pretty(condition).unwrap_or_default());
        Draft { name, new: false, all: all.unwrap_or(true), groups: groups.unwrap_or_default(), json }
    }

    fn read(form: &Pairs) -> Result<Draft, Problem> {
        let text = |name: &str| Ok::<_, Problem>(form.get(name)?.unwrap_or_default().trim().to_owned());
        let mut groups = Vec::new();
        for group in 0..GROUPS {
            let mut rows = Vec::new();
            for row in 0..ROWS {
                let written = Written {
                    field: text(&format!("field-{group}-{row}"))?,
                    test: text(&format!("test-{group}-{row}"))?,
                    value: text(&format!("value-{group}-{row}"))?,
                };
                if !written.field.is_empty() {
                    rows.push(written);
                }
            }
            if !rows.is_empty() {
                groups.push(rows);
            }
        }
        Ok(Draft {
            name: text("name")?,
            new: form.get("new")?.is_some(),
            all: form.get("join")? != Some("any"),
            groups,
            json: form.get("json")?.map(str::to_owned),
        })
    }

    fn condition(&self) -> Result<Condition, Wrong> {
        if self.name.is_empty() || self.name.len() > LONGEST_NAME {
            return Err(Wrong::Name);
        }
        let condition = match &self.json {
            Some(json) => serde_json::from_str(json).map_err(|_| Wrong::Json)?,
            None => self.joined()?,
        };
        match condition.check() {
            Ok(()) => Ok(condition),
            Err(InvalidCondition::WrongKind) => Err(Wrong::Json),
            Err(_) => Err(Wrong::TooLong),
        }
    }

    fn joined(&self) -> Result<Condition, Wrong> {
        let mut groups = Vec::new();
        for rows in &self.groups {
            let rows = rows.iter().map(Written::condition).collect::<Result<Vec<_>, _>>()?;
            groups.push(join(rows, !self.all));
        }
        if groups.is_empty() {
            return Err(Wrong::NoCondition);
        }
        Ok(join(groups, self.all))
    }
}

/// Parts joined by AND or OR; one part is itself.
fn join(mut parts: Vec<Condition>, all: bool) -> Condition {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            if all { Condition::All { all: parts } } else { Condition::Any { any: parts } }
        }
    }
}

/// The groups of a condition, and whether they are joined by AND; none where it is nested deeper, or has more than the form has.
fn groups(condition: &Condition) -> Option<(bool, Vec<Vec<Written>>)> {
    let each = |parts: &[Condition]| parts.iter().map(Written::of).collect::<Option<Vec<_>>>();
    let found = match condition {
        Condition::All { all } => {
            let group = |part: &Condition| match part {
                Condition::Any { any } if !any.is_empty() => each(any),
                part => Some(vec![Written::of(part)?]),
            };
            (true, all.iter().map(group).collect::<Option<Vec<_>>>()?)
        }
        Condition::Any { any } => {
            if let Some(rows) = each(any) {
                (true, vec![rows])
            } else {
                let group = |part: &Condition| match part {
                    Condition::All { all } if !all.is_empty() => each(all),
                    part => Some(vec![Written::of(part)?]),
                };
                (false, any.iter().map(group).collect::<Option<Vec<_>>>()?)
            }
        }
        single => (true, vec![vec![Written::of(single)?]]),
    };
    let fits =
        (1..=GROUPS).contains(&found.1.len()) && found.1.iter().all(|rows| (1..=ROWS).contains(&rows.len()));
    fits.then_some(found)
}

impl Written {
    /// A test as a row; none where the row could not say the same.
    fn of(condition: &Condition) -> Option<Written> {
        let (test, not) = match condition {
            Condition::Test(test) => (test, false),
            Condition::Not { not } => match &**not {
                Condition::Test(test) => (test, true),
                _ => return None,
            },
            _ => return None,
        };
        let (name, value) = match (&test.holds, not) {
            (Predicate::Is(values), not) => {
                let plain = |value: &String| {
                    !value.is_empty() && !value.contains(',') && value.trim().len() == value.len()
                };
                if values.is_empty() || !values.iter().all(plain) {
                    return None;
                }
                (if not { "is_not" } else { "is" }, values.join(", "))
            }
            (Predicate::Contains(value), not) => {
                (if not { "contains_not" } else { "contains" }, value.clone())
            }
            (Predicate::Begins(value), false) => ("begins", value.clone()),
            (Predicate::AtLeast(number), false) => ("at_least", number.to_string()),
            (Predicate::AtMost(number), false) => ("at_most", number.to_string()),
            (Predicate::Known(known), not) => {
                (if *known == not { "unknown" } else { "known" }, String::new())
            }
            _ => return None,
        };
        let lossless = value.trim().len() == value.len();
        lossless.then(|| Written { field: word(&test.field), test: name.to_owned(), value })
    }

    fn condition(&self) -> Result<Condition, Wrong> {
        let field = serde_json::from_value(serde_json::Value::String(self.field.clone()));
        let field: Field = field.map_err(|_| Wrong::NoCondition)?;
        let text = || match (self.value.is_empty(), field.is_number()) {
            (_, true) => Err(Wrong::Number),
            (true, _) => Err(Wrong::NoValue),
            (false, false) => Ok(self.value.clone()),
        };
        let number = || {
            if field.is_number() {
                self.value.parse::<i64>().map_err(|_| Wrong::Number)
            } else {
                Err(Wrong::Text)
            }
        };
        let values = || {
            let values: Vec<String> = text()?
                .split(',')
                .map(str::trim)
                .filter(|value| !value.is_empty())
                .map(str::to_owned)
                .collect();
            if values.is_empty() { Err(Wrong::NoValue) } else { Ok(Predicate::Is(values)) }
        };
        let (holds, not) = match &*self.test {
            "is" => (values()?, false),
            "is_not" => (values()?, true),
            "begins" => (Predicate::Begins(text()?), false),
            "contains" => (Predicate::Contains(text()?), false),
            "contains_not" => (Predicate::Contains(text()?), true),
            "at_least" => (Predicate::AtLeast(number()?), false),
            "at_most" => (Predicate::AtMost(number()?), false),
            "known" => (Predicate::Known(true), false),
            "unknown" => (Predicate::Known(false), false),
            _ => return Err(Wrong::NoCondition),
        };
        let condition = Condition::Test(Test { field, holds });
        Ok(if not { Condition::Not { not: Box::new(condition) } } else { condition })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Condition {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_the_form_shows_is_what_it_saves() {
        for json in [
            r#"{"field":"country","is":["DE","NL"]}"#,
            r#"{"not":{"field":"country","is":["DE"]}}"#,
            r#"{"field":"industry","known":false}"#,
            r#"{"any":[{"field":"page_views","at_least":5},{"field":"page","begins":"/pricing"}]}"#,
            r#"{"all":[{"field":"country","is":["DE"]},{"any":[{"field":"page_views","at_least":5},{"field":"score","at_most":9}]}]}"#,
            r#"{"any":[{"field":"tag","contains":"x"},{"all":[{"field":"visits","at_least":2},{"not":{"field":"page","contains":"/jobs"}}]}]}"#,
        ] {
            let condition = read(json);
            let draft = Draft::of("a".into(), &condition);
            assert_eq!(draft.json, None, "{json}");
            assert_eq!(draft.condition(), Ok(condition), "{json}");
        }
    }

    #[test]
    fn what_the_form_has_no_rows_for_is_changed_as_json() {
        for json in [
            r#"{"all":[]}"#,
            r#"{"not":{"all":[{"field":"visits","at_least":2}]}}"#,
            r#"{"all":[{"any":[{"all":[{"field":"visits","at_least":2}]}]}]}"#,
            r#"{"field":"name","is":["A, B"]}"#,
            r#"{"field":"name","begins":" a"}"#,
            r#"{"not":{"field":"visits","at_least":2}}"#,
        ] {
            let condition = read(json);
            let draft = Draft::of("a".into(), &condition);
            assert_eq!(draft.groups, Vec::<Vec<Written>>::new(), "{json}");
            assert_eq!(draft.condition(), Ok(condition), "{json}");
        }
    }

    #[test]
    fn what_does_not_hold_together_is_told() {
        let form = |text: &str| Draft::read(&Pairs::parse(text.as_bytes()).unwrap()).unwrap().condition();
        for (text, expected) in [
            ("", Wrong::Name),
            ("name=a", Wrong::NoCondition),
            ("name=a&field-0-0=canary&test-0-0=is&value-0-0=x", Wrong::NoCondition),
            ("name=a&field-0-0=name&test-0-0=canary&value-0-0=x", Wrong::NoCondition),
            ("name=a&field-0-0=name&test-0-0=is", Wrong::NoValue),
            ("name=a&field-0-0=name&test-0-0=is&value-0-0=,", Wrong::NoValue),
            ("name=a&field-0-0=name&test-0-0=at_least&value-0-0=1", Wrong::Text),
            ("name=a&field-0-0=visits&test-0-0=at_least&value-0-0=x", Wrong::Number),
            ("name=a&field-0-0=visits&test-0-0=is&value-0-0=1", Wrong::Number),
            ("name=a&json=x", Wrong::Json),
            (r#"name=a&json={"field":"visits","is":["1"]}"#, Wrong::Json),
        ] {
            assert_eq!(form(text), Err(expected), "{text}");
        }
        assert_eq!(
            form(
                "name=a&join=any&field-0-0=name&test-0-0=is&value-0-0=x,y&field-3-1=visits&test-3-1=at_least&value-3-1=2"
            ),
            Ok(read(r#"{"any":[{"field":"name","is":["x","y"]},{"field":"visits","at_least":2}]}"#))
        );
    }
}
