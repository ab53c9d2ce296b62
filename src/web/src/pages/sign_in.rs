//! Signing in and out.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::time::Instant;

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};
use nameplate_leads::now;
use nameplate_leads::store::{NewSession, Stage, User};

use super::{Layout, page, redirect, set_cookie};
use crate::app::App;
use crate::auth::limiter::{ACCOUNT, NETWORK};
use crate::auth::{password, second_factor, token::Token};
use crate::guard::{Call, Caller};
use crate::problem::Problem;
use crate::words::account::AccountWords;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    layout: Layout,
    words: &'static AccountWords,
    wrong: bool,
    wait: Option<u64>,
}

/// `GET /sign-in`.
#[expect(clippy::unused_async, reason = "as all handlers are")]
pub(crate) async fn form(_app: App, call: Call) -> Result<Response<Body>, Problem> {
    match call.session().map(|session| session.stage) {
        Some(stage) => Ok(redirect(next(stage))),
        None => show(&call, StatusCode::OK, false, None),
    }
}

fn show(call: &Call, status: StatusCode, wrong: bool, wait: Option<u64>) -> Result<Response<Body>, Problem> {
    let words = AccountWords::of(call.language);
    let layout = Layout::new(call, words.sign_in, "");
    let mut response = page(call, status, &SignInPage { layout, words, wrong, wait })?;
    if let Some(seconds) = wait {
        response.headers_mut().insert(hyper::header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// Where a user goes from a stage.
pub(crate) const fn next(stage: Stage) -> &'static str {
    match stage {
        Stage::Code => "/second-factor",
        Stage::Enrolment => "/enrolment",
        Stage::Full => "/",
    }
}

/// A name as the limiter has it: under a key of this process.
pub(crate) fn limited_name(kind: u8, name: &str) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEY.hash_one((kind, name))
}

/// `POST /sign-in`.
pub(crate) async fn enter(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let name = call.form.get("name")?.unwrap_or_default().to_owned();
    let sent = call.form.get("password")?.unwrap_or_default().to_owned();
    let (account, network) = (limited_name(0, &name), call.way.network);
    let limits = [(account, ACCOUNT), (network, NETWORK)];
    if let Err(wait) = app.limiter(|limiter| limiter.begin(Instant::now(), &limits)) {
        return show(&call, StatusCode::TOO_MANY_REQUESTS, false, Some(wait.as_secs() + 1));
    }
    let known = app.accounts(move |accounts| accounts.credentials(&name)).await?;
    let (user, hash) = known.unzip();
    let right = app.hash(move || password::verify(&sent, hash.as_deref())).await?;
    let (true, Some(user)) = (right, user) else {
        return show(&call, StatusCode::UNAUTHORIZED, true, None);
    };
    app.limiter(|limiter| limiter.succeed(&[network], &[account]));
    let stage = stage_after_password(&user);
    if stage == Stage::Enrolment {
        let (id, secret) = (user.id, second_factor::new_secret());
        app.accounts(move |accounts| accounts.propose_second_factor(id, &secret)).await?;
    }
    begin_session(&app, &call, &user, stage).await
}

fn stage_after_password(user: &User) -> Stage {
    match (user.second_factor, user.role.needs_second_factor()) {
        (true, _) => Stage::Code,
        (false, true) => Stage::Enrolment,
        (false, false) => Stage::Full,
    }
}

/// A new session in the place of the caller's, if there is one: a secret that was known before a sign-in is worth nothing after it.
pub(crate) async fn begin_session(
    app: &App,
    call: &Call,
    user: &User,
    stage: Stage,
) -> Result<Response<Body>, Problem> {
    let token = Token::random();
    let now = now();
    let ends = match (stage, call.session()) {
        (Stage::Full, _) => now + i64::from(app.config().sessions.hours) * 3_600_000,
        // Ten minutes for the code.
        _ => now + 600_000,
    };
    let session = NewSession { hash: token.hash(), user: user.id, stage, now, ends };
    let old = match &call.caller {
        Caller::User { token, .. } => Some(token.hash()),
        _ => None,
    };
    let name = user.name.clone();
    app.accounts(move |accounts| {
        accounts.add_session(session, old)?;
        if stage == Stage::Full { accounts.audit(now, &name, "sign_in", "", "") } else { Ok(()) }
    })
    .await?;
    let mut response = redirect(next(stage));
    set_cookie(&mut response, call, App::session_cookie(call.way), &token.text());
    set_cookie(&mut response, call, App::form_cookie(call.way), "");
    Ok(response)
}

/// `POST /sign-out`.
pub(crate) async fn leave(app: App, call: Call) -> Result<Response<Body>, Problem> {
    if let Caller::User { token, session } = &call.caller {
        let (hash, name) = (token.hash(), session.user.name.clone());
        app.accounts(move |accounts| {
            accounts.remove_session(hash)?;
            accounts.audit(now(), &name, "sign_out", "", "")
        })
        .await?;
    }
    let mut response = redirect("/sign-in");
    set_cookie(&mut response, &call, App::session_cookie(call.way), "");
    Ok(response)
}
