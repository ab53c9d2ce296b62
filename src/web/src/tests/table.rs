//! Who may what, written down a second time, by hand: the table of routes must say the same, and the router must do it.

use std::collections::BTreeSet;

use hyper::header::{CONTENT_SECURITY_POLICY, LOCATION};
use hyper::{Method, Response, StatusCode};
use nameplate_leads::access::{Role, Scope};
use nameplate_leads::store::Stage;

use super::{Ask, Caller, Web, text};
use crate::routes::{ROUTES, Surface};

/// Method, path, and who gets in: `all`; `half`, who has given a password; `a`, `n`, `d` for administrator, analyst and data protection
/// officer; scopes for keys.
#[rustfmt::skip]
const ALLOWED: &[(&str, &str, &str)] = &[
    ("GET",    "/static/{file}",            "all"),
    ("GET",    "/sign-in",                  "all"),
    ("POST",   "/sign-in",                  "all"),
    ("GET",    "/second-factor",            "half a n d"),
    ("POST",   "/second-factor",            "half a n d"),
    ("GET",    "/enrolment",                "half a n d"),
    ("POST",   "/enrolment",                "half a n d"),
    ("POST",   "/sign-out",                 "half a n d"),
    ("GET",    "/account",                  "a n d"),
    ("POST",   "/account/language",         "a n d"),
    ("GET",    "/",                         "a n d read"),
    ("GET",    "/companies/{id}",           "a n d read"),
    ("POST",   "/companies/{id}/change",    "a n"),
    ("POST",   "/companies/{id}/note",      "a n"),
    ("POST",   "/companies/{id}/wrong",     "a n"),
    ("POST",   "/companies/{id}/hide",      "a d"),
    ("GET",    "/objection",                "all"),
    ("POST",   "/objection",                "all"),
    ("GET",    "/nameplate/objection",      "all"),
    ("POST",   "/nameplate/objection",      "all"),
    ("GET",    "/nameplate/static/{file}",  "all"),
    ("POST",   "/objections/requests/{number}", "a d"),
    ("GET",    "/n.js",                     "all"),
    ("GET",    "/nameplate/n.js",           "all"),
    ("POST",   "/nameplate/v1/visits",      "all"),
    ("GET",    "/overview",                 "a n d read"),
    ("GET",    "/live",                     "a n d read"),
    ("GET",    "/live/rows",                "a n d read"),
    ("GET",    "/filtered",                 "a n d read"),
    ("GET",    "/segments",                 "a n d read"),
    ("GET",    "/segments/edit",            "a n write"),
    ("POST",   "/segments/edit",            "a n write"),
    ("POST",   "/segments/remove",          "a n write"),
    ("GET",    "/corrections",              "a n d read"),
    ("POST",   "/corrections",              "a n write"),
    ("POST",   "/corrections/remove",       "a n write"),
    ("GET",    "/objections",               "a d objections"),
    ("POST",   "/objections",               "a d objections"),
    ("POST",   "/objections/lift",          "a d objections"),
    ("GET",    "/data",                     "a n d read"),
    ("GET",    "/audit",                    "a d audit"),
    ("GET",    "/settings",                 "a d audit"),
    ("POST",   "/settings/purge",           "a operate"),
    ("POST",   "/settings/resend",          "a operate"),
    ("GET",    "/v1/openapi.json",          "all"),
    ("POST",   "/v1/visits",                "visits"),
    ("GET",    "/v1/companies",             "a n d read"),
    ("GET",    "/v1/companies/{id}",        "a n d read"),
    ("PATCH",  "/v1/companies/{id}",        "a n write"),
    ("DELETE", "/v1/companies/{id}",        "a d rights"),
    ("GET",    "/v1/companies/{id}/export", "a d rights"),
    ("GET",    "/v1/filtered",              "a n d read"),
    ("GET",    "/v1/export.csv",            "a n export"),
    ("GET",    "/v1/export.ndjson",         "a n export"),
    ("GET",    "/v1/visitors/{id}",         "a d rights"),
    ("DELETE", "/v1/visitors/{id}",         "a d rights"),
    ("GET",    "/v1/segments",              "a n d read"),
    ("PUT",    "/v1/segments/{name}",       "a n write"),
    ("DELETE", "/v1/segments/{name}",       "a n write"),
    ("GET",    "/v1/corrections",           "a n d read"),
    ("POST",   "/v1/corrections",           "a n write"),
    ("DELETE", "/v1/corrections/{number}",  "a n write"),
    ("GET",    "/v1/objections",            "a d objections"),
    ("POST",   "/v1/objections",            "a d objections"),
    ("DELETE", "/v1/objections",            "a d objections"),
    ("GET",    "/v1/deliveries",            "a operate"),
    ("POST",   "/v1/deliveries/resend",     "a operate"),
    ("GET",    "/v1/audit",                 "a d audit"),
    ("POST",   "/v1/purge",                 "a operate"),
];

/// A path of the route; whatever it names is not there, so that nothing changes for the next caller.
fn path(route: &str) -> String {
    route
        .replace("{id}", "lei:NOBODY")
        .replace("{name}", "none")
        .replace("{number}", "7")
        .replace("{file}", "none")
}

fn surface(route: &str) -> Surface {
    match route {
        "/n.js" | "/nameplate/n.js" | "/nameplate/v1/visits" => Surface::Site,
        _ if route.starts_with("/v1/") => Surface::Rest,
        _ => Surface::Page,
    }
}

fn each() -> impl Iterator<Item = (Method, String, Surface, &'static str)> {
    ALLOWED.iter().map(|(method, route, who)| (method.parse().unwrap(), path(route), surface(route), *who))
}

fn leads_to_sign_in(response: &Response<axum::body::Body>) -> bool {
    response.status() == StatusCode::SEE_OTHER && response.headers()[LOCATION] == "/sign-in"
}

#[test]
fn both_tables_have_the_same_routes() {
    let ours: BTreeSet<_> = ALLOWED.iter().map(|(method, path, _)| (*method, *path)).collect();
    let theirs: BTreeSet<_> = ROUTES.iter().map(|route| (route.method.as_str(), route.path)).collect();
    assert_eq!(ours, theirs);
    assert_eq!(theirs.len(), ROUTES.len(), "no route twice");
    for route in ROUTES {
        assert_eq!(route.surface, surface(route.path), "{}", route.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_route_lets_in_whom_it_is_for_and_nobody_else() {
    for (method, path, surface, allowed) in each() {
        // Anew for each: signing out and purging change what the next would meet.
        let web = Web::new();
        let mut callers = vec![
            ("nobody", Caller::Nobody),
            ("half", web.session("half", Role::Administrator, Stage::Code)),
            ("a", web.session("anna", Role::Administrator, Stage::Full)),
            ("n", web.session("nils", Role::Analyst, Stage::Full)),
            ("d", web.session("dora", Role::DataProtectionOfficer, Stage::Full)),
        ];
        callers.extend(Scope::ALL.map(|scope| (scope.name(), web.key(scope.name(), &[scope]))));
        let words: Vec<&str> = allowed.split(' ').collect();
        for (name, caller) in &callers {
            let response = web.send(Ask::new(method.clone(), &path).by(caller).request()).await;
            let status = response.status();
            let what = format!("{method} {path} by {name}: {status}");
            let let_in = words.contains(&"all") || words.contains(name);
            let known = !matches!(*name, "nobody" | "half");
            match (let_in, surface) {
                // These visits have no page's origin, or are no JSON.
                (true, Surface::Site) if method == Method::POST => {
                    assert!(
                        [StatusCode::UNSUPPORTED_MEDIA_TYPE, StatusCode::FORBIDDEN].contains(&status),
                        "{what}"
                    );
                }
                (true, Surface::Site) => assert_eq!(status, StatusCode::OK, "{what}"),
                // Whoever has no cookie yet has no token for forms either.
                (true, Surface::Page) if method == Method::POST && !matches!(caller, Caller::Session(_)) => {
                    assert_eq!(status, StatusCode::FORBIDDEN, "{what}");
                }
                (true, _) => {
                    let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status);
                    // A wrong password or code is 401, and says so on its page; signing out leads to the sign-in.
                    let own = ["/sign-in", "/sign-out", "/second-factor", "/enrolment"].contains(&&*path);
                    assert!(own || (!refused && !leads_to_sign_in(&response)), "{what}");
                    assert!(!status.is_server_error(), "{what}");
                }
                (false, _) if known => assert_eq!(status, StatusCode::FORBIDDEN, "{what}"),
                (false, Surface::Rest | Surface::Site) => {
                    assert_eq!(status, StatusCode::UNAUTHORIZED, "{what}");
                }
                (false, Surface::Page) => assert!(leads_to_sign_in(&response), "{what}"),
            }
            assert!(response.headers().contains_key(CONTENT_SECURITY_POLICY), "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_is_made_without_the_forms_token_or_from_elsewhere() {
    let web = Web::new();
    let anna = web.session("anna", Role::Administrator, Stage::Full);
    let key = web.key("all", &Scope::ALL);
    let Caller::Session(token) = &anna else { unreachable!() };
    for (method, path, _, allowed) in each().filter(|(method, ..)| method != Method::GET) {
        let ask = || Ask::new(method.clone(), &path).by(&anna);
        let other = crate::auth::token::Token::random().csrf();
        let mut forged: Vec<(&str, Ask)> = vec![
            ("no token", Ask { csrf: None, ..ask() }),
            ("another's token", Ask { csrf: Some(other), ..ask() }),
            ("the cookie as token", Ask { csrf: Some(token.text()), ..ask() }),
        ];
        if surface(&path) == Surface::Site {
            // Nobody is signed in there.
            forged.clear();
        }
        forged.extend([
            ("no origin", Ask { origin: None, ..ask() }),
            ("another origin", Ask { origin: Some("https://evil.example"), ..ask() }),
            ("another scheme", Ask { origin: Some("https://127.0.0.1:8420"), ..ask() }),
            ("another port", Ask { origin: Some("http://127.0.0.1:1"), ..ask() }),
            ("no page's origin", Ask { origin: Some("null"), ..ask() }),
            ("cross-site", Ask { more: vec![("sec-fetch-site", "cross-site")], ..ask() }),
            ("same-site", Ask { more: vec![("sec-fetch-site", "same-site")], ..ask() }),
            ("two origins", Ask { more: vec![("origin", "https://evil.example")], ..ask() }),
        ]);
        for (what, ask) in forged {
            let status = web.send(ask.request()).await.status();
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path} with {what}");
        }
        if path.starts_with("/v1/") {
            let ask =
                Ask { origin: Some("https://evil.example"), ..Ask::new(method.clone(), &path).by(&key) };
            assert_eq!(
                web.send(ask.request()).await.status(),
                StatusCode::FORBIDDEN,
                "{method} {path} {allowed}"
            );
        }
    }
    assert_eq!(web.accounts.users().unwrap().len(), 1);
    let still = web.send(Ask::new(Method::GET, "/account").by(&anna).request()).await;
    assert_eq!(still.status(), StatusCode::OK, "nothing of it signed anybody out");
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_hosts_and_proxies_are_refused_everywhere() {
    let web = Web::new();
    let anna = web.session("anna", Role::Administrator, Stage::Full);
    for (method, path, ..) in each() {
        let ask = || Ask::new(method.clone(), &path).by(&anna);
        for host in ["evil.example", "127.0.0.1.evil.example", "[::1]:8420"] {
            let status = web.send(Ask { host, ..ask() }.request()).await.status();
            assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{method} {path} for {host}");
        }
        for header in [
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "127.0.0.1"),
            ("forwarded", "for=192.0.2.1;proto=https"),
        ] {
            let response = web.send(Ask { more: vec![header], ..ask() }.request()).await;
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{method} {path} with {}", header.0);
            assert!(!text(response).await.contains("192.0.2.1"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_none_is_never_taken_for_nobody() {
    let web = Web::new();
    let anna = web.session("anna", Role::Administrator, Stage::Full);
    for value in [
        "Bearer x",
        "Bearer npk_",
        "Basic YTpi",
        "",
        "Bearer npk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        for path in ["/v1/openapi.json", "/v1/companies"] {
            let ask = Ask { more: vec![("authorization", value)], ..Ask::new(Method::GET, path).by(&anna) };
            assert_eq!(web.send(ask.request()).await.status(), StatusCode::UNAUTHORIZED, "{value:?} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_in_the_table_is_not_there() {
    let web = Web::new();
    let anna = web.session("anna", Role::Administrator, Stage::Full);
    for (method, path, expected) in [
        (Method::GET, "/v1/nothing", StatusCode::NOT_FOUND),
        (Method::GET, "/nothing", StatusCode::NOT_FOUND),
        (Method::GET, "/static/../Cargo.toml", StatusCode::NOT_FOUND),
        (Method::GET, "/static/style.css", StatusCode::NOT_FOUND),
        (Method::PUT, "/v1/companies", StatusCode::METHOD_NOT_ALLOWED),
        (Method::TRACE, "/", StatusCode::METHOD_NOT_ALLOWED),
        (Method::OPTIONS, "/v1/visits", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/v1/companies/%ff", StatusCode::BAD_REQUEST),
        (Method::GET, "/v1/companies?sort=canary", StatusCode::BAD_REQUEST),
        (Method::GET, "/v1/companies?canary=1", StatusCode::BAD_REQUEST),
        (Method::GET, "/v1/companies?filter=canary", StatusCode::BAD_REQUEST),
        (Method::GET, "/v1/companies?from=canary", StatusCode::BAD_REQUEST),
        (Method::GET, "/?from=canary", StatusCode::BAD_REQUEST),
        (Method::GET, "/v1/visitors/canary", StatusCode::BAD_REQUEST),
    ] {
        let response = web.send(Ask::new(method.clone(), path).by(&anna).request()).await;
        assert_eq!(response.status(), expected, "{method} {path}");
        assert!(!text(response).await.contains("canary"), "{path}");
    }
}

#[test]
fn the_description_that_is_committed_is_the_one_that_is_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let made = crate::openapi_json();
    if std::env::var_os("NAMEPLATE_WRITE_OPENAPI").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == made, "run NAMEPLATE_WRITE_OPENAPI=1 cargo test -p nameplate-web");
}

#[test]
fn the_description_has_each_route_of_rest_and_no_other() {
    let description: serde_json::Value = serde_json::from_str(&crate::openapi_json()).unwrap();
    let mut described = BTreeSet::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let scopes = &operation["security"][0]["key"];
            described.insert((
                method.to_uppercase(),
                path.clone(),
                scopes[0].as_str().unwrap_or("").to_owned(),
            ));
        }
    }
    let rest =
        ROUTES.iter().filter(|route| route.surface == Surface::Rest && route.path != "/v1/openapi.json");
    let routes: BTreeSet<_> = rest
        .map(|route| {
            use crate::routes::Access::{Key, Scope};
            let scope = match route.access {
                Key(scope) | Scope(scope) => scope.name(),
                _ => "",
            };
            (route.method.to_string(), route.path.to_owned(), scope.to_owned())
        })
        .collect();
    assert_eq!(described, routes);
}
