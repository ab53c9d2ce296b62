//! Visits through the whole: gate, robots, lookup, corrections, objections, store.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use nameplate::{
    CompanyFields, CompanyKind, GenerationOptions, Generations, OperatorKind, SourceFields, SuppressionList,
    SuppressionRule, Writer, publish,
};
use nameplate_leads::config::LeadsConfig;
use nameplate_leads::correction::{Correction, Says};
use nameplate_leads::model::{
    CookieId, Filtered, FilteredQuery, IdentifiedBy, LeadDetail, LeadsQuery, VisitReply,
};
use nameplate_leads::{Leads, LeadsError};
use serde_json::{Value, json};
use tempfile::TempDir;

/// 192.0.2.0/24 Example's, 198.51.100.0/24 an access provider's, 203.0.113.0/25 Other's, 10/8 reserved.
fn writer() -> Writer {
    let mut writer = Writer::new();
    writer.build_number(7);
    let register = SourceFields {
        name: "gleif",
        date: Some("2026-06-17"),
        title: Some("GLEIF"),
        ..SourceFields::default()
    };
    let register = writer.source(&register).unwrap();
    let example = CompanyFields {
        id: "lei:EXAMPLE",
        name: "Example H\u{e4}user GmbH",
        kind: Some(CompanyKind::Business),
        country: Some(*b"DE"),
        domain: Some("example.com"),
        register: Some("Amtsgericht K\u{f6}ln"),
        register_id: Some("HRB 1"),
        ..CompanyFields::default()
    };
    let example = writer.company(&example).unwrap();
    let other = CompanyFields {
        id: "lei:OTHER",
        name: "Other AG",
        domain: Some("other.example"),
        ..CompanyFields::default()
    };
    let other = writer.company(&other).unwrap();
    let example = writer.company_answer(example, None, 90, register).unwrap();
    let other = writer.company_answer(other, None, 70, register).unwrap();
    let telecom = writer.operator(64500, "Example Telecom", Some(OperatorKind::Access)).unwrap();
    let telecom = writer.operator_answer(telecom, register).unwrap();
    let private = writer.reserved_answer("Private-Use").unwrap();
    writer.push_v4(0x0a00_0000, 0x0aff_ffff, private).unwrap();
    writer.push_v4(0xc000_0200, 0xc000_02ff, example).unwrap();
    writer.push_v4(0xc633_6400, 0xc633_64ff, telecom).unwrap();
    writer.push_v4(0xcb00_7100, 0xcb00_717f, other).unwrap();
    writer
}

struct Shop {
    leads: Arc<Leads>,
    list: PathBuf,
    directory: TempDir,
}

impl Shop {
    fn open() -> Shop {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("n.npl");
        let list = directory.path().join("suppress.list");
        publish(writer(), &file).unwrap();
        SuppressionList::create(&list).unwrap();
        let options = GenerationOptions { suppression: Some(list.clone()), ..GenerationOptions::default() };
        let generations = Arc::new(Generations::open(&file, options).unwrap());
        let config: LeadsConfig = toml::from_str(&format!(
            "store = \"{}\"\nown_networks = [\"192.0.2.200/32\"]\n\
             [[sites]]\nname = \"shop\"\nhosts = [\"shop.example\"]\nhighest_level = \"sessions\"\n\
             [[sites.page_groups]]\nname = \"pricing\"\nprefixes = [\"/pricing\"]\npoints = 10\n\
             [[sites]]\nname = \"blog\"\nhosts = [\"blog.example\"]\nlegal_basis = \"legitimate-interest\"\n\
             [[sites]]\nname = \"quiet\"\nhosts = [\"quiet.example\"]\nhighest_level = \"count\"\n",
            directory.path().join("leads.db").display()
        ))
        .unwrap();
        let leads = Arc::new(Leads::open(config, generations, Some(list.clone())).unwrap());
        Shop { leads, list, directory }
    }

    /// A visit with consent to everything, unless `more` says otherwise.
    fn try_visit(&self, address: &str, more: Value) -> Result<VisitReply, LeadsError> {
        let mut visit = json!({"site": "shop", "address": address, "consent": "sessions"});
        let Value::Object(more) = more else { panic!("an object") };
        visit.as_object_mut().unwrap().extend(more);
        let mut json = serde_json::to_vec(&visit).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let reply = runtime.block_on(self.leads.visit(&mut json));
        assert!(json.iter().all(|byte| *byte == 0), "what was sent is overwritten, whatever came of it");
        reply
    }

    fn visit(&self, address: &str, more: Value) -> Value {
        serde_json::to_value(self.try_visit(address, more).unwrap()).unwrap()
    }

    fn companies(&self) -> Vec<String> {
        let page = self.leads.companies(&LeadsQuery::default(), "test").unwrap();
        let mut ids: Vec<_> = page.companies.into_iter().map(|lead| lead.company.id).collect();
        ids.sort();
        ids
    }

    fn company(&self, id: &str) -> Option<LeadDetail> {
        self.leads.company(id, "test").unwrap()
    }

    fn filtered(&self) -> Vec<(Filtered, u64)> {
        let counts = self.leads.filtered(&FilteredQuery::default()).unwrap();
        let mut sums = BTreeMap::new();
        for count in counts {
            *sums.entry(count.reason).or_default() += count.count;
        }
        sums.into_iter().collect()
    }
}

const EXAMPLE: &str = "192.0.2.1";
const OTHER: &str = "203.0.113.1";

#[test]
fn a_granted_visit_becomes_a_company_with_its_facts() {
    let shop = Shop::open();
    let visitor = "0123456789abcdef0123456789abcdef";
    let reply = shop.visit(
        EXAMPLE,
        json!({"url": "https://shop.example/pricing/a?utm_source=mail&x=1", "referrer": "https://search.example/?q=1", "title": "Prices",
            "visitor": visitor, "session": visitor}),
    );
    assert_eq!(reply["level"], "sessions");
    assert_eq!(reply["company"]["id"], "lei:EXAMPLE");
    assert_eq!(
        reply["company"]["sources"][0],
        json!({"name": "gleif", "title": "GLEIF", "date": "2026-06-17"})
    );
    let company = shop.company("lei:EXAMPLE").unwrap();
    assert_eq!((company.lead.company.confidence, company.lead.page_views, company.lead.sessions), (90, 1, 1));
    assert_eq!(company.timeline[0].identified_by, IdentifiedBy::Network);
    let page = &company.timeline[0].pages[0].page;
    assert_eq!(
        (&*page.path, page.referrer.as_deref(), page.utm_source.as_deref()),
        ("/pricing/a", Some("search.example"), Some("mail"))
    );
    let id = CookieId::parse(visitor).unwrap();
    assert_eq!(shop.leads.export_visitor(id, "test").unwrap().visits.len(), 1);
    assert!(shop.leads.erase_visitor(id, "test").unwrap() > 0);
    assert!(shop.leads.export_visitor(id, "test").unwrap().visits.is_empty());
}

#[test]
fn the_level_decides_what_is_looked_up_and_kept() {
    use Filtered::{CountConsent, NoConsent, Objection, PrivacyControl, Refused, SiteCounts};

    let shop = Shop::open();
    for (site, more, reply) in [
        ("shop", json!({"consent": null}), json!({"level": "off"})),
        ("shop", json!({"consent": "off"}), json!({"level": "off"})),
        ("shop", json!({"consent": "yes please"}), json!({"level": "off"})),
        ("shop", json!({"objection": true}), json!({"level": "off"})),
        ("shop", json!({"gpc": true}), json!({"level": "count"})),
        ("shop", json!({"consent": "count"}), json!({"level": "count"})),
        ("quiet", json!({}), json!({"level": "count"})),
        ("blog", json!({"consent": null, "gpc": true}), json!({"level": "count"})),
    ] {
        let mut more = more;
        more["site"] = site.into();
        assert_eq!(shop.visit(EXAMPLE, more.clone()), reply, "{more}");
    }
    assert!(shop.companies().is_empty());
    let expected = [
        (SiteCounts, 1),
        (NoConsent, 2),
        (Refused, 1),
        (CountConsent, 1),
        (PrivacyControl, 2),
        (Objection, 1),
    ];
    assert_eq!(shop.filtered(), expected);
    let levels: Vec<_> = shop.leads.counts().levels().map(|(_, count)| count).collect();
    assert_eq!(levels, [4, 4, 0, 0]);

    let reply = shop.visit(EXAMPLE, json!({"site": "blog", "consent": null}));
    assert_eq!((&reply["level"], &reply["company"]["id"]), (&json!("company"), &json!("lei:EXAMPLE")));
    // Level company takes no cookies, even if they come.
    let visitor = "0123456789abcdef0123456789abcdef";
    shop.visit(EXAMPLE, json!({"consent": "company", "visitor": visitor, "session": visitor}));
    assert_eq!(shop.company("lei:EXAMPLE").unwrap().lead.sessions, 0);
    assert!(shop.leads.export_visitor(CookieId::parse(visitor).unwrap(), "test").unwrap().visits.is_empty());
}

#[test]
fn who_is_no_visiting_company_is_counted_under_why() {
    let shop = Shop::open();
    for (address, more) in [
        ("198.51.100.1", json!({})),
        ("203.0.113.200", json!({})),
        ("10.0.0.1", json!({})),
        ("192.0.2.200", json!({})),
        ("192.0.2.200", json!({"form_domain": "example.com"})),
        (EXAMPLE, json!({"user_agent": "Googlebot/2.1"})),
        (EXAMPLE, json!({"user_agent": "UptimeRobot/2.0"})),
        (EXAMPLE, json!({"user_agent": "Googlebot/2.1", "consent": "count"})),
    ] {
        let reply = shop.visit(address, more);
        assert_eq!(reply.get("company"), None);
    }
    let expected = [
        (Filtered::Bot, 2),
        (Filtered::Monitoring, 1),
        (Filtered::Access, 1),
        (Filtered::Unknown, 1),
        (Filtered::Reserved, 1),
        (Filtered::Own, 2),
    ];
    assert_eq!(shop.filtered(), expected);
    assert!(shop.companies().is_empty());
}

#[test]
fn what_is_no_visit_is_told_and_leaves_nothing() {
    let shop = Shop::open();
    for (more, expected) in [
        (json!({"site": "unknown"}), "the configuration has no site of this name"),
        (json!({"address": "192.0.2.1:80"}), "invalid address"),
        (json!({"url": "https://evil.example/"}), "the url's host is not among the hosts of the site"),
        (
            json!({"form_domain": "anna@example.com"}),
            "form_domain is what stands behind the @: the part before it must not be sent",
        ),
        (
            json!({"form_domain": "anna@example.com", "consent": "off"}),
            "form_domain is what stands behind the @: the part before it must not be sent",
        ),
        (json!({"visitor": "x"}), "visitor is 32 hexadecimal digits"),
        (json!({"consnet": "company"}), "a visit has no such key; there are: site, "),
    ] {
        let error = shop.try_visit(EXAMPLE, more.clone()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{more} gives {error}");
    }
    assert!(shop.companies().is_empty() && shop.filtered().is_empty());
    assert_eq!(shop.leads.counts().refusals(), 7);
}

#[test]
fn a_consented_form_domain_outranks_the_network() {
    let shop = Shop::open();
    let of = |address, more| shop.visit(address, more)["company"].clone();
    let company = of("198.51.100.1", json!({"form_domain": "mail.example.com"}));
    assert_eq!((&company["id"], &company["confidence"]), (&json!("lei:EXAMPLE"), &json!(90)));
    assert_eq!(company["sources"][1]["name"], "form");
    assert_eq!(of(EXAMPLE, json!({"form_domain": "other.example"}))["id"], "lei:OTHER");
    let company = of(EXAMPLE, json!({"form_domain": "Sales.New-Firm.co.uk"}));
    assert_eq!(
        (&company["id"], &company["name"]),
        (&json!("domain:new-firm.co.uk"), &json!("new-firm.co.uk"))
    );
    assert_eq!(of(EXAMPLE, json!({"form_domain": "gmail.com"}))["id"], "lei:EXAMPLE");
    // Not without a consent, on any basis.
    assert_eq!(
        of(EXAMPLE, json!({"site": "blog", "consent": null, "form_domain": "other.example"}))["id"],
        "lei:EXAMPLE"
    );
    let timeline = shop.company("lei:OTHER").unwrap().timeline;
    assert_eq!(timeline[0].identified_by, IdentifiedBy::FormDomain);
}

#[test]
fn who_objects_is_gone_at_once_and_stays_gone() {
    for rule in [
        SuppressionRule::Company("lei:EXAMPLE".into()),
        SuppressionRule::Domain("www.example.com".into()),
        SuppressionRule::Register { register: "amtsgericht k\u{f6}ln".into(), number: "hrb1".into() },
        SuppressionRule::Network("192.0.2.0/24".parse().unwrap()),
    ] {
        let shop = Shop::open();
        shop.visit(EXAMPLE, json!({}));
        shop.visit(OTHER, json!({}));
        assert_eq!(shop.companies(), ["lei:EXAMPLE", "lei:OTHER"]);
        let done = shop.leads.suppress(rule.clone(), "by letter", "test").unwrap();
        assert!(done.new && done.removed > 0, "{rule:?} {done:?}");
        assert_eq!(shop.companies(), ["lei:OTHER"], "{rule:?}");
        assert!(shop.company("lei:EXAMPLE").is_none());
        assert_eq!(shop.visit(EXAMPLE, json!({})).get("company"), None, "{rule:?}");
        // A network's rule says nothing of who gives the company's domain.
        if !matches!(rule, SuppressionRule::Network(_)) {
            let by_form = shop.visit("198.51.100.1", json!({"form_domain": "example.com"}));
            assert_eq!(by_form.get("company"), None, "it does not come back by its domain: {rule:?}");
            assert_eq!(shop.companies(), ["lei:OTHER"], "{rule:?}");
        }
        assert!(!shop.leads.suppress(rule.clone(), "again", "test").unwrap().new);
        assert_eq!(shop.leads.objections().unwrap().len(), 1);

        assert!(shop.leads.lift(&rule, "test").unwrap());
        assert!(shop.company("lei:EXAMPLE").is_none(), "lifting brings nothing back");
        assert_eq!(shop.visit(EXAMPLE, json!({}))["company"]["id"], "lei:EXAMPLE");
        assert_eq!(shop.company("lei:EXAMPLE").unwrap().lead.page_views, 1);
        assert!(!shop.leads.lift(&rule, "test").unwrap());
    }
}

#[test]
fn a_list_that_somebody_else_changed_holds_after_a_reload() {
    let shop = Shop::open();
    shop.visit(EXAMPLE, json!({}));
    let rule = SuppressionRule::Company("lei:EXAMPLE".into());
    let entry = nameplate::Suppression::new(rule, "2026-06-17", "by letter").unwrap();
    SuppressionList::update(&shop.list, |list| list.add(entry.clone())).unwrap();
    shop.leads.reloaded().unwrap();
    assert!(shop.companies().is_empty());
    // The engine was not reloaded, and knows the company.
    assert_eq!(shop.visit(EXAMPLE, json!({})).get("company"), None);
    assert_eq!(shop.filtered(), [(Filtered::Suppressed, 1)]);
}

#[test]
fn corrections_hold_from_the_next_visit_on() {
    let shop = Shop::open();
    let correction = |says, company: Option<&str>, network: Option<&str>| Correction {
        says,
        company: company.map(str::to_owned),
        network: network.map(str::to_owned),
    };
    shop.visit(EXAMPLE, json!({}));
    shop.visit(OTHER, json!({}));
    let wrong =
        shop.leads.correct(correction(Says::NotThatCompany, Some("lei:EXAMPLE"), None), "test").unwrap();
    let ours = shop.leads.correct(correction(Says::Ours, None, Some("203.0.113.0/26")), "test").unwrap();
    assert_eq!(shop.companies(), ["lei:OTHER"], "visits of nobody knows whom are removed");
    shop.visit(EXAMPLE, json!({}));
    shop.visit(OTHER, json!({}));
    assert_eq!(shop.filtered(), [(Filtered::Own, 1), (Filtered::Corrected, 1)]);
    assert_eq!(shop.visit("203.0.113.65", json!({}))["company"]["id"], "lei:OTHER", "beside that network");
    assert_eq!(shop.leads.corrections_list().unwrap().len(), 2);
    assert!(shop.leads.uncorrect(wrong, "test").unwrap() && shop.leads.uncorrect(ours, "test").unwrap());
    assert!(!shop.leads.uncorrect(ours, "test").unwrap());
    assert_eq!(shop.visit(EXAMPLE, json!({}))["company"]["id"], "lei:EXAMPLE");
    assert!(matches!(
        shop.leads.correct(correction(Says::NotThatCompany, None, Some("203.0.113.9/32")), "test"),
        Err(LeadsError::Correction(_))
    ));
}

#[test]
fn corrections_and_objections_are_there_after_the_store_is_opened_again() {
    let Shop { leads, list, directory } = Shop::open();
    let correction = Correction { says: Says::Ours, company: Some("lei:EXAMPLE".into()), network: None };
    leads.correct(correction, "test").unwrap();
    leads.suppress(SuppressionRule::Domain("other.example".into()), "by letter", "test").unwrap();
    let config = leads.config().clone();
    drop(leads);
    let options = GenerationOptions { suppression: Some(list.clone()), ..GenerationOptions::default() };
    let generations = Arc::new(Generations::open(&directory.path().join("n.npl"), options).unwrap());
    let leads = Arc::new(Leads::open(config, generations, Some(list.clone())).unwrap());
    let shop = Shop { leads, list, directory };
    shop.visit(EXAMPLE, json!({}));
    shop.visit(OTHER, json!({}));
    shop.visit("198.51.100.1", json!({"form_domain": "other.example"}));
    assert!(shop.companies().is_empty());
    assert_eq!(shop.filtered(), [(Filtered::Unknown, 1), (Filtered::Own, 1), (Filtered::Suppressed, 1)]);
}

#[test]
fn hostile_text_comes_out_as_text() {
    let shop = Shop::open();
    for text in [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "'; DROP TABLE visit; --",
        "\u{202e}evil",
        "a\u{0}b",
        "x\u{200b}y",
    ] {
        shop.visit(
            EXAMPLE,
            json!({"title": text, "url": format!("/{text}"), "user_agent": text, "referrer": text}),
        );
    }
    let company = shop.company("lei:EXAMPLE").unwrap();
    let titles: Vec<_> = company
        .timeline
        .iter()
        .flat_map(|visit| &visit.pages)
        .filter_map(|view| view.page.title.as_deref())
        .collect();
    assert_eq!(
        titles,
        ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "'; DROP TABLE visit; --", "evil", "ab", "xy"]
    );
}
