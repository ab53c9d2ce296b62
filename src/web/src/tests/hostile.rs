//! Hostile text in every field that is stored comes out of every page escaped.

use hyper::Method;
use nameplate::SuppressionRule;
use nameplate_leads::access::{Role, Scope};
use nameplate_leads::correction::{Correction, Says};
use nameplate_leads::now;
use nameplate_leads::segment::{Condition, Field, Predicate, Test};
use nameplate_leads::store::Stage;
use serde_json::json;

use super::{Ask, Caller, Web, text, waiting};

const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{1337*7331}}";

fn inert(page: &str, what: &str) {
    // The only script there is comes from a file of ours.
    let own = format!("<script src=\"{}\" defer></script>", crate::assets::LIVE.path());
    let page = page.replace(&own, "");
    for raw in ["<script", "<img", "<i>", "<b>", "onerror=alert(2)>", "\"'>"] {
        assert!(!page.contains(raw), "{what} has {raw}");
    }
    assert!(!page.contains("9801547"), "{what}: a template in the text was run");
}

async fn filled() -> (Web, Caller) {
    let web = Web::new();
    let anna = web.session("anna", Role::Administrator, Stage::Full);
    let visit = json!({
        "site": "shop", "address": "192.0.2.7", "consent": "sessions", "title": HOSTILE,
        "url": format!("https://shop.example/{HOSTILE}?utm_source={HOSTILE}"),
        "referrer": "https://other.example/", "visitor": "0123456789abcdef0123456789abcdef",
        "session": "0123456789abcdef0123456789abcdef",
    });
    web.visit(&visit.to_string()).await;
    let change = json!({"tags": [HOSTILE], "owner": HOSTILE, "note": HOSTILE}).to_string();
    let ask = Ask { body: Some(change), ..Ask::new(Method::PATCH, "/v1/companies/lei:EXAMPLE").by(&anna) };
    let response = web.send(ask.request()).await;
    let status = response.status();
    assert_eq!(status, 204, "{}", text(response).await);
    let condition = Condition::Test(Test { field: Field::Name, holds: Predicate::Contains("e".into()) });
    waiting(|| web.leads.store().save_segment(HOSTILE, &condition, "anna", now())).unwrap();
    let value = || Condition::Test(Test { field: Field::Name, holds: Predicate::Is(vec![HOSTILE.into()]) });
    let deep = Condition::Not { not: Box::new(Condition::All { all: vec![value(), value()] }) };
    for (name, condition) in [("deep", &deep), ("flat", &value())] {
        waiting(|| web.leads.store().save_segment(name, condition, HOSTILE, now())).unwrap();
    }
    waiting(|| web.leads.store().audit(now(), HOSTILE, HOSTILE, HOSTILE, HOSTILE)).unwrap();
    let register = SuppressionRule::Register { register: HOSTILE.into(), number: HOSTILE.into() };
    waiting(|| web.leads.suppress(register, HOSTILE, HOSTILE)).unwrap();
    let ours = Correction { says: Says::Ours, company: Some(HOSTILE.into()), network: None };
    waiting(|| web.leads.correct(ours, HOSTILE)).unwrap();
    (web, anna)
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_escape_what_is_stored_and_what_is_asked() {
    let (web, anna) = filled().await;
    let asked: String = form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect();
    for path in [
        "/".to_owned(),
        "/account".to_owned(),
        "/companies/lei:EXAMPLE".to_owned(),
        "/overview".to_owned(),
        "/live".to_owned(),
        "/live/rows".to_owned(),
        "/filtered".to_owned(),
        "/segments".to_owned(),
        "/segments/edit?name=deep".to_owned(),
        "/segments/edit?name=flat".to_owned(),
        "/corrections".to_owned(),
        "/objections".to_owned(),
        "/data".to_owned(),
        "/audit".to_owned(),
        "/settings".to_owned(),
        format!("/segments/edit?name={asked}"),
        format!("/audit?actor={asked}&action={asked}"),
        format!("/overview?site={asked}"),
        format!("/filtered?from={asked}"),
        format!("/live/rows?tag={asked}"),
        format!("/?search={asked}"),
        format!("/?segment={asked}"),
        format!("/?site={asked}"),
    ] {
        let response = web.send(Ask::new(Method::GET, &path).by(&anna).request()).await;
        inert(&text(response).await, &path);
    }
    let form = format!("name={asked}&field-0-0=visits&test-0-0={asked}&value-0-0={asked}&join={asked}");
    let ask = Ask { form: Some(form), ..Ask::new(Method::POST, "/segments/edit").by(&anna) };
    let refused = web.send(ask.request()).await;
    assert_eq!(refused.status(), 400);
    let refused = text(refused).await;
    assert!(refused.contains("alert(1)"), "what was written is still there");
    inert(&refused, "the form that comes back");
    // Escaped where it is stored: each of these pages has it.
    for path in ["/live", "/segments", "/segments/edit?name=deep", "/segments/edit?name=flat", "/corrections"]
    {
        assert!(web.page(&anna, path).await.contains("&#60;script&#62;alert(1)"), "{path}");
    }
    for path in ["/objections", "/audit"] {
        assert!(web.page(&anna, path).await.contains("&#60;script&#62;alert(1)"), "{path}");
    }
    let company = web.page(&anna, "/companies/lei:EXAMPLE").await;
    for field in ["alert(1)", "&#60;b&#62;GLEIF", "&#60;i&#62;62.01"] {
        assert!(company.contains(field), "the field is there, escaped: {field}");
    }
    // The name in title and heading, the page's title, the tag, the owner, the note.
    assert!(company.matches("&#60;script&#62;").count() >= 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_programs_are_json_and_tables_that_run_nothing() {
    let (web, anna) = filled().await;
    for path in ["/v1/companies", "/v1/companies/lei:EXAMPLE", "/v1/segments", "/v1/audit", "/v1/filtered"] {
        let response = web.send(Ask::new(Method::GET, path).by(&anna).request()).await;
        assert_eq!(response.headers()["content-type"], "application/json", "{path}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        serde_json::from_str::<serde_json::Value>(&text(response).await).unwrap();
    }
    let csv = web.send(Ask::new(Method::GET, "/v1/export.csv").by(&anna).request()).await;
    assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8");
    assert!(csv.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let csv = text(csv).await;
    assert!(csv.contains("lei:EXAMPLE") && csv.contains("gleif"), "{csv}");
    let ndjson = web.page(&anna, "/v1/export.ndjson").await;
    let line: serde_json::Value = serde_json::from_str(ndjson.lines().next().unwrap()).unwrap();
    assert_eq!(line["company"]["id"], "lei:EXAMPLE");
    assert!(line["provenance"]["permitted_use"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objection_takes_the_company_from_every_surface() {
    let (web, anna) = filled().await;
    let ask = Ask {
        form: Some("reason=by+letter".into()),
        ..Ask::new(Method::POST, "/companies/lei:EXAMPLE/hide").by(&anna)
    };
    assert_eq!(web.send(ask.request()).await.status(), 303);
    for path in
        ["/", "/live", "/live/rows", "/overview", "/v1/companies", "/v1/export.csv", "/v1/export.ndjson"]
    {
        let page = web.page(&anna, path).await;
        assert!(!page.contains("EXAMPLE") && !page.contains("Häuser"), "{path}: {page}");
    }
    for path in ["/companies/lei:EXAMPLE", "/v1/companies/lei:EXAMPLE", "/v1/companies/lei:EXAMPLE/export"] {
        let status = web.send(Ask::new(Method::GET, path).by(&anna).request()).await.status();
        assert_eq!(status, 404, "{path}");
    }
    let list = web.page(&anna, "/v1/objections").await;
    assert!(list.contains("lei:EXAMPLE") && list.contains("by letter"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_by_key_is_seen_and_its_address_is_nowhere() {
    let web = Web::new();
    let key = web.key("shop", &[Scope::Visits]);
    let anna = web.session("anna", Role::Administrator, Stage::Full);
    let visit = json!({"site": "shop", "address": "192.0.2.77", "consent": "company", "url": "https://shop.example/p"});
    let post = |body: String| Ask { body: Some(body), ..Ask::new(Method::POST, "/v1/visits").by(&key) };
    let response = web.send(post(visit.to_string()).request()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["connection"], "close", "its buffers end");
    let reply = text(response).await;
    assert!(reply.contains("lei:EXAMPLE") && !reply.contains("192.0.2"), "{reply}");
    assert!(web.page(&anna, "/v1/companies").await.contains("lei:EXAMPLE"));
    for bad in [
        "{\"site\":\"shop\",\"address\":\"192.0.2.78x\"}",
        "192.0.2.78",
        "{\"site\":\"192.0.2.78\",\"address\":\"192.0.2.1\"}",
    ] {
        let response = web.send(post(bad.to_owned()).request()).await;
        assert_eq!(response.status(), 400, "{bad}");
        assert!(!text(response).await.contains("192.0.2"), "{bad}");
    }
}
