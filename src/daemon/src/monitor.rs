//! Metrics and health over HTTP, on a Unix socket of their own.
//!
//! `GET /metrics` is what the daemon counts, in the text formats of Prometheus; `GET /health` whether it
//! serves. Both are made when they are asked for, from the counters that answering threads keep
//! anyway, so that nobody pays for metrics that nobody reads.
//!
//! Whoever may connect here cannot make the daemon hold much or wait: connections are few, each is for one
//! request, with a header of bounded size, and lives for a few seconds. Nothing that is sent here is
//! logged or given back.

mod metrics;
mod process;
mod text;

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::limits::{ACCEPT_PAUSE, MONITOR_CONNECTIONS, MONITOR_HEADER_BYTES, MONITOR_TIME};
use crate::state::State;
use metrics::Metrics;
use nameplate_leads::forget::{self, forgetting};

/// The task that answers.
pub(crate) struct MonitorTask {
    task: JoinHandle<()>,
    end: CancellationToken,
}

impl MonitorTask {
    /// Answers from now on. `draining` is cancelled when the daemon begins to end.
    pub(crate) fn start(
        listener: UnixListener,
        state: Arc<State>,
        draining: CancellationToken,
    ) -> MonitorTask {
        let end = CancellationToken::new();
        let task = tokio::spawn(serve(listener, state, draining, end.clone()));
        MonitorTask { task, end }
    }

    /// Stops answering.
    pub(crate) async fn end(self) {
        self.end.cancel();
        // That it has ended is all there is to know; a panic has been told already.
        let _ = self.task.await;
    }
}

/// Answers for metrics and health until `end` is cancelled. From when `draining` is, `/health` says that the
/// daemon is no longer to be asked.
///
/// Must be called in a tokio runtime with I/O and time.
pub async fn serve(
    listener: UnixListener,
    state: Arc<State>,
    draining: CancellationToken,
    end: CancellationToken,
) {
    let pages = Arc::new(Pages { metrics: Metrics::new(Arc::clone(&state)), state, draining });
    let mut connections = JoinSet::new();
    loop {
        // Beyond so many, clients wait in the kernel's queue until one of the others has its time.
        let room = connections.len() < MONITOR_CONNECTIONS;
        tokio::select! {
            biased;
            () = end.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if room => match accepted {
                Ok((stream, _)) => {
                    let served = converse(stream, Arc::clone(&pages));
                    connections.spawn(forgetting::<{ forget::HTTP }, _>(served));
                }
                // For want of descriptors or memory; the log has it from the socket that is there for clients.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
        }
    }
    connections.shutdown().await;
}

/// One request and its answer.
async fn converse(stream: UnixStream, pages: Arc<Pages>) {
    let answer = service_fn(|request: Request<_>| {
        let response = pages.answer(request.method(), request.uri().path(), request.headers());
        async { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        // Who has sent the request and will send no more wants the answer all the same.
        .half_close(true)
        .max_buf_size(MONITOR_HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), answer);
    // Clients hang up, send what is no HTTP, or nothing: their matter.
    let _ = tokio::time::timeout(MONITOR_TIME, connection).await;
}

/// What can be asked for.
struct Pages {
    metrics: Metrics,
    state: Arc<State>,
    draining: CancellationToken,
}

impl Pages {
    /// The answer. Of the request nothing but what is looked at here is kept or given back.
    fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response<Full<Bytes>> {
        let page = match path {
            "/metrics" => Pages::metrics,
            "/health" => Pages::health,
            _ => return plain(StatusCode::NOT_FOUND, "there are /metrics and /health\n"),
        };
        // hyper leaves out the body where it was asked by HEAD.
        if matches!(*method, Method::GET | Method::HEAD) {
            return page(self, headers);
        }
        let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        refused
    }

    fn metrics(&self, headers: &HeaderMap) -> Response<Full<Bytes>> {
        let openmetrics = self.metrics.openmetrics();
        if accepts_openmetrics(headers) {
            response(StatusCode::OK, text::OPENMETRICS, openmetrics)
        } else {
            response(StatusCode::OK, text::PLAIN, text::plain(&openmetrics))
        }
    }

    fn health(&self, _: &HeaderMap) -> Response<Full<Bytes>> {
        let (code, status) = if self.draining.is_cancelled() {
            (StatusCode::SERVICE_UNAVAILABLE, "draining")
        } else {
            (StatusCode::OK, "ok")
        };
        let snapshot = self.state.snapshot();
        let metadata = snapshot.metadata();
        // Numbers and fixed words: nothing to be escaped.
        let json = format!(
            "{{\"status\":\"{status}\",\"generation\":{},\"build_number\":{},\"created\":{}}}\n",
            snapshot.generation(),
            metadata.build_number(),
            metadata.created(),
        );
        response(code, "application/json", json)
    }
}

/// Whether OpenMetrics is among what the client can read. Prometheus says so in every request.
fn accepts_openmetrics(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|value| value.split(','))
        .filter_map(|range| range.split(';').next())
        .any(|name| name.trim().eq_ignore_ascii_case("application/openmetrics-text"))
}

fn plain(code: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    response(code, "text/plain; charset=utf-8", text)
}

fn response(code: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openmetrics_is_for_who_names_it() {
        for (accept, expected) in [
            ("application/openmetrics-text", true),
            ("text/plain;version=0.0.4, Application/OpenMetrics-Text; version=1.0.0;q=0.5", true),
            ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", false),
            ("application/openmetrics-textual", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(accepts_openmetrics(&headers), expected, "{accept}");
        }
        assert!(!accepts_openmetrics(&HeaderMap::new()));
    }
}
