//! The one table of what can be asked for: path, method, who may, and who answers. The router is made from it and from nothing else, so
//! that nothing is reachable without a line here; tests walk the table.

use std::pin::Pin;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::routing::{MethodFilter, on};
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, Response, StatusCode};
use nameplate_leads::access::Scope;

use crate::app::App;
use crate::guard::{self, Call};
use crate::problem::Problem;
use crate::transport::{Peer, Way};
use crate::words::Language;
use crate::{assets, page_views, pages, rest};

/// What a handler gives.
pub(crate) type Handled = Pin<Box<dyn Future<Output = Result<Response<Body>, Problem>> + Send>>;

/// A line of the table.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// As axum writes it: `/v1/companies/{id}`.
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) surface: Surface,
    pub(crate) handler: fn(App, Call) -> Handled,
}

/// Whom a route is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody.
    Public,
    /// Users from their password on.
    SigningIn,
    /// Users.
    SignedIn,
    /// Users whose role, and keys whose scopes have this.
    Scope(Scope),
    /// Keys that have this, and no user.
    Key(Scope),
}

/// In what form a route is asked and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surface {
    /// Forms and HTML, for people.
    Page,
    /// JSON, for programs.
    Rest,
    /// For the pages of the sites, on their own hosts: the script, and what it sends. No caller is known there.
    Site,
}

macro_rules! table {
    ($($surface:ident $method:ident $path:literal $access:expr => $($handler:ident)::+;)*) => {
        &[$(Route {
            method: Method::$method,
            path: $path,
            access: $access,
            surface: Surface::$surface,
            handler: |app, call| Box::pin($($handler)::+(app, call)),
        },)*]
    };
}

use Access::{Key, Public, SignedIn, SigningIn};
const READ: Access = Access::Scope(Scope::Read);
const WRITE: Access = Access::Scope(Scope::Write);
const EXPORT: Access = Access::Scope(Scope::Export);
const RIGHTS: Access = Access::Scope(Scope::Rights);
const OBJECTIONS: Access = Access::Scope(Scope::Objections);
const AUDIT: Access = Access::Scope(Scope::Audit);
const OPERATE: Access = Access::Scope(Scope::Operate);

/// The table.
#[rustfmt::skip]
pub(crate) static ROUTES: &[Route] = table! {
    Page GET    "/static/{file}"            Public    => assets::file;
    Page GET    "/sign-in"                  Public    => pages::sign_in::form;
    Page POST   "/sign-in"                  Public    => pages::sign_in::enter;
    Page GET    "/second-factor"            SigningIn => pages::second_factor::form;
    Page POST   "/second-factor"            SigningIn => pages::second_factor::enter;
    Page GET    "/enrolment"                SigningIn => pages::second_factor::enrolment;
    Page POST   "/enrolment"                SigningIn => pages::second_factor::enrol;
    Page POST   "/sign-out"                 SigningIn => pages::sign_in::leave;
    Page GET    "/account"                  SignedIn  => pages::account::show;
    Page POST   "/account/language"         SignedIn  => pages::account::language;
    Page GET    "/"                         READ      => pages::companies::list;
    Page GET    "/companies/{id}"           READ      => pages::company::show;
    Page POST   "/companies/{id}/change"    WRITE     => pages::company::change;
    Page POST   "/companies/{id}/note"      WRITE     => pages::company::note;
    Page POST   "/companies/{id}/wrong"     WRITE     => pages::company::wrong;
    Page POST   "/companies/{id}/hide"      OBJECTIONS => pages::company::hide;
    Page GET    "/objection"                Public    => pages::objection::show;
    Page POST   "/objection"                Public    => pages::objection::act;
    Page GET    "/nameplate/objection"      Public    => pages::objection::show;
    Page POST   "/nameplate/objection"      Public    => pages::objection::act;
    Page GET    "/nameplate/static/{file}"  Public    => assets::file;
    Page POST   "/objections/requests/{number}" OBJECTIONS => pages::requests::decide;
    Page GET    "/overview"                 READ      => pages::overview::show;
    Page GET    "/live"                     READ      => pages::live::show;
    Page GET    "/live/rows"                READ      => pages::live::rows;
    Page GET    "/filtered"                 READ      => pages::filtered::show;
    Page GET    "/segments"                 READ      => pages::segments::list;
    Page GET    "/segments/edit"            WRITE     => pages::segment_form::edit;
    Page POST   "/segments/edit"            WRITE     => pages::segment_form::save;
    Page POST   "/segments/remove"          WRITE     => pages::segments::remove;
    Page GET    "/corrections"              READ      => pages::corrections::list;
    Page POST   "/corrections"              WRITE     => pages::corrections::add;
    Page POST   "/corrections/remove"       WRITE     => pages::corrections::remove;
    Page GET    "/objections"               OBJECTIONS => pages::objections::list;
    Page POST   "/objections"               OBJECTIONS => pages::objections::add;
    Page POST   "/objections/lift"          OBJECTIONS => pages::objections::lift;
    Page GET    "/data"                     READ      => pages::data::show;
    Page GET    "/audit"                    AUDIT     => pages::audit::list;
    Page GET    "/settings"                 AUDIT     => pages::settings::show;
    Page POST   "/settings/purge"           OPERATE   => pages::settings::purge;
    Page POST   "/settings/resend"          OPERATE   => pages::settings::resend;

    Site GET    "/n.js"                     Public    => assets::script;
    Site GET    "/nameplate/n.js"           Public    => assets::script;
    Site POST   "/nameplate/v1/visits"      Public    => page_views::post;

    Rest GET    "/v1/openapi.json"          Public    => rest::openapi::document;
    Rest POST   "/v1/visits"                Key(Scope::Visits) => rest::visits::post;
    Rest GET    "/v1/companies"             READ      => rest::companies::list;
    Rest GET    "/v1/companies/{id}"        READ      => rest::companies::show;
    Rest PATCH  "/v1/companies/{id}"        WRITE     => rest::companies::change;
    Rest DELETE "/v1/companies/{id}"        RIGHTS    => rest::companies::erase;
    Rest GET    "/v1/companies/{id}/export" RIGHTS    => rest::companies::export;
    Rest GET    "/v1/filtered"              READ      => rest::companies::filtered;
    Rest GET    "/v1/export.csv"            EXPORT    => rest::export::csv;
    Rest GET    "/v1/export.ndjson"         EXPORT    => rest::export::ndjson;
    Rest GET    "/v1/visitors/{id}"         RIGHTS    => rest::visitors::export;
    Rest DELETE "/v1/visitors/{id}"         RIGHTS    => rest::visitors::erase;
    Rest GET    "/v1/segments"              READ      => rest::segments::list;
    Rest PUT    "/v1/segments/{name}"       WRITE     => rest::segments::save;
    Rest DELETE "/v1/segments/{name}"       WRITE     => rest::segments::remove;
    Rest GET    "/v1/corrections"           READ      => rest::corrections::list;
    Rest POST   "/v1/corrections"           WRITE     => rest::corrections::add;
    Rest DELETE "/v1/corrections/{number}"  WRITE     => rest::corrections::remove;
    Rest GET    "/v1/objections"            OBJECTIONS => rest::objections::list;
    Rest POST   "/v1/objections"            OBJECTIONS => rest::objections::add;
    Rest DELETE "/v1/objections"            OBJECTIONS => rest::objections::remove;
    Rest GET    "/v1/deliveries"            OPERATE   => rest::deliveries::list;
    Rest POST   "/v1/deliveries/resend"     OPERATE   => rest::deliveries::resend;
    Rest GET    "/v1/audit"                 AUDIT     => rest::operation::audit;
    Rest POST   "/v1/purge"                 OPERATE   => rest::operation::purge;
};

/// The router of the table, with what holds for every request around it.
pub(crate) fn router(app: &App) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let filter = MethodFilter::try_from(route.method.clone()).expect("a method that HTTP has");
        let handle = {
            let app = app.clone();
            move |request: Request| async move {
                let way = *request.extensions().get::<Way>().expect("the front comes first");
                guard::handle(app, route, way, request).await
            }
        };
        router = router.route(route.path, on(filter, handle));
    }
    let nothing = {
        let app = app.clone();
        move |request: Request| async move { fail(&app, &request, &Problem::not_found()) }
    };
    let other_method = {
        let app = app.clone();
        move |request: Request| async move {
            let problem =
                Problem::new(StatusCode::METHOD_NOT_ALLOWED, "not by this method; see the header Allow");
            fail(&app, &request, &problem)
        }
    };
    router
        .fallback(nothing)
        .method_not_allowed_fallback(other_method)
        .layer(from_fn_with_state(app.clone(), front))
}

fn fail(app: &App, request: &Request, problem: &Problem) -> Response<Body> {
    let path = request.uri().path();
    let surface = match path {
        _ if path.starts_with("/v1/") => Surface::Rest,
        _ if on_sites(path) => Surface::Site,
        _ => Surface::Page,
    };
    guard::refuse(app, surface, Language::of(request.headers()), None, problem)
}

/// Whether a path is there on the sites' own hosts as well: their web servers hand `/nameplate/` on.
pub(crate) fn on_sites(path: &str) -> bool {
    path.starts_with("/nameplate/")
}

/// What comes before the route, and what every reply has.
async fn front(State(app): State<App>, mut request: Request, next: Next) -> Response<Body> {
    let peer = *request.extensions().get::<Peer>().unwrap_or(&Peer::Unix);
    // A visit has an address in its body, a proxy's request in its head: their buffers end with the reply.
    let visit = request.uri().path().ends_with("/v1/visits");
    let sites = on_sites(request.uri().path());
    if !guard::is_for_us(|host| app.is_own_host(host) || (sites && app.is_site(host)), &request) {
        let detail = "this host is not answered for here; see hosts in [web] and of the sites";
        return dressed(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail).json(), false, true);
    }
    match app.transport().way(peer, request.headers()) {
        Err(refused) => dressed(Problem::forbidden(refused.advice()).json(), false, true),
        Ok(way) => {
            request.extensions_mut().insert(way);
            dressed(next.run(request).await, way.secure, way.forwarded || visit)
        }
    }
}

/// Whose pages may load a reply as script, image or style.
pub(crate) const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Without inline script or style, from this host alone, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

fn dressed(mut response: Response<Body>, secure: bool, last: bool) -> Response<Body> {
    let headers = response.headers_mut();
    let mut set =
        |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Not no-referrer: with that, browsers say `Origin: null` of our own forms.
    set(REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()",
    );
    if secure {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if last {
        set(CONNECTION, "close");
    }
    // The script is for pages of other hosts, and says so.
    headers.entry(RESOURCE_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
