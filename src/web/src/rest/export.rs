//! Exports of many companies: streamed, so that memory does not grow with them.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::Response;
use hyper::body::Frame;
use hyper::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use nameplate_leads::export::{write_csv, write_ndjson};
use nameplate_leads::model::{Lead, LeadsPage, LeadsQuery};
use nameplate_leads::{Leads, LeadsError, now};
use tokio::sync::mpsc;
use tracing::warn;

use super::leads_query;
use crate::app::App;
use crate::guard::Call;
use crate::problem::{Problem, ProblemBody};

/// Companies that are read from the store at once.
const PAGE: u32 = 500;

/// Bytes that are sent at once, and how many of these wait for a client.
const CHUNK: usize = 32 << 10;
const CHUNKS: usize = 4;

/// Exports companies as CSV.
///
/// A row for each, with sources, dates, confidence and what may be done with it; formula characters are defused.
#[utoipa::path(
    get, path = "/v1/export.csv", tag = "export",
    params(
        ("site" = Option<Vec<String>>, Query, description = "Only of these sites, by name"),
        ("from" = Option<String>, Query, description = "First day, in UTC", format = "date"),
        ("to" = Option<String>, Query, description = "Last day", format = "date"),
        ("search" = Option<String>, Query, description = "Part of a name or domain"),
        ("filter" = Option<String>, Query, description = "A condition in JSON"),
        ("segment" = Option<String>, Query, description = "Only of this stored segment"),
        ("sort" = Option<nameplate_leads::model::Sort>, Query, description = "The order"),
        ("ascending" = Option<bool>, Query, description = "From the end of the order backwards"),
    ),
    responses(
        (status = 200, description = "The companies", body = String, content_type = "text/csv"),
        (status = "default", description = "Not answered", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["export"])),
)]
pub(crate) async fn csv(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let write = |leads: Rows, out: Out| write_csv(leads, out).map(drop).map_err(|error| error.to_string());
    stream(app, call, "text/csv; charset=utf-8", "attachment; filename=\"companies.csv\"", write).await
}

/// Exports companies as NDJSON.
///
/// A line of JSON for each, with its provenance.
#[utoipa::path(
    get, path = "/v1/export.ndjson", tag = "export",
    params(
        ("site" = Option<Vec<String>>, Query, description = "Only of these sites, by name"),
        ("from" = Option<String>, Query, description = "First day, in UTC", format = "date"),
        ("to" = Option<String>, Query, description = "Last day", format = "date"),
        ("search" = Option<String>, Query, description = "Part of a name or domain"),
        ("filter" = Option<String>, Query, description = "A condition in JSON"),
        ("segment" = Option<String>, Query, description = "Only of this stored segment"),
        ("sort" = Option<nameplate_leads::model::Sort>, Query, description = "The order"),
        ("ascending" = Option<bool>, Query, description = "From the end of the order backwards"),
    ),
    responses(
        (status = 200, description = "The companies", body = String, content_type = "application/x-ndjson"),
        (status = "default", description = "Not answered", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
    security(("key" = ["export"])),
)]
pub(crate) async fn ndjson(app: App, call: Call) -> Result<Response<Body>, Problem> {
    let write = |leads: Rows, out: Out| write_ndjson(leads, out).map(drop).map_err(|error| error.to_string());
    stream(app, call, "application/x-ndjson", "attachment; filename=\"companies.ndjson\"", write).await
}

async fn stream(
    app: App,
    call: Call,
    kind: &'static str,
    disposition: &'static str,
    write: fn(Rows, Out) -> Result<(), String>,
) -> Result<Response<Body>, Problem> {
    let query = leads_query(&call.query, &[])?;
    if query.cursor.is_some() || query.limit.is_some() {
        return Err(Problem::invalid("an export has all companies: no cursor, no limit"));
    }
    let place = app.export_place()?;
    let query = LeadsQuery { limit: Some(PAGE), ..query };
    let (actor, asked, first_query) = (call.actor(), sorted_question(&call), query.clone());
    // What is wrong with the question is said before anything is sent.
    let first = app
        .work(move |leads| {
            let first = leads.store().leads(&first_query, leads.formula(), now())?;
            leads.store().audit(now(), &actor, "export", kind, &asked)?;
            Ok(first)
        })
        .await?;
    let (chunks, receiver) = mpsc::channel(CHUNKS);
    let leads = app.shared_leads();
    tokio::task::spawn_blocking(move || {
        let failures = chunks.clone();
        let out = Out { chunks, chunk: Vec::with_capacity(CHUNK) };
        if write(Rows { leads, query, page: first, next: 0 }, out).is_err() && !failures.is_closed() {
            warn!("an export failed and was cut off");
            // The connection is cut, so that nobody takes a part for the whole.
            let _ = failures.blocking_send(Err(io::ErrorKind::Other.into()));
        }
        drop(place);
    });
    let mut response = Response::new(Body::new(Chunks(receiver)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    Ok(response)
}

/// What was asked for, for the audit log: which filters, and not their values.
fn sorted_question(call: &Call) -> String {
    let names = ["site", "from", "to", "search", "filter", "segment"];
    let used: Vec<&str> = names.into_iter().filter(|name| call.query.all(name).next().is_some()).collect();
    used.join(" ")
}

/// The companies, a page in memory at a time.
struct Rows {
    leads: std::sync::Arc<Leads>,
    query: LeadsQuery,
    page: LeadsPage,
    next: usize,
}

impl Iterator for Rows {
    type Item = Result<Lead, LeadsError>;

    fn next(&mut self) -> Option<Result<Lead, LeadsError>> {
        loop {
            if let Some(lead) = self.page.companies.get(self.next) {
                self.next += 1;
                return Some(Ok(lead.clone()));
            }
            self.query.cursor = Some(self.page.cursor.take()?);
            match self.leads.store().leads(&self.query, self.leads.formula(), now()) {
                Ok(page) => (self.page, self.next) = (page, 0),
                Err(error) => {
                    (self.page.companies, self.next) = (Vec::new(), 0);
                    return Some(Err(error.into()));
                }
            }
        }
    }
}

/// Collects bytes and sends them on; waits where the client does not read. Fails when it has gone.
struct Out {
    chunks: mpsc::Sender<io::Result<Bytes>>,
    chunk: Vec<u8>,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        if self.chunk.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        self.chunks.blocking_send(Ok(chunk.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// The other end of [`Out`], as a body.
struct Chunks(mpsc::Receiver<io::Result<Bytes>>);

impl hyper::body::Body for Chunks {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}
