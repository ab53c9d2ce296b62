//! Page views, as the page script sends them to its site's own host, whose web server hands them on.
//!
//! No key is asked for: a page has none that would stay secret. Instead the host has to be a site's, `Origin` that host's own page
//! (`guard`), and the page's address one of the site. Anybody can still send page views from their own address, as they can by looking at pages.

use axum::body::Body;
use hyper::{Response, StatusCode};

use crate::app::App;
use crate::guard::{Call, host_name};
use crate::problem::Problem;

/// `POST /nameplate/v1/visits`. The reply is empty: what the daemon made of the address is not the page's to know.
pub(crate) async fn post(app: App, call: Call) -> Result<Response<Body>, Problem> {
    if !host_name(&call.visitor.host).is_some_and(|name| app.is_site(name)) {
        let detail = "this host is no site's; see hosts in [[leads.sites]]";
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail));
    }
    // A copy that can be overwritten; the other bytes are hyper's, and end with the connection.
    let mut bytes = Vec::from(call.body);
    let begun = call.visitor.begin(app.leads(), &mut bytes);
    let begun = begun.map_err(|error| Problem::invalid(error.to_string()))?;
    app.finish(begun).await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}
