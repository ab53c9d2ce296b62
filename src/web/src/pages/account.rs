//! A user's own settings.

use askama::Template;
use axum::body::Body;
use hyper::{Response, StatusCode};

use super::{Layout, page, redirect};
use crate::app::App;
use crate::guard::Call;
use crate::problem::Problem;
use crate::words::Language;
use crate::words::account::AccountWords;
use crate::words::layout::LayoutWords;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    layout: Layout,
    words: &'static AccountWords,
    second_factor: bool,
    languages: Vec<Choice>,
}

struct Choice {
    code: &'static str,
    name: &'static str,
    chosen: bool,
}

/// `GET /account`.
#[expect(clippy::unused_async, reason = "as all handlers are")]
pub(crate) async fn show(_app: App, call: Call) -> Result<Response<Body>, Problem> {
    let words = AccountWords::of(call.language);
    let choice = |language: Language| Choice {
        code: language.code(),
        name: language.name(),
        chosen: language == call.language,
    };
    let account = AccountPage {
        layout: Layout::new(&call, LayoutWords::of(call.language).account, "/account"),
        words,
        second_factor: call.session().is_some_and(|session| session.user.second_factor),
        languages: Language::ALL.into_iter().map(choice).collect(),
    };
    page(&call, StatusCode::OK, &account)
}

/// `POST /account/language`.
pub(crate) async fn language(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let chosen = call.form.get("language")?.and_then(Language::from_code);
    let language = chosen.ok_or_else(|| Problem::invalid("a language is en, de, nl or fr"))?;
    let user = call.session().map(|session| session.user.id).ok_or_else(Problem::unauthorized)?;
    app.accounts(move |accounts| accounts.set_language(user, language.code())).await?;
    Ok(redirect("/account"))
}
