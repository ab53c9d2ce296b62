//! Random visits and random conditions: what the store answers is what a reader of all page views would say.

use std::collections::{BTreeMap, BTreeSet};

use nameplate_leads::model::{
    CookieId, IdentifiedBy, LeadChange, LeadStatus, LeadsQuery, Record, Seen, SiteNumber, Sort,
};
use nameplate_leads::score::{Behaviour, GroupPoints, ScoreFormula};
use nameplate_leads::segment::{Condition, Field, Predicate, Test};
use nameplate_leads::store::{PageGroup, Store, StoreOptions};
use proptest::prelude::*;

use super::{DAY, MINUTE, NOW, Place, company, record_all, seen};

const SITES: [&str; 2] = ["shop", "blog"];
const PATHS: [&str; 5] = ["/", "/Pricing", "/pricing/big", "/docs/ÄÖ", "/docs"];
const TAGS: [&str; 3] = ["hot", "Kunde", "x%_"];
const COMPANIES: usize = 6;
/// Days before today on which visits are; some in another month and year.
const DAYS: [i64; 8] = [0, 1, 16, 17, 40, 70, 170, 400];

/// One page view, in small numbers.
#[derive(Clone, Copy, Debug)]
struct View {
    company: usize,
    site: usize,
    day: usize,
    minute: i64,
    path: usize,
    visitor: Option<u128>,
    origin: usize,
    form: bool,
}

fn view() -> impl Strategy<Value = View> {
    (
        0..COMPANIES,
        0..SITES.len(),
        0..DAYS.len(),
        // Around midnight and the end of a visit.
        prop_oneof![0_i64..120, 1400_i64..1440, Just(600), Just(630)],
        0..PATHS.len(),
        prop_oneof![Just(None), (1_u128..4).prop_map(Some)],
        0..4_usize,
        prop::bool::weighted(0.2),
    )
        .prop_map(|(company, site, day, minute, path, visitor, origin, form)| View {
            company,
            site,
            day,
            minute,
            path,
            visitor,
            origin,
            form,
        })
}

impl View {
    fn at(&self) -> i64 {
        let today = NOW / DAY * DAY;
        today - DAYS[self.day] * DAY + self.minute * MINUTE
    }

    fn origin(&self) -> [Option<&'static str>; 4] {
        [
            [None, None, None, None],
            [Some("search.example"), None, None, None],
            [Some("News.example"), Some("mail"), Some("E-Mail"), Some("Juni")],
            [None, Some("ads"), None, Some("juli %_")],
        ][self.origin]
    }

    fn seen(&self, sites: &[SiteNumber]) -> Seen {
        let mut seen = seen(sites[self.site], self.at(), facts(self.company), PATHS[self.path]);
        // A session is of one visitor.
        seen.visitor = self.visitor.map(CookieId);
        seen.session = self.visitor.map(|visitor| CookieId(visitor + 100));
        seen.identified_by = if self.form { IdentifiedBy::FormDomain } else { IdentifiedBy::Network };
        let [referrer, source, medium, campaign] = self.origin().map(|text| text.map(str::to_owned));
        (seen.page.referrer, seen.page.utm_source) = (referrer, source);
        (seen.page.utm_medium, seen.page.utm_campaign) = (medium, campaign);
        seen
    }
}

fn facts(number: usize) -> nameplate_leads::model::CompanyFacts {
    let names = ["Äpfel AG", "äpfel ag", "Über%Grund", "under_score", "ΟΔΟΣ Α.Ε.", "Zebra"];
    let mut facts = company(&format!("lei:{number}"), names[number]);
    facts.confidence = [1, 50, 80, 80, 99, 100][number];
    facts.country = [Some("DE"), Some("NL"), None, Some("de"), Some("GR"), None][number].map(Into::into);
    facts.kind =
        [Some("business"), None, Some("government"), Some("business"), None, None][number].map(Into::into);
    facts.domain =
        [Some("apfel.example"), None, Some("grund.example"), None, None, Some("")][number].map(Into::into);
    facts.industry = [None, Some("Obst"), None, None, Some("Straßenbau"), None][number].map(Into::into);
    facts.legal_form = [Some("AG"), Some("ag"), None, None, None, None][number].map(Into::into);
    facts
}

/// Text or number, as the field is.
fn test() -> impl Strategy<Value = Condition> {
    let texts = prop::sample::select(vec![
        "de",
        "DE",
        "äpfel",
        "ÄPFEL AG",
        "%",
        "_",
        "ΟΔΟΣ",
        "οδος α",
        "",
        "a",
        "/pricing",
        "/docs",
        "/",
        "business",
        "Grund",
        "hot",
        "KUNDE",
        "x%",
        "open",
        "new",
        "mia",
        "news.example",
        "mail",
        "juni",
        "docs",
        "prices",
        "' OR 1=1 --",
        "straßen",
        "ag",
    ]);
    let texts = texts.prop_map(str::to_owned).boxed();
    let text_fields = prop::sample::select(vec![
        Field::Name,
        Field::Country,
        Field::Kind,
        Field::Industry,
        Field::LegalForm,
        Field::Domain,
        Field::Tag,
        Field::Status,
        Field::Owner,
        Field::Page,
        Field::PageGroup,
        Field::Referrer,
        Field::UtmSource,
        Field::UtmMedium,
        Field::UtmCampaign,
    ]);
    let number_fields = prop::sample::select(vec![
        Field::Confidence,
        Field::Visits,
        Field::PageViews,
        Field::Seconds,
        Field::Score,
        Field::DaysSinceFirst,
        Field::DaysSinceLast,
    ]);
    let of_text = prop_oneof![
        prop::collection::vec(texts.clone(), 0..3).prop_map(Predicate::Is),
        texts.clone().prop_map(Predicate::Begins),
        texts.prop_map(Predicate::Contains),
        any::<bool>().prop_map(Predicate::Known),
    ];
    let numbers =
        prop_oneof![-1_i64..6, Just(50), Just(80), Just(120), Just(i64::MAX), Just(i64::MIN)].boxed();
    let of_number = prop_oneof![
        numbers.clone().prop_map(Predicate::AtLeast),
        numbers.prop_map(Predicate::AtMost),
        any::<bool>().prop_map(Predicate::Known),
    ];
    prop_oneof![(text_fields, of_text), (number_fields, of_number)]
        .prop_map(|(field, holds)| Condition::Test(Test { field, holds }))
}

fn condition() -> impl Strategy<Value = Condition> {
    test().prop_recursive(3, 12, 3, |part| {
        prop_oneof![
            prop::collection::vec(part.clone(), 0..3).prop_map(|all| Condition::All { all }),
            prop::collection::vec(part.clone(), 0..3).prop_map(|any| Condition::Any { any }),
            part.prop_map(|not| Condition::Not { not: Box::new(not) }),
        ]
    })
}

fn groups() -> Vec<PageGroup> {
    let group = |site: &str, name: &str, prefixes: &[&str]| PageGroup {
        site: site.into(),
        name: name.into(),
        prefixes: prefixes.iter().map(|&prefix| prefix.into()).collect(),
    };
    vec![
        group("shop", "prices", &["/pricing", "/Pricing"]),
        group("shop", "docs", &["/docs"]),
        group("blog", "docs", &["/"]),
    ]
}

fn score_formula() -> ScoreFormula {
    let groups = vec![
        GroupPoints { name: "prices".into(), points: 17 },
        GroupPoints { name: "docs".into(), points: 3 },
    ];
    ScoreFormula { groups, ..ScoreFormula::default() }
}

/// What users said of companies.
#[derive(Clone, Debug, Default)]
struct Said {
    tags: BTreeSet<String>,
    status: LeadStatus,
    owner: Option<String>,
}

/// What the store should say of a company in a period.
#[derive(Clone, Debug, Default)]
struct Expected {
    visits: u64,
    sessions: u64,
    page_views: u64,
    seconds: u64,
    first_seen: i64,
    last_seen: i64,
    score: u8,
    groups: BTreeSet<String>,
    views: Vec<View>,
}

fn expected(views: &[View], sites: &[usize], first: i64, last: i64) -> BTreeMap<usize, Expected> {
    let mut found: BTreeMap<usize, Expected> = BTreeMap::new();
    // The first and last page view of each visitor's latest visit.
    let mut open = BTreeMap::<_, (i64, i64)>::new();
    for view in views {
        let (at, day) = (view.at(), view.at() / DAY);
        let within = sites.contains(&view.site) && (first..=last).contains(&day);
        let all = views.iter().filter(|other| other.company == view.company).map(View::at);
        if !within {
            continue;
        }
        let company = found.entry(view.company).or_default();
        company.first_seen = all.clone().min().unwrap();
        company.last_seen = all.max().unwrap();
        company.page_views += 1;
        company.views.push(*view);
        for group in groups() {
            if group.site == SITES[view.site]
                && group.prefixes.iter().any(|prefix| PATHS[view.path].starts_with(prefix.as_str()))
            {
                company.groups.insert(group.name);
            }
        }
        let key = (day, view.site, view.company, view.form, view.visitor);
        match open.get_mut(&key) {
            Some((began, ended)) if at < *ended + 30 * MINUTE => {
                company.seconds += ((at - *began) / 1000 - (*ended - *began) / 1000) as u64;
                *ended = at;
            }
            _ => {
                company.visits += 1;
                company.sessions += u64::from(view.visitor.is_some());
                open.insert(key, (at, at));
            }
        }
    }
    for company in found.values_mut() {
        company.score = score_formula().score(&Behaviour {
            visits: company.visits,
            page_views: company.page_views,
            seconds: company.seconds,
            days_since_last: ((NOW - company.last_seen) / DAY).max(0) as u64,
            groups: company.groups.iter().map(String::as_str).collect(),
        });
    }
    found
}

fn holds(condition: &Condition, number: usize, of: &Expected, said: &Said) -> bool {
    let test = match condition {
        Condition::All { all } => return all.iter().all(|part| holds(part, number, of, said)),
        Condition::Any { any } => return any.iter().any(|part| holds(part, number, of, said)),
        Condition::Not { not } => return !holds(not, number, of, said),
        Condition::Test(test) => test,
    };
    let facts = facts(number);
    let origins =
        |which: usize| of.views.iter().filter_map(|view| view.origin()[which]).map(str::to_owned).collect();
    let texts: Vec<String> = match test.field {
        Field::Name => vec![facts.name],
        Field::Country => facts.country.into_iter().collect(),
        Field::Kind => facts.kind.into_iter().collect(),
        Field::Industry => facts.industry.into_iter().collect(),
        Field::LegalForm => facts.legal_form.into_iter().collect(),
        Field::Domain => facts.domain.into_iter().collect(),
        Field::Tag => said.tags.iter().cloned().collect(),
        Field::Status => vec![serde_json::to_value(said.status).unwrap().as_str().unwrap().to_owned()],
        Field::Owner => said.owner.iter().cloned().collect(),
        Field::Page => of.views.iter().map(|view| PATHS[view.path].to_owned()).collect(),
        Field::PageGroup => of.groups.iter().cloned().collect(),
        Field::Referrer => origins(0),
        Field::UtmSource => origins(1),
        Field::UtmMedium => origins(2),
        Field::UtmCampaign => origins(3),
        field => {
            let value = match field {
                Field::Confidence => i64::from(facts.confidence),
                Field::Visits => of.visits as i64,
                Field::PageViews => of.page_views as i64,
                Field::Seconds => of.seconds as i64,
                Field::Score => i64::from(of.score),
                Field::DaysSinceFirst => ((NOW - of.first_seen) / DAY).max(0),
                _ => ((NOW - of.last_seen) / DAY).max(0),
            };
            return match test.holds {
                Predicate::AtLeast(least) => value >= least,
                Predicate::AtMost(most) => value <= most,
                Predicate::Known(known) => known,
                _ => unreachable!("not for numbers"),
            };
        }
    };
    let small = |text: &str| -> String { text.chars().flat_map(char::to_lowercase).collect() };
    match &test.holds {
        Predicate::Known(known) => texts.is_empty() != *known,
        Predicate::Is(values) => {
            texts.iter().any(|text| values.iter().any(|value| small(value) == small(text)))
        }
        Predicate::Begins(prefix) => texts.iter().any(|text| small(text).starts_with(&small(prefix))),
        Predicate::Contains(part) => texts.iter().any(|text| small(text).contains(&small(part))),
        Predicate::AtLeast(_) | Predicate::AtMost(_) => unreachable!("not for texts"),
    }
}

fn date(day: i64) -> String {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().days(day)).unwrap().to_string()
}

/// Fills a store; the views in the order in which they were recorded, and what was said.
fn filled(
    place: &Place,
    mut views: Vec<View>,
    said: &[(usize, usize, bool)],
) -> (Store, Vec<View>, BTreeMap<usize, Said>) {
    let store = place.open_with(StoreOptions { page_groups: groups(), ..StoreOptions::default() });
    let sites: Vec<SiteNumber> = SITES.iter().map(|site| store.site(site).unwrap()).collect();
    views.sort_by_key(View::at);
    let records = views.iter().map(|view| Record::Seen(Box::new(view.seen(&sites)))).collect();
    assert!(record_all(&store, records).iter().all(Result::is_ok));
    let mut known: BTreeMap<usize, Said> = BTreeMap::new();
    for (company, tag, owned) in said {
        if !views.iter().any(|view| view.company == *company) {
            continue;
        }
        let statuses = [LeadStatus::New, LeadStatus::Open, LeadStatus::Customer];
        let entry = known.entry(*company).or_default();
        *entry = Said {
            tags: BTreeSet::from([TAGS[*tag].to_owned()]),
            status: statuses[*tag],
            owner: owned.then(|| "Mia".to_owned()),
        };
        let change = LeadChange {
            tags: Some(entry.tags.iter().cloned().collect()),
            status: Some(entry.status),
            owner: Some(entry.owner.clone().unwrap_or_default()),
            note: None,
        };
        store.change_lead(&format!("lei:{company}"), &change, "tester", NOW).unwrap();
    }
    (store, views, known)
}

/// All pages of a query must be what the oracle says, each company once, in order.
fn compare(
    store: &Store,
    query: &LeadsQuery,
    views: &[View],
    sites: &[usize],
    days: (i64, i64),
    said: &BTreeMap<usize, Said>,
) -> Result<(), TestCaseError> {
    let none = Said::default();
    let mut wanted = expected(views, sites, days.0, days.1);
    if let Some(condition) = &query.filter {
        wanted.retain(|number, of| holds(condition, *number, of, said.get(number).unwrap_or(&none)));
    }
    let mut query = query.clone();
    let mut leads = Vec::new();
    loop {
        let page = store.leads(&query, &score_formula(), NOW).unwrap();
        leads.extend(page.companies);
        query.cursor = page.cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    let numbers: BTreeSet<String> = leads.iter().map(|lead| lead.company.id.clone()).collect();
    prop_assert_eq!(numbers.len(), leads.len(), "each once");
    prop_assert_eq!(numbers, wanted.keys().map(|number| format!("lei:{number}")).collect::<BTreeSet<_>>());
    for lead in &leads {
        let number: usize = lead.company.id[4..].parse().unwrap();
        let of = &wanted[&number];
        prop_assert_eq!(&lead.company, &facts(number));
        prop_assert_eq!(
            (
                lead.visits,
                lead.sessions,
                lead.page_views,
                lead.seconds,
                lead.first_seen,
                lead.last_seen,
                lead.score
            ),
            (of.visits, of.sessions, of.page_views, of.seconds, of.first_seen, of.last_seen, of.score)
        );
    }
    for pair in leads.windows(2) {
        let key = |lead: &nameplate_leads::model::Lead| match query.sort {
            Sort::LastSeen => lead.last_seen,
            Sort::FirstSeen => lead.first_seen,
            Sort::Score => i64::from(lead.score),
            Sort::Visits => lead.visits as i64,
            Sort::PageViews => lead.page_views as i64,
            Sort::Seconds => lead.seconds as i64,
            Sort::Name => 0,
        };
        let name = |lead: &nameplate_leads::model::Lead| lead.company.name.to_lowercase();
        let order = (key(&pair[0]), name(&pair[0])).cmp(&(key(&pair[1]), name(&pair[1])));
        let order = if query.sort == Sort::Name { order } else { key(&pair[0]).cmp(&key(&pair[1])) };
        prop_assert!(if query.ascending { order.is_le() } else { order.is_ge() }, "{:?}", query.sort);
    }
    Ok(())
}

fn sort() -> impl Strategy<Value = Sort> {
    prop::sample::select(vec![
        Sort::LastSeen,
        Sort::FirstSeen,
        Sort::Score,
        Sort::Visits,
        Sort::PageViews,
        Sort::Seconds,
        Sort::Name,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn conditions_periods_and_orders_are_those_of_the_oracle(
        views in prop::collection::vec(view(), 0..60),
        said in prop::collection::vec((0..COMPANIES, 0..TAGS.len(), any::<bool>()), 0..4),
        questions in prop::collection::vec(
            (prop::option::of(condition()), sort(), any::<bool>(), 0_i64..420, 0_i64..420, 0..3_usize, 1_u32..5), 12),
        erased in 1_u128..4,
    ) {
        let place = Place::new();
        let (store, mut views, mut said) = filled(&place, views, &said);
        let ask = |store: &Store, views: &[View], said: &BTreeMap<usize, Said>| {
            for (filter, sort, ascending, from, length, site, limit) in &questions {
                let today = NOW / DAY;
                let days = (today - from, today - from + length);
                let sites = [vec![0, 1], vec![0], vec![1]][*site].clone();
                let names = if sites.len() == 2 { Vec::new() } else { vec![SITES[sites[0]].to_owned()] };
                let query = LeadsQuery {
                    sites: names,
                    from: Some(date(days.0)),
                    to: Some(date(days.1)),
                    filter: filter.clone(),
                    sort: *sort,
                    ascending: *ascending,
                    limit: Some(*limit),
                    ..LeadsQuery::default()
                };
                compare(store, &query, views, &sites, days, said)?;
            }
            Ok::<(), TestCaseError>(())
        };
        ask(&store, &views, &said)?;

        // What is left of an erased visitor is what there would be if he had never come.
        store.erase_visitor(CookieId(erased), "tester", NOW).unwrap();
        views.retain(|view| view.visitor != Some(erased));
        said.retain(|number, _| views.iter().any(|view| view.company == *number));
        ask(&store, &views, &said)?;

        // And after other page groups, and back again, everything is sorted into them as before.
        drop(store);
        drop(place.open());
        let store = place.open_with(StoreOptions { page_groups: groups(), ..StoreOptions::default() });
        ask(&store, &views, &said)?;
    }
}
