//! Refusals and failures: RFC 9457 for programs, a page for people. Their texts are fixed; nothing of a request is in them.

use std::borrow::Cow;

use axum::body::Body;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// Why a request is not answered as asked.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    /// What to do; a fixed text, but for numbers.
    pub(crate) detail: Cow<'static, str>,
    /// Seconds.
    pub(crate) retry_after: Option<u64>,
}

/// What programs get.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// `about:blank`: the status says it all.
    #[schema(example = "about:blank")]
    pub(crate) r#type: &'static str,
    /// The status in words.
    pub(crate) title: &'a str,
    /// HTTP's.
    pub(crate) status: u16,
    /// What to do.
    pub(crate) detail: &'a str,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem { status, detail: detail.into(), retry_after: None }
    }

    pub(crate) fn invalid(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(crate) fn not_found() -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "there is nothing of this name")
    }

    pub(crate) fn forbidden(detail: &'static str) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, detail)
    }

    /// For programs; a browser is led to the sign-in instead.
    pub(crate) fn unauthorized() -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "sign in, or send a key as Authorization: Bearer")
    }

    pub(crate) fn busy() -> Problem {
        let detail = "more is going on than can be answered in time; try again";
        Problem { retry_after: Some(1), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }

    /// The log has what went wrong; whoever asked can do nothing about it.
    pub(crate) fn internal() -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "this failed; the daemon's log says why")
    }

    pub(crate) fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }

    /// As `application/problem+json`.
    pub(crate) fn json(&self) -> Response<Body> {
        let body = ProblemBody {
            r#type: "about:blank",
            title: self.title(),
            status: self.status.as_u16(),
            detail: &self.detail,
        };
        let text = serde_json::to_vec(&body).expect("texts and a number");
        let mut response = Response::new(Body::from(text));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        self.finish(response)
    }

    /// Status and headers on a response that says the same.
    pub(crate) fn finish(&self, mut response: Response<Body>) -> Response<Body> {
        *response.status_mut() = self.status;
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
