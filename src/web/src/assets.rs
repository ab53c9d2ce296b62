//! Files that are compiled in. Each has the hash of its content in its name, so that browsers may keep it for ever and a new
//! program is never shown in an old style.

use std::sync::LazyLock;

use axum::body::Body;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue};
use hyper::{Response, StatusCode};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::guard::Call;
use crate::problem::Problem;
use crate::routes::RESOURCE_POLICY;

/// A file.
pub(crate) struct Asset {
    name: &'static str,
    extension: &'static str,
    kind: &'static str,
    content: &'static [u8],
}

/// The style of all pages.
pub(crate) static STYLE: LazyLock<Published> = LazyLock::new(|| Published::new(&ASSETS[0]));
/// The icon of all pages.
pub(crate) static ICON: LazyLock<Published> = LazyLock::new(|| Published::new(&ASSETS[1]));

/// What keeps the page of the latest page views up to date.
pub(crate) static LIVE: LazyLock<Published> = LazyLock::new(|| Published::new(&ASSETS[2]));

const ASSETS: [Asset; 3] = [
    Asset {
        name: "style",
        extension: "css",
        kind: "text/css; charset=utf-8",
        content: include_bytes!("../static/style.css"),
    },
    Asset {
        name: "icon",
        extension: "svg",
        kind: "image/svg+xml",
        content: include_bytes!("../static/icon.svg"),
    },
    Asset {
        name: "live",
        extension: "js",
        kind: "text/javascript; charset=utf-8",
        content: include_bytes!("../static/live.js"),
    },
];

/// A file with its name for browsers.
pub(crate) struct Published {
    asset: &'static Asset,
    file: String,
}

impl Published {
    fn new(asset: &'static Asset) -> Published {
        let hash = Sha256::digest(asset.content);
        let hash = u64::from_be_bytes(std::array::from_fn(|place| hash[place]));
        Published { asset, file: format!("{}.{hash:016x}.{}", asset.name, asset.extension) }
    }

    /// Its path.
    pub(crate) fn path(&self) -> String {
        format!("/static/{}", self.file)
    }
}

/// The page script. Its path stays, so it is kept for an hour, and then asked for by its hash.
const SCRIPT: &[u8] = include_bytes!("../script/n.min.js");

static SCRIPT_TAG: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = Sha256::digest(SCRIPT);
    let hash = u64::from_be_bytes(std::array::from_fn(|place| hash[place]));
    HeaderValue::from_str(&format!("\"{hash:016x}\"")).expect("digits")
});

/// `GET /n.js` and `GET /nameplate/n.js`. Pages of every host may load it: it sends to the host of the page alone.
#[expect(clippy::unused_async, reason = "as all handlers are")]
pub(crate) async fn script(_app: App, call: Call) -> Result<Response<Body>, Problem> {
    let known = call.visitor.known_tags.as_ref().is_some_and(|tags| *tags == *SCRIPT_TAG);
    let mut response = Response::new(if known { Body::empty() } else { Body::from(SCRIPT) });
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    headers.insert(ETAG, SCRIPT_TAG.clone());
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    Ok(response)
}

/// `GET /static/{file}`.
#[expect(clippy::unused_async, reason = "as all handlers are")]
pub(crate) async fn file(_app: App, call: Call) -> Result<Response<Body>, Problem> {
    let known = [&*STYLE, &*ICON, &*LIVE].into_iter().find(|published| published.file == call.id());
    let asset = known.ok_or_else(Problem::not_found)?.asset;
    let mut response = Response::new(Body::from(asset.content));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(CACHE_CONTROL, forever);
    Ok(response)
}
