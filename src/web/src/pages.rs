//! The dashboard: rendered here, with templates that escape whatever they are given. A new page is a template, a file of texts in
//! [`crate::words`], a module with a handler, and a line in [`crate::routes`]; where it is to be in the navigation, one in [`PLACES`].

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod companies;
pub(crate) mod company;
pub(crate) mod corrections;
pub(crate) mod data;
pub(crate) mod filtered;
pub(crate) mod live;
pub(crate) mod objection;
pub(crate) mod objections;
pub(crate) mod overview;
mod period;
pub(crate) mod requests;
pub(crate) mod second_factor;
pub(crate) mod segment_form;
pub(crate) mod segments;
pub(crate) mod settings;
pub(crate) mod sign_in;

use askama::Template;
use axum::body::Body;
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION, SET_COOKIE};
use hyper::{Response, StatusCode};
use jiff::tz::TimeZone;
use nameplate_leads::access::{Role, Scope};
use nameplate_leads::model::Timestamp;
use nameplate_leads::store::{Session, Stage, User};
use tracing::error;

use crate::app::App;
use crate::assets::{ICON, STYLE};
use crate::guard::Call;
use crate::problem::Problem;
use crate::words::Language;
use crate::words::layout::{LayoutWords, ProblemWords};

/// A place of the navigation: its path, whom it is shown to, and its name.
struct Place {
    path: &'static str,
    needs: Option<Scope>,
    name: fn(&LayoutWords) -> &'static str,
}

const PLACES: &[Place] = &[
    Place { path: "/", needs: Some(Scope::Read), name: |words| words.companies },
    Place { path: "/overview", needs: Some(Scope::Read), name: |words| words.overview },
    Place { path: "/live", needs: Some(Scope::Read), name: |words| words.live },
    Place { path: "/filtered", needs: Some(Scope::Read), name: |words| words.filtered },
    Place { path: "/segments", needs: Some(Scope::Read), name: |words| words.segments },
    Place { path: "/corrections", needs: Some(Scope::Read), name: |words| words.corrections },
    Place { path: "/objections", needs: Some(Scope::Objections), name: |words| words.objections },
    Place { path: "/data", needs: Some(Scope::Read), name: |words| words.data },
    Place { path: "/audit", needs: Some(Scope::Audit), name: |words| words.audit },
    Place { path: "/settings", needs: Some(Scope::Audit), name: |words| words.settings },
    Place { path: "/account", needs: None, name: |words| words.account },
];

/// What is around a page; its fields are the template's.
pub(crate) struct Layout {
    words: &'static LayoutWords,
    lang: &'static str,
    title: String,
    csrf: String,
    style: String,
    icon: String,
    user: Option<SignedIn>,
    places: Vec<NavigationItem>,
}

struct SignedIn {
    name: String,
    role: &'static str,
}

struct NavigationItem {
    path: &'static str,
    name: &'static str,
    here: bool,
}

impl Layout {
    /// For a page of this title; `here` is the path of its place in the navigation.
    pub(crate) fn new(call: &Call, title: impl Into<String>, here: &str) -> Layout {
        let user = call.session().filter(|session| session.stage == Stage::Full).map(|session| &session.user);
        Layout::of(call.language, user, &call.csrf, title.into(), here)
    }

    /// For a public page, in a language of its own. On a site's host, style and icon are where its web server hands them on.
    pub(crate) fn public(call: &Call, language: Language, title: &str) -> Layout {
        let mut layout = Layout::of(language, None, &call.csrf, title.into(), "");
        if call.on_site {
            for path in [&mut layout.style, &mut layout.icon] {
                path.insert_str(0, "/nameplate");
            }
        }
        layout
    }

    fn of(language: Language, user: Option<&User>, csrf: &str, title: String, here: &str) -> Layout {
        let words = LayoutWords::of(language);
        let may =
            |user: &User, place: &Place| place.needs.is_none_or(|scope| user.role.scopes().contains(&scope));
        let places = user.map(|user| {
            let shown = PLACES.iter().filter(|place| may(user, place));
            shown.map(|place| NavigationItem {
                path: place.path,
                name: (place.name)(words),
                here: place.path == here,
            })
        });
        Layout {
            words,
            lang: language.code(),
            title,
            csrf: csrf.to_owned(),
            style: STYLE.path(),
            icon: ICON.path(),
            places: places.into_iter().flatten().collect(),
            user: user.map(|user| SignedIn {
                name: user.name.clone(),
                role: match user.role {
                    Role::Administrator => words.administrator,
                    Role::Analyst => words.analyst,
                    Role::DataProtectionOfficer => words.officer,
                },
            }),
        }
    }
}

/// A page as a reply; the browser gets the cookie that its forms hang on, if it has none.
pub(crate) fn page(
    call: &Call,
    status: StatusCode,
    template: &impl Template,
) -> Result<Response<Body>, Problem> {
    let mut response = html(status, template)?;
    if let Some(cookie) = &call.new_form_cookie {
        set_cookie(&mut response, call, App::form_cookie(call.way), &cookie.text());
    }
    Ok(response)
}

pub(crate) fn html(status: StatusCode, template: &impl Template) -> Result<Response<Body>, Problem> {
    let text = template.render().map_err(|error| {
        error!(%error, "a page could not be rendered");
        Problem::internal()
    })?;
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Ok(response)
}

/// To another page, by GET.
pub(crate) fn redirect(path: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    // Paths are ours, or encoded.
    let path = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, path);
    response
}

/// To the sign-in.
pub(crate) fn to_sign_in() -> Response<Body> {
    redirect("/sign-in")
}

/// Sets a cookie until the browser ends; an empty value removes it.
pub(crate) fn set_cookie(response: &mut Response<Body>, call: &Call, name: &str, value: &str) {
    let secure = if call.way.secure { "; Secure" } else { "" };
    let age = if value.is_empty() { "; Max-Age=0" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    layout: Layout,
    words: &'static ProblemWords,
    text: &'static str,
    signed_in: bool,
}

/// A problem for people, in their language.
pub(crate) fn problem(
    _app: &App,
    language: Language,
    session: Option<&Session>,
    problem: &Problem,
) -> Response<Body> {
    let words = ProblemWords::of(language);
    let text = match problem.status {
        StatusCode::FORBIDDEN => words.forbidden,
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => words.not_found,
        StatusCode::TOO_MANY_REQUESTS => words.too_many,
        StatusCode::SERVICE_UNAVAILABLE => words.busy,
        status if status.is_client_error() => words.bad_request,
        _ => words.failed,
    };
    let user = session.filter(|session| session.stage == Stage::Full).map(|session| &session.user);
    // Without a token for forms: the sign-out of this page would fail, so it has none.
    let layout = Layout::of(language, None, "", problem.status.as_str().to_owned(), "");
    let page = ProblemPage { layout, words, text, signed_in: user.is_some() };
    problem.finish(html(problem.status, &page).unwrap_or_else(|_| Response::new(Body::empty())))
}

/// `2026-06-17 09:05`, in UTC, with the exact time for programs.
pub(crate) struct Moment {
    pub(crate) text: String,
    pub(crate) exact: String,
}

impl Moment {
    pub(crate) fn of(at: Timestamp) -> Moment {
        let time = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
        let text = time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M").to_string();
        Moment { text, exact: time.to_string() }
    }
}

/// A text as a page shows it where there are many: what is longer ends with an ellipsis.
pub(super) fn shortened(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
    text
}

/// A part of a path: all that is not plain is encoded.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// A page of a list that is short enough to be read as a whole.
pub(super) struct Slice<T> {
    pub(super) items: Vec<T>,
    /// Where the next page is.
    pub(super) next: Option<String>,
}

/// Rows of a [`Slice`]: few enough for long texts in each.
const ROWS: usize = 25;

impl<T> Slice<T> {
    /// The one that the query's `page` says, 1 unless it does.
    pub(super) fn new(call: &Call, items: Vec<T>, path: &str) -> Result<Slice<T>, Problem> {
        let expected = "page is a number from 1 on";
        let number: usize = call.query.read("page", expected)?.unwrap_or(1);
        let before = number.checked_sub(1).and_then(|before| before.checked_mul(ROWS));
        let before = before.ok_or_else(|| Problem::invalid(expected))?;
        let more = items.len() > before.saturating_add(ROWS);
        let next = more.then(|| format!("{path}?page={}", number + 1));
        Ok(Slice { items: items.into_iter().skip(before).take(ROWS).collect(), next })
    }
}
