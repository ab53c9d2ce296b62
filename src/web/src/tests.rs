//! The table of routes against every kind of caller, and hostile text through every page: with a real store and a real range file.

mod dashboard;
mod hostile;
mod table;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http_body_util::BodyExt;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use hyper::{Method, Response};
use nameplate::{
    CompanyFields, CompanyKind, GenerationOptions, Generations, SourceFields, SuppressionList, Writer,
};
use nameplate_leads::access::{Role, Scope};
use nameplate_leads::store::{Accounts, NewSession, Stage};
use nameplate_leads::{Leads, now};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::app::App;
use crate::auth::token::{Token, key_text};
use crate::config::{Listen, WebConfig};
use crate::transport::Peer;

/// What the range file calls the company of 192.0.2.0/24.
const NAME: &str = "Example Häuser \"><script>alert(1)</script>";

/// What waits for the store, from an async test.
fn waiting<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}

/// A server without its sockets.
struct Web {
    _folder: TempDir,
    router: Router,
    leads: Arc<Leads>,
    accounts: Accounts,
}

fn file() -> Vec<u8> {
    let mut writer = Writer::new();
    writer.build_number(7);
    let source = SourceFields { name: "gleif", title: Some("<b>GLEIF</b>"), ..Default::default() };
    let source = writer.source(&source).unwrap();
    let company = CompanyFields {
        id: "lei:EXAMPLE",
        name: NAME,
        kind: Some(CompanyKind::Business),
        country: Some(*b"DE"),
        domain: Some("example.com"),
        industry: Some("<i>62.01</i>"),
        ..Default::default()
    };
    let company = writer.company(&company).unwrap();
    let company = writer.company_answer(company, None, 90, source).unwrap();
    writer.push_v4(0xc000_0200, 0xc000_02ff, company).unwrap();
    let mut file = Vec::new();
    writer.finish(&mut file).unwrap();
    file
}

impl Web {
    fn new() -> Web {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("suppress.list");
        SuppressionList::create(&list).unwrap();
        let path = folder.path().join("test.npl");
        std::fs::write(&path, file()).unwrap();
        let options = GenerationOptions { suppression: Some(list.clone()), ..Default::default() };
        let generations = Arc::new(Generations::open(&path, options).unwrap());
        let config = format!(
            "store = {:?}\n[[sites]]\nname = \"shop\"\nhosts = [\"shop.example\"]\nhighest_level = \"sessions\"\n",
            folder.path().join("leads.db")
        );
        let leads =
            waiting(|| Leads::open(toml::from_str(&config).unwrap(), generations, Some(list))).unwrap();
        let leads = Arc::new(leads);
        let config = WebConfig::at(Listen::Address("127.0.0.1:8420".parse().unwrap()));
        let accounts = Accounts::of(leads.store().clone());
        let app = App::new(config, Arc::clone(&leads));
        Web { _folder: folder, router: crate::routes::router(&app), leads, accounts }
    }

    /// A user of this role with a session at this stage.
    fn session(&self, name: &str, role: Role, stage: Stage) -> Caller {
        assert!(waiting(|| self.accounts.add_user(name, role, "$none", "test", now())).unwrap());
        let user = self.accounts.users().unwrap().into_iter().find(|user| user.name == name).unwrap();
        let token = Token::random();
        let session =
            NewSession { hash: token.hash(), user: user.id, stage, now: now(), ends: now() + 60_000 };
        waiting(|| self.accounts.add_session(session, None)).unwrap();
        Caller::Session(token)
    }

    fn key(&self, name: &str, scopes: &[Scope]) -> Caller {
        let token = Token::random();
        assert!(waiting(|| self.accounts.add_key(name, scopes, token.hash(), "test", now())).unwrap());
        Caller::Key(token)
    }

    async fn visit(&self, json: &str) {
        let mut json = json.as_bytes().to_vec();
        self.leads.visit(&mut json).await.unwrap();
    }

    async fn send(&self, request: Request) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn page(&self, caller: &Caller, path: &str) -> String {
        let response = self.send(Ask::new(Method::GET, path).by(caller).request()).await;
        assert!(response.status().is_success(), "{path}: {}", response.status());
        text(response).await
    }
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

enum Caller {
    Nobody,
    Session(Token),
    Key(Token),
}

/// A request as an honest client sends it, unless told otherwise.
struct Ask {
    method: Method,
    path: String,
    host: &'static str,
    origin: Option<&'static str>,
    cookie: Option<Token>,
    key: Option<Token>,
    csrf: Option<String>,
    body: Option<String>,
    form: Option<String>,
    more: Vec<(&'static str, &'static str)>,
}

const OWN: &str = "http://127.0.0.1:8420";

impl Ask {
    fn new(method: Method, path: &str) -> Ask {
        Ask {
            origin: (method != Method::GET).then_some(OWN),
            method,
            path: path.to_owned(),
            host: "127.0.0.1:8420",
            cookie: None,
            key: None,
            csrf: None,
            body: None,
            form: None,
            more: Vec::new(),
        }
    }

    fn by(mut self, caller: &Caller) -> Ask {
        match caller {
            Caller::Nobody => {}
            Caller::Session(token) => {
                self.csrf = Some(token.csrf());
                self.cookie = Some(token.clone());
            }
            Caller::Key(token) => {
                self.key = Some(token.clone());
                self.origin = None;
            }
        }
        self
    }

    fn request(self) -> Request {
        let mut request =
            Request::builder().method(self.method.clone()).uri(&self.path).header(HOST, self.host);
        if let Some(origin) = self.origin {
            request = request.header(ORIGIN, origin);
        }
        if let Some(token) = &self.cookie {
            request = request.header(COOKIE, format!("np_signin={}", token.text()));
        }
        if let Some(token) = &self.key {
            request = request.header(AUTHORIZATION, format!("Bearer {}", key_text(token)));
        }
        for (name, value) in self.more {
            request = request.header(name, value);
        }
        let csrf = self.csrf.unwrap_or_default();
        let body = if self.method == Method::GET {
            Body::empty()
        } else if self.path.starts_with("/v1/") {
            request = request.header("x-csrf-token", csrf).header(CONTENT_TYPE, "application/json");
            Body::from(self.body.unwrap_or_default())
        } else {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            Body::from(format!("csrf={csrf}&{}", self.form.unwrap_or_default()))
        };
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(Peer::Address([127, 0, 0, 1].into()));
        request
    }
}
