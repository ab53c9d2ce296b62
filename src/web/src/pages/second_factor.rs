//! The second factor: asking for its code, and setting it up.

use std::time::Instant;

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::now;
use nameplate_leads::store::{Session, Stage};

use super::sign_in::{begin_session, limited_name, next};
use super::{Layout, page, redirect};
use crate::app::App;
use crate::auth::limiter::{NETWORK, SECOND_FACTOR};
use crate::auth::second_factor::{self, Enrolment};
use crate::guard::Call;
use crate::problem::Problem;
use crate::words::account::AccountWords;

#[derive(Template)]
#[template(path = "second_factor.html")]
struct CodePage {
    layout: Layout,
    words: &'static AccountWords,
    wrong: bool,
    wait: Option<u64>,
}

#[derive(Template)]
#[template(path = "enrolment.html")]
struct EnrolmentPage {
    layout: Layout,
    words: &'static AccountWords,
    /// None before it has begun.
    enrolment: Option<Enrolment>,
    needed: bool,
    wrong: bool,
    wait: Option<u64>,
}

fn session(call: &Call) -> Result<Session, Problem> {
    call.session().cloned().ok_or_else(Problem::unauthorized)
}

/// What came of a code.
enum Code {
    Right,
    Wrong,
    Wait(u64),
}

async fn check(app: &App, call: &Call, session: &Session) -> Result<Code, Problem> {
    let digits = call.form.get("code")?.unwrap_or_default().to_owned();
    let (account, network) = (limited_name(1, &session.user.name), call.way.network);
    let limits = [(account, SECOND_FACTOR), (network, NETWORK)];
    if let Err(wait) = app.limiter(|limiter| limiter.begin(Instant::now(), &limits)) {
        return Ok(Code::Wait(wait.as_secs() + 1));
    }
    let user = session.user.id;
    let right = app
        .accounts(move |accounts| {
            let Some(factor) = accounts.second_factor(user)? else { return Ok(false) };
            let now = now();
            match second_factor::step(&factor.secret, &digits, u64::try_from(now / 1000).unwrap_or(0)) {
                Some(step) => accounts.use_second_factor(user, &factor.secret, step, now),
                None => Ok(false),
            }
        })
        .await?;
    if !right {
        return Ok(Code::Wrong);
    }
    app.limiter(|limiter| limiter.succeed(&[network], &[account]));
    Ok(Code::Right)
}

/// `GET /second-factor`.
#[expect(clippy::unused_async, reason = "as all handlers are")]
pub(crate) async fn form(_app: App, call: Call) -> Result<Response<Body>, Problem> {
    let session = session(&call)?;
    match session.stage {
        Stage::Code => show(&call, StatusCode::OK, false, None),
        stage => Ok(redirect(next(stage))),
    }
}

fn show(call: &Call, status: StatusCode, wrong: bool, wait: Option<u64>) -> Result<Response<Body>, Problem> {
    let words = AccountWords::of(call.language);
    page(call, status, &CodePage { layout: Layout::new(call, words.second_factor, ""), words, wrong, wait })
}

/// `POST /second-factor`.
pub(crate) async fn enter(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let session = session(&call)?;
    if session.stage != Stage::Code {
        return Ok(redirect(next(session.stage)));
    }
    match check(&app, &call, &session).await? {
        Code::Right => begin_session(&app, &call, &session.user, Stage::Full).await,
        Code::Wrong => show(&call, StatusCode::UNAUTHORIZED, true, None),
        Code::Wait(seconds) => show(&call, StatusCode::TOO_MANY_REQUESTS, false, Some(seconds)),
    }
}

/// `GET /enrolment`.
pub(crate) async fn enrolment(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let session = session(&call)?;
    if session.stage == Stage::Code {
        return Ok(redirect(next(session.stage)));
    }
    if session.user.second_factor {
        return Ok(redirect("/account"));
    }
    show_enrolment(&app, &call, &session, StatusCode::OK, false, None).await
}

async fn show_enrolment(
    app: &App,
    call: &Call,
    session: &Session,
    status: StatusCode,
    wrong: bool,
    wait: Option<u64>,
) -> Result<Response<Body>, Problem> {
    let user = session.user.id;
    let factor = app.accounts(move |accounts| accounts.second_factor(user)).await?;
    // The secret of a confirmed one is never shown again.
    let secret = factor.filter(|factor| !factor.confirmed).map(|factor| factor.secret);
    let enrolment = secret.and_then(|secret| second_factor::enrolment(&secret, &session.user.name));
    let words = AccountWords::of(call.language);
    let layout = Layout::new(call, words.enrol, "/account");
    let needed = session.user.role.needs_second_factor();
    page(call, status, &EnrolmentPage { layout, words, enrolment, needed, wrong, wait })
}

/// `POST /enrolment`: with a code, to confirm; without one, to begin.
pub(crate) async fn enrol(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let session = session(&call)?;
    if session.stage == Stage::Code || session.user.second_factor {
        return Ok(redirect(next(session.stage)));
    }
    if call.form.get("begin")?.is_some() {
        let (user, secret) = (session.user.id, second_factor::new_secret());
        app.accounts(move |accounts| accounts.propose_second_factor(user, &secret)).await?;
        return Ok(redirect("/enrolment"));
    }
    match check(&app, &call, &session).await? {
        Code::Right => begin_session(&app, &call, &session.user, Stage::Full).await,
        Code::Wrong => show_enrolment(&app, &call, &session, StatusCode::UNAUTHORIZED, true, None).await,
        Code::Wait(seconds) => {
            show_enrolment(&app, &call, &session, StatusCode::TOO_MANY_REQUESTS, false, Some(seconds)).await
        }
    }
}
