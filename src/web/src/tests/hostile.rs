//! Hostile text in every field that is stored comes out of every page escaped.

use hyper::Method;
use nameplate_leads::access::{Role, Scope};
use nameplate_leads::now;
use nameplate_leads::segment::{Condition, Field, Predicate, Test};
use nameplate_leads::store::Stage;
use serde_json::json;

use super::{Ask, Caller, Web, text, waiting};

const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}";

fn inert(page: &str, what: &str) {
    for raw in ["<script", "<img", "<i>", "<b>", "onerror=alert(2)>", "\"'>"] {
        assert!(!page.contains(raw), "{what} has {raw}");
    }
    assert!(!page.contains("49"), "{what}: a template in the text was run");
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
        format!("/?search={asked}"),
        format!("/?segment={asked}"),
        format!("/?site={asked}"),
    ] {
        let response = web.send(Ask::new(Method::GET, &path).by(&anna).request()).await;
        inert(&text(response).await, &path);
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
    for path in ["/", "/v1/companies", "/v1/export.csv", "/v1/export.ndjson"] {
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
