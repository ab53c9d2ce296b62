//! What the pages say and do, each with a real store behind it.

use hyper::header::LOCATION;
use hyper::{Method, StatusCode};
use nameplate_leads::access::{Role, Scope};
use nameplate_leads::store::{NewDelivery, Stage};
use nameplate_leads::{now, segment::Condition};

use super::{Ask, Caller, Web, text, waiting};
use crate::routes::{Access, ROUTES, Surface};
use crate::words::Language;

const SEEN: &str =
    r#"{"site":"shop","address":"192.0.2.7","consent":"company","url":"https://shop.example/prices"}"#;
const REFUSED: &str =
    r#"{"site":"shop","address":"192.0.2.7","consent":"off","url":"https://shop.example/prices"}"#;
const UNKNOWN: &str =
    r#"{"site":"shop","address":"198.51.100.7","consent":"company","url":"https://shop.example/prices"}"#;

/// Sends a form; where the reply leads to.
async fn post(web: &Web, by: &Caller, path: &str, form: &str) -> (StatusCode, String) {
    let ask = Ask { form: Some(form.to_owned()), ..Ask::new(Method::POST, path).by(by) };
    let response = web.send(ask.request()).await;
    let to = response.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned());
    (response.status(), to.unwrap_or_default())
}

fn anna(web: &Web) -> Caller {
    web.session("anna", Role::Administrator, Stage::Full)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_is_on_the_live_page_as_soon_as_it_is_durable() {
    let web = Web::new();
    let anna = anna(&web);
    let page = web.page(&anna, "/live").await;
    assert!(!page.contains("/prices"), "{page}");
    assert!(page.contains("<script src=\"/static/live."), "the script is a file");
    let list = || async { web.page(&anna, "/live/rows?tag=none").await };
    let tag = |page: &str| page.split("data-tag=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let before = tag(&list().await);
    web.visit(UNKNOWN).await;
    web.visit(REFUSED).await;
    assert!(!list().await.contains("<tr data-key"), "nobody's page views are not there");
    web.visit(SEEN).await;
    let after = list().await;
    assert_eq!(after.matches("<tr data-key").count(), 1);
    assert!(after.contains("/prices") && after.contains("/companies/lei%3AEXAMPLE"), "{after}");
    // Ten seconds may have passed; the visit alone has changed the tag's first number.
    assert_ne!(before.split('-').next(), tag(&after).split('-').next());
    for _ in 0..3 {
        let path = format!("/live/rows?tag={}", tag(&list().await));
        let status = web.send(Ask::new(Method::GET, &path).by(&anna).request()).await.status();
        if status == StatusCode::NO_CONTENT {
            return;
        }
    }
    panic!("a tag that is true is answered with nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_filtered_is_counted_with_its_share() {
    let web = Web::new();
    let anna = anna(&web);
    for visit in [SEEN, REFUSED, UNKNOWN, UNKNOWN] {
        web.visit(visit).await;
    }
    let page = web.page(&anna, "/filtered").await;
    for words in ["1 (25.0 %)", "3 (75.0 %)", "Unknown network", "2 (50.0 %)", "Refused"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let other = web.page(&anna, "/filtered?from=2020-01-01&to=2020-01-31").await;
    assert!(other.contains("There was no page view in this period."), "{other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn charts_have_their_numbers_beside_them() {
    let web = Web::new();
    let anna = anna(&web);
    assert!(web.page(&anna, "/overview").await.contains("No company came in this period"));
    for visit in [SEEN, SEEN, UNKNOWN] {
        web.visit(visit).await;
    }
    let page = web.page(&anna, "/overview").await;
    assert_eq!(page.matches("<rect x=").count(), 2, "a day in each chart: {page}");
    assert_eq!(page.matches("role=\"img\"").count(), 2);
    assert!(
        page.contains("<th scope=\"row\" class=\"short\"><bdi>DE</bdi></th>\n<td class=\"number\">1</td>")
    );
    assert!(page.contains("<bdi>Business</bdi>") && page.contains("100.0 %"), "{page}");
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    assert!(page.contains(&format!("{today}</th><td class=\"number\">1</td><td class=\"number\">1</td>")));
    // A long period is drawn by month; what is to come is not drawn.
    let page = web.page(&anna, "/overview?from=2020-01-01&to=9999-12-31").await;
    assert!(page.contains("Companies by month") && page.contains("100.0 %"), "{page}");
    assert!(page.len() < 150_000, "{}", page.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_are_made_changed_and_removed_by_forms() {
    let web = Web::new();
    let anna = anna(&web);
    web.visit(SEEN).await;
    let form = "new=1&name=hot&join=all&field-0-0=country&test-0-0=is&value-0-0=DE,NL\
        &field-1-0=page&test-1-0=begins&value-1-0=/prices&field-1-1=visits&test-1-1=at_least&value-1-1=9";
    assert_eq!(post(&web, &anna, "/segments/edit", form).await, (StatusCode::SEE_OTHER, "/segments".into()));
    let stored = web.leads.store().segments().unwrap();
    let expected = r#"{"all":[{"field":"country","is":["DE","NL"]},
        {"any":[{"field":"page","begins":"/prices"},{"field":"visits","at_least":9}]}]}"#;
    assert_eq!(stored[0].condition, serde_json::from_str::<Condition>(expected).unwrap());
    let page = web.page(&anna, "/segments").await;
    assert!(
        page.contains("Country is DE, NL and (Page path begins with /prices or Visits at least 9)"),
        "{page}"
    );
    assert!(web.page(&anna, "/?segment=hot").await.contains("lei%3AEXAMPLE"));
    assert_eq!(
        post(&web, &anna, "/segments/edit", form).await.0,
        StatusCode::BAD_REQUEST,
        "the name is taken"
    );
    let page = web.page(&anna, "/segments/edit?name=hot").await;
    assert!(
        page.contains("value=\"DE, NL\"") && page.contains("<option value=\"begins\" selected>"),
        "{page}"
    );
    let form = "name=hot&join=any&field-0-0=score&test-0-0=at_most&value-0-0=0";
    assert_eq!(post(&web, &anna, "/segments/edit", form).await.0, StatusCode::SEE_OTHER);
    assert!(!web.page(&anna, "/?segment=hot").await.contains("lei%3AEXAMPLE"));
    assert_eq!(post(&web, &anna, "/segments/remove", "name=hot").await.0, StatusCode::SEE_OTHER);
    assert_eq!(post(&web, &anna, "/segments/remove", "name=hot").await.0, StatusCode::NOT_FOUND);
    assert!(web.leads.store().segments().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn objections_are_taken_and_lifted() {
    let web = Web::new();
    let anna = anna(&web);
    web.visit(SEEN).await;
    for form in
        ["kind=domain&value=www.example.com&reason=by+letter", "kind=register&value=HRB&number=1&reason=x"]
    {
        let done = post(&web, &anna, "/objections", form).await;
        assert_eq!(done, (StatusCode::SEE_OTHER, "/objections".into()), "{form}");
    }
    let page = web.page(&anna, "/objections").await;
    assert!(page.contains("by letter") && page.contains("<bdi>HRB</bdi> <bdi>1</bdi>"), "{page}");
    assert!(!web.page(&anna, "/").await.contains("EXAMPLE"));
    for bad in [
        "kind=domain&value=example.com&number=1&reason=x",
        "kind=network&value=192.0.2.1/8&reason=x",
        "kind=x&value=y",
    ] {
        assert_eq!(post(&web, &anna, "/objections", bad).await.0, StatusCode::BAD_REQUEST, "{bad}");
    }
    let lift = "kind=domain&value=www.example.com&number=";
    assert_eq!(post(&web, &anna, "/objections/lift", lift).await.0, StatusCode::SEE_OTHER);
    assert_eq!(post(&web, &anna, "/objections/lift", lift).await.0, StatusCode::NOT_FOUND);
    web.visit(SEEN).await;
    assert!(web.page(&anna, "/").await.contains("EXAMPLE"), "it is shown again");
}

#[tokio::test(flavor = "multi_thread")]
async fn corrections_hold_until_they_are_taken_back() {
    let web = Web::new();
    let anna = anna(&web);
    let form = "kind=network&value=192.0.2.0/24&says=ours";
    assert_eq!(post(&web, &anna, "/corrections", form).await, (StatusCode::SEE_OTHER, "/corrections".into()));
    web.visit(SEEN).await;
    assert!(!web.page(&anna, "/").await.contains("EXAMPLE"));
    assert!(web.page(&anna, "/corrections").await.contains("192.0.2.0/24"));
    let number = web.leads.corrections_list().unwrap()[0].id;
    let form = format!("number={number}");
    assert_eq!(post(&web, &anna, "/corrections/remove", &form).await.0, StatusCode::SEE_OTHER);
    assert_eq!(post(&web, &anna, "/corrections/remove", &form).await.0, StatusCode::NOT_FOUND);
    web.visit(SEEN).await;
    assert!(web.page(&anna, "/").await.contains("EXAMPLE"));
    let one = "kind=network&value=192.0.2.1&says=not_that_company";
    assert_eq!(post(&web, &anna, "/corrections", one).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_says_which_file_and_whose() {
    let web = Web::new();
    let page = web.page(&anna(&web), "/data").await;
    for words in
        ["test.npl", "<dd>7</dd>", "&#60;b&#62;GLEIF", "IPv4 addresses", "<td class=\"number\">256</td>"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_paged_and_filtered() {
    let web = Web::new();
    let anna = anna(&web);
    let store = web.leads.store();
    for number in 0..150 {
        let actor = if number % 3 == 0 { "bert" } else { "carl" };
        waiting(|| store.audit(now(), actor, "test", &format!("n{number}."), "")).unwrap();
    }
    let page = web.page(&anna, "/audit?actor=carl&action=test").await;
    assert_eq!(page.matches("<time").count(), 50);
    assert!(page.contains("n149.") && !page.contains("n147.") && page.contains("Older entries"), "{page}");
    let id = store.audit_entries(None, 1000).unwrap().iter().find(|entry| entry.subject == "n2.").unwrap().id;
    let page = web.page(&anna, &format!("/audit?actor=carl&before={id}")).await;
    assert!(page.contains("n1.") && !page.contains("n2."), "{page}");
    let next = web.page(&anna, "/audit?actor=bert").await;
    assert_eq!(next.matches("<time").count(), 50);
    assert!(web.page(&anna, "/audit?actor=nobody").await.contains("No entry fits."));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_say_where_they_are_changed_and_nothing_secret() {
    let web = Web::new();
    let anna = anna(&web);
    web.key("crm", &[Scope::Read]);
    let dead = NewDelivery {
        id: "msg_1".into(),
        target: "gone".into(),
        kind: "lead.created",
        company: None,
        body: "canary".into(),
    };
    // A queue of nothing: it is a dead letter at once.
    waiting(|| web.leads.store().add_deliveries(vec![dead], 0, now())).unwrap();
    let page = web.page(&anna, "/settings").await;
    for words in
        ["shop.example", "leads.retention.page_view_days", "365 days", "sessions: that", "crm", "msg_1"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("canary"));
    let officer = web.session("dora", Role::DataProtectionOfficer, Stage::Full);
    let page = web.page(&officer, "/settings").await;
    assert!(
        page.contains("leads.retention.page_view_days") && !page.contains("msg_1") && !page.contains("crm")
    );
    let done = post(&web, &anna, "/settings/resend", "delivery=msg_1").await;
    assert_eq!(done, (StatusCode::SEE_OTHER, "/settings?done=resend".into()));
    assert!(web.page(&anna, "/settings?done=resend").await.contains("They are due again."));
    assert!(web.leads.store().deliveries(None, true, 10).unwrap().is_empty());
    assert_eq!(post(&web, &anna, "/settings/resend", "").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(
        post(&web, &anna, "/settings/purge", "").await,
        (StatusCode::SEE_OTHER, "/settings?done=purge".into())
    );
}

/// The pages of a signed-in user, but those that need something named.
fn pages() -> impl Iterator<Item = &'static str> {
    ROUTES
        .iter()
        .filter(|route| {
            let shown = matches!(route.access, Access::SignedIn | Access::Scope(_));
            shown
                && route.surface == Surface::Page
                && route.method == Method::GET
                && !route.path.contains('{')
        })
        .map(|route| route.path)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_whole_in_every_language_and_runs_nothing_inline() {
    let web = Web::new();
    let anna = anna(&web);
    for visit in [SEEN, REFUSED, UNKNOWN] {
        web.visit(visit).await;
    }
    for language in Language::ALL {
        let form = format!("language={}", language.code());
        assert_eq!(post(&web, &anna, "/account/language", &form).await.0, StatusCode::SEE_OTHER);
        for path in pages().chain(["/companies/lei:EXAMPLE"]) {
            let page = web.page(&anna, path).await;
            let what = format!("{path} in {}", language.code());
            if path != "/live/rows" {
                assert!(page.contains(&format!("<html lang=\"{}\">", language.code())), "{what}");
                assert_eq!(page.matches("<h1").count(), 1, "{what}");
                assert_eq!(page.matches("<main").count(), 1, "{what}");
            }
            assert!(
                !page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick="),
                "{what}"
            );
            for tag in page.split("<script").skip(1) {
                assert!(tag.starts_with(" src=\"/static/"), "{what}");
            }
            assert!(!page.contains("src=\"http") && !page.contains("href=\"http"), "{what}");
            assert!(page.len() < 150_000, "{what} has {} bytes", page.len());
            labelled(&page, &what);
        }
    }
}

/// Each field has a label, each id is there once, each heading of a table says what it is of.
fn labelled(page: &str, what: &str) {
    let value = |tag: &str, name: &str| {
        tag.split_once(&format!(" {name}=\"")).map(|(_, rest)| rest.split('"').next().unwrap().to_owned())
    };
    let tags = |name: &str| -> Vec<String> {
        let open = format!("<{name} ");
        page.split(&open).skip(1).map(|rest| format!(" {}", rest.split('>').next().unwrap())).collect()
    };
    for tag in ["input", "select", "textarea"].iter().flat_map(|name| tags(name)) {
        if value(&tag, "type").as_deref() != Some("hidden") {
            let id = value(&tag, "id").unwrap_or_else(|| panic!("{what}: a field without id: {tag}"));
            assert!(page.contains(&format!("<label for=\"{id}\">")), "{what}: no label of {id}");
        }
        if let Some(hint) = value(&tag, "aria-describedby") {
            assert!(page.contains(&format!("id=\"{hint}\"")), "{what}: no {hint}");
        }
    }
    let mut ids: Vec<&str> =
        page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "{what}: an id is there twice");
    assert_eq!(page.matches("<th>").count(), 0, "{what}");
    for section in page.split("aria-labelledby=\"").skip(1) {
        let id = section.split('"').next().unwrap();
        assert!(ids.binary_search(&id).is_ok(), "{what}: no {id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_role_may_not_do_is_not_offered() {
    let web = Web::new();
    web.visit(SEEN).await;
    let analyst = web.session("nils", Role::Analyst, Stage::Full);
    let officer = web.session("dora", Role::DataProtectionOfficer, Stage::Full);
    let page = web.page(&analyst, "/segments").await;
    assert!(page.contains("href=\"/segments/edit\"") && !page.contains("href=\"/audit\""));
    let page = web.page(&officer, "/segments").await;
    assert!(!page.contains("href=\"/segments/edit\"") && page.contains("href=\"/objections\""));
    assert!(!web.page(&officer, "/corrections").await.contains("<form class=\"narrow\""));
    let response = web.send(Ask::new(Method::GET, "/settings").by(&analyst).request()).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(text(response).await.contains("<h1>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn companies_are_found_by_tag_and_status() {
    let web = Web::new();
    let anna = anna(&web);
    web.visit(SEEN).await;
    let tags = (0..9).map(|number| format!("t{number}")).collect::<Vec<_>>().join(",");
    let form = format!("tags={tags}&status=open");
    assert_eq!(post(&web, &anna, "/companies/lei:EXAMPLE/change", &form).await.0, StatusCode::SEE_OTHER);
    for (query, found) in
        [("tag=T3", true), ("tag=x", false), ("tag=t3&status=open", true), ("tag=t3&status=new", false)]
    {
        let page = web.page(&anna, &format!("/?{query}")).await;
        assert_eq!(page.contains("lei%3AEXAMPLE"), found, "{query}");
    }
    assert!(
        web.page(&anna, "/").await.contains("+4"),
        "few tags are in the list, and how many more there are"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_stay_small_whatever_is_stored() {
    let web = Web::new();
    let anna = anna(&web);
    let long = "\"".repeat(500);
    for number in 0..150 {
        let visit = serde_json::json!({
            "site": "shop", "address": "192.0.2.7", "consent": "sessions", "title": long,
            "url": format!("https://shop.example/{number}{}", "x".repeat(500)),
            "visitor": format!("{number:032x}"), "session": format!("{:032x}", number / 3),
        });
        web.visit(&visit.to_string()).await;
    }
    let condition = |count| {
        let test = serde_json::json!({"field": "name", "is": vec![long.clone(); 20]});
        serde_json::from_value::<Condition>(serde_json::json!({"any": vec![test; count]})).unwrap()
    };
    for number in 0..60 {
        let change =
            nameplate_leads::model::LeadChange { note: Some("n".repeat(20_000)), ..Default::default() };
        if number < 5 {
            waiting(|| web.leads.change("lei:EXAMPLE", &change, "anna")).unwrap();
        }
        let name = format!("{number}{}", "s".repeat(190));
        waiting(|| web.leads.store().save_segment(&name, &condition(2), "anna", now())).unwrap();
        let rule = nameplate::SuppressionRule::Company(format!("lei:{number}"));
        if number < 3 {
            waiting(|| web.leads.suppress(rule, "by letter", "anna")).unwrap();
        }
    }
    for path in [
        "/",
        "/companies/lei:EXAMPLE",
        "/live",
        "/segments",
        "/audit",
        "/objections",
        "/settings",
        "/overview",
    ] {
        let page = web.page(&anna, path).await;
        assert!(page.len() < 150_000, "{path} has {} bytes", page.len());
    }
    // What does not fit is on the pages that follow, each thing once.
    let (mut path, mut seen) = ("/companies/lei:EXAMPLE".to_owned(), 0);
    while let Some(next) = {
        let page = web.page(&anna, &path).await;
        assert!(page.len() < 150_000, "{path} has {} bytes", page.len());
        seen += page.matches("<code><bdi>/").count();
        page.split("href=\"")
            .find(|link| link.contains("?visits="))
            .map(|link| link.split('#').next().unwrap().to_owned())
    } {
        assert_ne!(next, path);
        path = next;
    }
    assert_eq!(seen, 150);
    assert!(web.page(&anna, "/companies/lei:EXAMPLE?notes=4").await.contains("nnnn"));
    assert!(web.page(&anna, "/segments?page=2").await.contains("ssss"));
}
