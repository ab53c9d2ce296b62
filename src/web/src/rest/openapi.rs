//! The description of REST, made from the handlers; docs/openapi.json is the same, and a test holds them equal.

use axum::body::Body;
use hyper::{Response, StatusCode};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::app::App;
use crate::guard::Call;
use crate::problem::Problem;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "nameplate",
        description = "Which companies visited a site. Keys are made by `nameplate key add`; docs/WEB.md says who may do what.",
        license(name = "MIT OR Apache-2.0"),
    ),
    paths(
        super::visits::post,
        super::companies::list,
        super::companies::show,
        super::companies::change,
        super::companies::erase,
        super::companies::export,
        super::companies::filtered,
        super::export::csv,
        super::export::ndjson,
        super::visitors::export,
        super::visitors::erase,
        super::segments::list,
        super::segments::save,
        super::segments::remove,
        super::corrections::list,
        super::corrections::add,
        super::corrections::remove,
        super::objections::list,
        super::objections::add,
        super::objections::remove,
        super::deliveries::list,
        super::deliveries::resend,
        super::operation::audit,
        super::operation::purge,
    ),
    modifiers(&Keys),
)]
struct Description;

/// How programs say who they are.
struct Keys;

impl Modify for Keys {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A key; its scopes are in the requirement of each operation"))
            .build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// The description, as it is served and committed.
pub fn openapi_json() -> String {
    let mut text = Description::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// `GET /v1/openapi.json`.
#[expect(clippy::unused_async, reason = "as all handlers are")]
pub(crate) async fn document(_app: App, _call: Call) -> Result<Response<Body>, Problem> {
    let mut response = super::json(StatusCode::OK, &())?;
    *response.body_mut() = Body::from(openapi_json());
    Ok(response)
}
