//! What a request's head says of a visitor, for the routes that sites hand on: where it came from, and what the browser asks for.
//!
//! The address is read as `[leads.proxies]` says, and from the proxies of `[web]`; what a client wrote into the head itself is not believed
//! (`nameplate_leads::client_address`). It is overwritten with this struct, and the stack that it was read on
//! at once: these calls are deeper than what a turn of the connection overwrites.

use std::net::IpAddr;

use axum::extract::Request;
use hyper::header::{COOKIE, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, USER_AGENT};
use nameplate_leads::client_address::{self, client_address};
use nameplate_leads::forget::{VISITS, forget_stack};
use nameplate_leads::model::CompanyFacts;
use nameplate_leads::visit::{PageHead, VisitError, VisitorAddress};
use nameplate_leads::{Begun, Leads};

use crate::app::App;
use crate::guard::host_name;
use crate::transport::Peer;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FETCH_DESTINATION: HeaderName = HeaderName::from_static("sec-fetch-dest");
const PRIVACY_CONTROL: HeaderName = HeaderName::from_static("sec-gpc");

/// The cookie by which the page script remembers an objection.
const OBJECTION: &str = "np_objection";

/// What is known of who asks.
pub(crate) struct Visitor {
    /// None where it can't be told. In a box, so that the address itself is not moved.
    address: Option<Box<VisitorAddress>>,
    /// The host that was asked, with its port.
    pub(crate) host: String,
    /// The file that the browser has already.
    pub(crate) known_tags: Option<HeaderValue>,
    user_agent: Option<String>,
    privacy_control: bool,
    objection: bool,
    /// A person opens a page, and no script fetches it.
    navigates: bool,
}

impl Visitor {
    pub(crate) fn of(app: &App, request: &Request) -> Visitor {
        let address = address(app, request);
        forget_stack::<VISITS>();
        let headers = request.headers();
        Visitor {
            host: text(headers, &HOST).unwrap_or_default().to_owned(),
            address,
            known_tags: headers.get(IF_NONE_MATCH).cloned(),
            user_agent: text(headers, &USER_AGENT).map(str::to_owned),
            // Whatever it says beside a plain no is a yes.
            privacy_control: headers.get_all(PRIVACY_CONTROL).iter().any(|value| value != "0"),
            objection: objects(headers),
            navigates: headers.get(FETCH_DESTINATION).is_none_or(|destination| destination == "document"),
        }
    }

    /// Decides and looks up what a page of the site says; the JSON is overwritten.
    pub(crate) fn begin(&self, leads: &Leads, json: &mut [u8]) -> Result<Begun, VisitError> {
        let head = PageHead {
            host: host_name(&self.host).unwrap_or_default(),
            address: self.address.as_deref(),
            user_agent: self.user_agent.as_deref(),
            privacy_control: self.privacy_control,
            objection: self.objection,
        };
        let begun = leads.begin_page_view(json, &head);
        forget_stack::<VISITS>();
        begun
    }

    /// The company in whose network it is, for a page that a person opens: a site's script that fetched it would learn the company past the gate.
    pub(crate) fn company(&self, leads: &Leads) -> Option<CompanyFacts> {
        if !self.navigates {
            return None;
        }
        let company = leads.company_at(self.address.as_deref()?);
        forget_stack::<VISITS>();
        company
    }
}

/// A call of its own, so that all it leaves on the stack is below its caller, who overwrites it.
#[inline(never)]
fn address(app: &App, request: &Request) -> Option<Box<VisitorAddress>> {
    let headers = request.headers();
    let peer: Option<IpAddr> = match request.extensions().get::<Peer>() {
        Some(Peer::Address(address)) => Some(*address),
        Some(Peer::Unix) | None => None,
    };
    let found = client_address(
        app.visitor_proxies(),
        &client_address::Request {
            peer,
            x_forwarded_for: lines(headers, &FORWARDED_FOR),
            forwarded: lines(headers, &FORWARDED),
        },
    );
    found.address.map(|address| Box::new(VisitorAddress::new(address)))
}

/// A line that is no text would be skipped by its reader, and the one before it taken for the proxy's: it is an entry that can't be read.
fn lines<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("?")).collect()
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn objects(headers: &HeaderMap) -> bool {
    headers.get_all(COOKIE).iter().any(|line| {
        line.as_bytes().split(|byte| *byte == b';').any(|pair| {
            let pair = pair.trim_ascii();
            pair.strip_prefix(OBJECTION.as_bytes())
                .and_then(|rest| rest.strip_prefix(b"="))
                .is_some_and(|value| !matches!(value, b"" | b"0" | b"false"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objection_is_heard_among_other_cookies() {
        for (line, objected) in [
            ("np_objection=1", true),
            ("a=b; np_objection=yes ;c=d", true),
            ("np_objection=0", false),
            ("np_objection=", false),
            ("xnp_objection=1; np_objectionx=1", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(COOKIE, line.parse().unwrap())]);
            assert_eq!(objects(&headers), objected, "{line}");
        }
    }

    #[test]
    fn a_line_that_is_no_text_is_an_entry_that_cannot_be_read() {
        let mut headers = HeaderMap::new();
        headers.append(FORWARDED_FOR, "192.0.2.1".parse().unwrap());
        headers.append(FORWARDED_FOR, HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(lines(&headers, &FORWARDED_FOR), ["192.0.2.1", "?"]);
    }
}
