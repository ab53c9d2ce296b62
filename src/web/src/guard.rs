//! Who may do what, decided in one place from one table: see `routes`.
//!
//! Each request goes through, in this order:
//!
//! 1. the host: one of those that are answered for;
//! 2. the way ([`crate::transport`]): HTTPS, or this machine alone;
//! 3. the route of its path and method;
//! 4. the caller: a key, a session, or nobody; a key or session that is shown and is none is refused, and never taken for nobody;
//! 5. what the route asks of the caller;
//! 6. for what changes something: where it comes from (`Origin`, `Sec-Fetch-Site`), and the token of the form where the browser sends
//!    the caller's cookie by itself;
//! 7. the body, bounded in bytes and time.
//!
//! A handler is called with what came of it, and can't be called otherwise.

use axum::RequestExt;
use axum::body::{Body, Bytes};
use axum::extract::{RawPathParams, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, ORIGIN,
};
use hyper::{Method, Response, StatusCode};
use nameplate_leads::access::Scope;
use nameplate_leads::store::{Session, Stage};

use crate::app::App;
use crate::auth::token::{self, Token};
use crate::input::Pairs;
use crate::problem::Problem;
use crate::routes::{self, Access, Route, Surface};
use crate::transport::Way;
use crate::visitor::Visitor;
use crate::words::Language;

const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Who asks.
#[derive(Debug)]
pub(crate) enum Caller {
    /// Nobody that is known.
    Nobody,
    /// A program.
    Key {
        /// The key's name.
        name: String,
        /// What it may do.
        scopes: Vec<Scope>,
    },
    /// A user, or one who is about to sign in.
    User {
        /// Of the store.
        session: Session,
        /// Of the cookie.
        token: Token,
    },
}

/// A request that may be handled.
pub(crate) struct Call {
    pub(crate) caller: Caller,
    pub(crate) way: Way,
    pub(crate) language: Language,
    pub(crate) visitor: Visitor,
    /// Asked for under the path that sites hand on.
    pub(crate) on_site: bool,
    /// The variable parts of the path, in its order.
    pub(crate) path: Vec<String>,
    pub(crate) query: Pairs,
    /// Of a page's form; empty elsewhere.
    pub(crate) form: Pairs,
    /// Of REST; empty elsewhere.
    pub(crate) body: Bytes,
    /// For the forms of the page that comes of it.
    pub(crate) csrf: String,
    /// A cookie that makes `csrf` hold, where the browser had none.
    pub(crate) new_form_cookie: Option<Token>,
}

impl Call {
    /// What the audit log calls the caller.
    pub(crate) fn actor(&self) -> String {
        match &self.caller {
            Caller::Nobody => "nobody".into(),
            Caller::Key { name, .. } => format!("key:{name}"),
            Caller::User { session, .. } => session.user.name.clone(),
        }
    }

    /// Whether the caller may do that, for what a page shows; the route has decided what it does.
    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.caller.may(scope)
    }

    pub(crate) fn session(&self) -> Option<&Session> {
        match &self.caller {
            Caller::User { session, .. } => Some(session),
            _ => None,
        }
    }

    /// The variable part of the path, which the route has.
    pub(crate) fn id(&self) -> &str {
        self.path.first().map_or("", |part| part)
    }
}

impl Caller {
    fn may(&self, scope: Scope) -> bool {
        match self {
            Caller::Nobody => false,
            Caller::Key { scopes, .. } => scopes.contains(&scope),
            Caller::User { session, .. } => {
                session.stage == Stage::Full && session.user.role.scopes().contains(&scope)
            }
        }
    }
}

/// Takes a request through 4 to 7 and to its handler.
pub(crate) async fn handle(app: App, route: &'static Route, way: Way, request: Request) -> Response<Body> {
    let language = Language::of(request.headers());
    match admit(&app, route, way, language, request).await {
        Ok(call) => {
            let language = call.language;
            let session = call.session().cloned();
            match (route.handler)(app.clone(), call).await {
                Ok(response) => response,
                Err(problem) => refuse(&app, route.surface, language, session.as_ref(), &problem),
            }
        }
        Err(problem) => refuse(&app, route.surface, language, None, &problem),
    }
}

/// A problem in the form that the surface has.
pub(crate) fn refuse(
    app: &App,
    surface: Surface,
    language: Language,
    session: Option<&Session>,
    problem: &Problem,
) -> Response<Body> {
    match surface {
        Surface::Rest | Surface::Site => problem.json(),
        Surface::Page if problem.status == StatusCode::UNAUTHORIZED => crate::pages::to_sign_in(),
        Surface::Page => crate::pages::problem(app, language, session, problem),
    }
}

async fn admit(
    app: &App,
    route: &'static Route,
    way: Way,
    language: Language,
    mut request: Request,
) -> Result<Call, Problem> {
    let caller = match route.surface {
        Surface::Site => Caller::Nobody,
        Surface::Page | Surface::Rest => identify(app, way, request.headers()).await?,
    };
    let language = caller_language(&caller).unwrap_or(language);
    authorise(route.access, &caller)?;
    let visitor = Visitor::of(app, &request);
    let query = Pairs::parse(request.uri().query().unwrap_or_default().as_bytes())?;
    let params: RawPathParams =
        request.extract_parts().await.map_err(|_| Problem::invalid("a path that is no text in UTF-8"))?;
    let path = params.iter().map(|(_, value)| value.to_owned()).collect();
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let cookie = form_cookie(&caller, way, request.headers());
    let (mut form, mut body) = (Pairs::default(), Bytes::new());
    if changes {
        same_origin(way, &caller, route.surface, request.headers())?;
        let sent =
            request.headers().get(CSRF_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let kind = content_type(request.headers());
        match route.surface {
            // Nobody is signed in there whom a forged request could use.
            Surface::Site => {
                body = read_body(app, request).await?;
                json_only(&body, kind.as_deref())?;
            }
            Surface::Rest => {
                // A browser that sends its cookie by itself must show that the page asked.
                if matches!(caller, Caller::User { .. }) {
                    check_csrf(cookie.as_ref(), sent.as_deref())?;
                }
                body = read_body(app, request).await?;
                json_only(&body, kind.as_deref())?;
            }
            Surface::Page => {
                if kind.as_deref() != Some("application/x-www-form-urlencoded") {
                    let detail = "a form is application/x-www-form-urlencoded";
                    return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
                }
                form = Pairs::parse(&read_body(app, request).await?)?;
                check_csrf(cookie.as_ref(), form.get("csrf")?)?;
            }
        }
    }
    let (csrf, new_form_cookie) = if let Some(cookie) = cookie {
        (cookie.csrf(), None)
    } else {
        let cookie = Token::random();
        (cookie.csrf(), Some(cookie))
    };
    Ok(Call {
        caller,
        way,
        language,
        visitor,
        on_site: routes::on_sites(route.path),
        path,
        query,
        form,
        body,
        csrf,
        new_form_cookie,
    })
}

async fn identify(app: &App, way: Way, headers: &HeaderMap) -> Result<Caller, Problem> {
    if headers.contains_key(AUTHORIZATION) {
        let secret = bearer(headers).ok_or_else(Problem::unauthorized)?;
        let key = app.accounts(move |accounts| accounts.key(secret.hash())).await?;
        let key = key.ok_or_else(Problem::unauthorized)?;
        return Ok(Caller::Key { name: key.name, scopes: key.scopes });
    }
    let Some(token) = cookie(headers, App::session_cookie(way)) else { return Ok(Caller::Nobody) };
    let (hash, idle) = (token.hash(), app.idle());
    let session = app.accounts(move |accounts| accounts.session(hash, idle, nameplate_leads::now())).await?;
    Ok(match session {
        Some(session) => Caller::User { session, token },
        // It has ended, which is no fault of the browser's.
        None => Caller::Nobody,
    })
}

fn caller_language(caller: &Caller) -> Option<Language> {
    match caller {
        Caller::User { session, .. } => Language::from_code(session.user.language.as_deref()?),
        _ => None,
    }
}

fn authorise(access: Access, caller: &Caller) -> Result<(), Problem> {
    let allowed = match (access, caller) {
        (Access::Public, _) | (Access::SigningIn, Caller::User { .. }) => true,
        (_, Caller::Nobody) => return Err(Problem::unauthorized()),
        // Half signed in is not signed in: the missing half is asked for.
        (_, Caller::User { session, .. }) if session.stage != Stage::Full => {
            return Err(Problem::unauthorized());
        }
        (Access::SignedIn, Caller::User { .. }) => true,
        (Access::Scope(scope), _) | (Access::Key(scope), Caller::Key { .. }) => caller.may(scope),
        (Access::SigningIn | Access::SignedIn, Caller::Key { .. })
        | (Access::Key(_), Caller::User { .. }) => false,
    };
    if allowed { Ok(()) } else { Err(Problem::forbidden("this key or role may not do this")) }
}

/// The cookie that forms hang on: the session's, or one for whoever has none yet.
fn form_cookie(caller: &Caller, way: Way, headers: &HeaderMap) -> Option<Token> {
    match caller {
        Caller::User { token, .. } => Some(token.clone()),
        _ => cookie(headers, App::form_cookie(way)),
    }
}

fn check_csrf(cookie: Option<&Token>, sent: Option<&str>) -> Result<(), Problem> {
    match (cookie, sent) {
        (Some(cookie), Some(sent)) if cookie.has_csrf(sent) => Ok(()),
        _ => Err(Problem::forbidden("the form is too old, or not from here: load its page again")),
    }
}

/// Changes come from our own pages, or from programs. A browser says where a request comes from: it can't leave it out of a form that is
/// sent by POST, and no page can forge it.
fn same_origin(way: Way, caller: &Caller, surface: Surface, headers: &HeaderMap) -> Result<(), Problem> {
    let refused = || Err(Problem::forbidden("this came from another site's page"));
    if headers.get(SEC_FETCH_SITE).is_some_and(|site| site != "same-origin" && site != "none") {
        return refused();
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) => {
            let scheme = if way.secure { "https://" } else { "http://" };
            let host = headers.get(HOST).map(|host| host.as_bytes().to_ascii_lowercase());
            let own = host.map(|host| [scheme.as_bytes(), &host].concat());
            if own.is_some_and(|own| own == origin.as_bytes()) { Ok(()) } else { refused() }
        }
        (None, _) if surface == Surface::Rest && matches!(caller, Caller::Key { .. }) => Ok(()),
        _ => refused(),
    }
}

async fn read_body(app: &App, request: Request) -> Result<Bytes, Problem> {
    let limits = &app.config().limits;
    let too_long =
        || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is longer than limits.body_bytes");
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limits.body_bytes as u64) {
        return Err(too_long());
    }
    let body = Limited::new(request.into_body(), limits.body_bytes).collect();
    match tokio::time::timeout(limits.patience(), body).await {
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")),
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_long()),
        Ok(Err(_)) => Err(Problem::invalid("the body ended early")),
    }
}

fn json_only(body: &Bytes, kind: Option<&str>) -> Result<(), Problem> {
    if body.is_empty() || kind == Some("application/json") {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a body is application/json"))
}

/// Without its parameters, in lower case.
fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next()?.trim().to_ascii_lowercase())
}

fn bearer(headers: &HeaderMap) -> Option<Token> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else { return None };
    let (scheme, secret) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { token::parse_key(secret.trim()) } else { None }
}

/// The one cookie of this name. Two of them are one too many: somebody else set one.
fn cookie(headers: &HeaderMap, name: &str) -> Option<Token> {
    let mut found = None;
    for line in headers.get_all(COOKIE) {
        for pair in line.to_str().ok()?.split(';') {
            if let Some((key, value)) = pair.trim().split_once('=')
                && key == name
            {
                if found.is_some() {
                    return None;
                }
                found = Some(Token::parse(value)?);
            }
        }
    }
    found
}

/// Whether the request is for one of our hosts: by its only `Host`, and by its target where that names one.
pub(crate) fn is_for_us(ours: impl Fn(&str) -> bool, request: &Request) -> bool {
    let mut lines = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (lines.next(), lines.next()) else { return false };
    let Ok(host) = host.to_str() else { return false };
    let target = request.uri().authority();
    host_name(host).is_some_and(ours)
        && target.is_none_or(|target| target.as_str().eq_ignore_ascii_case(host))
}

/// What `Host` says, without the port.
pub(crate) fn host_name(host: &str) -> Option<&str> {
    match host.rsplit_once(':') {
        // The colons of an IPv6 address are inside its brackets.
        Some((name, port)) if !port.contains(']') => {
            let is_port = !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
            is_port.then_some(name)
        }
        _ => Some(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn is_ours(hosts: &[&str], host: &str) -> bool {
        host_name(host).is_some_and(|name| hosts.iter().any(|own| own.eq_ignore_ascii_case(name)))
    }

    #[test]
    fn hosts_are_compared_without_their_port_and_case() {
        let hosts = ["localhost", "127.0.0.1", "[::1]"];
        for ours in ["localhost", "LOCALHOST:8420", "127.0.0.1:1", "[::1]", "[::1]:8420"] {
            assert!(is_ours(&hosts, ours), "{ours}");
        }
        for other in [
            "",
            "evil.example",
            "localhost.evil.example",
            "localhost:80:80",
            "localhost:",
            "localhost:x",
            "::1",
            "127.0.0.1.",
            "user@localhost",
            "[::1",
        ] {
            assert!(!is_ours(&hosts, other), "{other}");
        }
    }

    #[test]
    fn a_target_with_another_host_than_the_header_is_refused() {
        let request = |target: &str, lines: &[&'static str]| {
            let mut request = Request::builder().uri(target).body(Body::empty()).unwrap();
            for line in lines {
                request.headers_mut().append(HOST, HeaderValue::from_static(line));
            }
            is_for_us(|name| name == "localhost", &request)
        };
        assert!(request("/", &["localhost"]));
        assert!(request("http://localhost/", &["localhost"]));
        assert!(!request("http://evil.example/", &["localhost"]));
        assert!(!request("/", &[]));
        assert!(!request("/", &["localhost", "localhost"]));
    }

    #[test]
    fn a_cookie_that_is_there_twice_is_none() {
        let token = Token::random().text();
        let headers = |lines: &[String]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(COOKIE, line.parse().unwrap());
            }
            headers
        };
        assert!(cookie(&headers(&[format!("a=b; np_x={token}")]), "np_x").is_some());
        assert!(cookie(&headers(&[format!("np_x={token}; np_x={token}")]), "np_x").is_none());
        assert!(cookie(&headers(&[format!("np_x={token}"), format!("np_x={token}")]), "np_x").is_none());
        assert!(cookie(&headers(&[format!("np_xy={token}; np_x=short")]), "np_x").is_none());
    }

    #[test]
    fn only_one_bearer_with_a_key_is_read() {
        let text = token::key_text(&Token::random());
        let headers = |values: &[String]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, value.parse().unwrap());
            }
            bearer(&headers).is_some()
        };
        assert!(headers(&[format!("Bearer {text}")]));
        assert!(headers(&[format!("bearer {text}")]));
        assert!(!headers(&[format!("Basic {text}")]));
        assert!(!headers(std::slice::from_ref(&text)));
        assert!(!headers(&[format!("Bearer {text}"), format!("Bearer {text}")]));
    }
}
