//! The HTTP side of leads: signing in, REST for programs, the dashboard for people.
//!
//! # The way of a request
//!
//! ```text
//! connection --> server     bounded in bytes and time, on a thread of its own; TLS where there is a certificate
//!   -> routes    the host, then the way it came (`transport`): HTTPS, or this machine alone
//!   -> guard     who asks (`auth`), whether that may be, where a change comes from, its form's token, its body (`input`)
//!   -> rest      JSON in and out; what is wrong is a `problem`
//!      page_views what the page script sends to its site's own host, with what `visitor` read of the head
//!      pages     forms in, HTML out, in the languages of `words`, with the files of `assets`
//!   -> nameplate_leads::Leads
//! ```
//!
//! [`WebServer::start`] is the way in; `routes` has the one table of all that can be asked for. What the command line does with users and
//! keys is in [`users`].
//!
//! # Privacy
//!
//! Nothing of a request is logged, and no error quotes one. A visitor's address is in the body of a visit, and a client's in what proxies
//! write into the head: both are in buffers that end with the reply, and that the daemon's allocator overwrites then. What counts failed
//! sign-ins knows networks by a hash under a key of this process, in memory alone.

mod app;
mod assets;
mod auth;
mod config;
mod guard;
mod input;
mod page_views;
mod pages;
mod problem;
mod proof;
mod rest;
mod routes;
mod server;
#[cfg(test)]
mod tests;
mod tls;
mod transport;
pub mod users;
mod visitor;
mod words;

pub use auth::password::{LONGEST_PASSWORD, PasswordError, SHORTEST_PASSWORD};
pub use config::{InvalidWeb, Listen, ProxyNetwork, SessionsConfig, TlsConfig, WebConfig, WebLimits};
pub use rest::openapi::openapi_json;
pub use server::{Listener, WebError, WebServer};
pub use tls::TlsError;
