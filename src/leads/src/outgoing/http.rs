//! One POST, to an address that was checked: the name is looked up once, what it has is held against the list, and the
//! connection goes to what was held against it. So a name that answers differently the second time gains nothing.
//!
//! No redirect is followed, no proxy asked, no connection kept, and of the response only the status counts: what a receiver
//! says beyond that is read up to a bound, so that it is not cut off while it talks, and thrown away.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CONNECTION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT,
};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;
use url::{Host, Url};

use super::config::{AllowList, ConfigError, Targets};

/// Bytes of a response's head; a longer one fails the attempt.
const LONGEST_HEAD: usize = 32 * 1024;
/// Bytes of a response's body that are read before the connection is closed.
const LONGEST_BODY: usize = 64 * 1024;
/// How long is read of a body. What it says changes nothing any more.
const BODY_TIMEOUT: Duration = Duration::from_secs(1);
/// Addresses of a name that are tried.
const MOST_ADDRESSES: usize = 4;

/// Why an attempt failed. Its text is kept with the delivery and shown: it quotes nothing of the receiver's, no address, no URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The list does not have the host.
    #[error("the host is not in leads.outgoing.allow")]
    Unlisted,
    /// The host has only addresses that are not of the public Internet and that no network on the list opens.
    #[error("the host's address is {0}, and no network in leads.outgoing.allow opens it")]
    Refused(&'static str),
    /// The name has no address.
    #[error("the host's name has no address")]
    Unknown,
    /// No connection.
    #[error("no connection: {0}")]
    Connect(io::ErrorKind),
    /// TLS failed: a certificate, mostly.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// The connection ended, or what came was no HTTP.
    #[error("the connection ended before there was an answer")]
    Broken,
    /// Another status than 200 to 299. The wait is what the receiver asked for.
    #[error("the receiver answered {status}")]
    Status {
        /// The status.
        status: u16,
        /// `Retry-After`.
        wait: Option<Duration>,
    },
    /// A mail server's refusal.
    #[error("the mail server refused it{}", code.map(|code| format!(" with {code}")).unwrap_or_default())]
    Mail {
        /// Its code, if it gave one.
        code: Option<u16>,
        /// It says that it will never take it.
        forever: bool,
    },
    /// What was stored cannot be made a message of.
    #[error("the stored message cannot be sent: {0}")]
    Message(&'static str),
    /// The configuration has no such target any more.
    #[error("the configuration has no such target any more")]
    NoTarget,
}

impl Failure {
    /// Whether another attempt is pointless: the receiver said "gone", the mail server "never", or nothing can be sent.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Failure::Status { status: 410, .. } | Failure::Mail { forever: true, .. } | Failure::Message(_)
        )
    }

    /// What the receiver asked to wait.
    pub fn asked_wait(&self) -> Option<Duration> {
        match self {
            Failure::Status { wait, .. } => *wait,
            _ => None,
        }
    }

    /// The receiver's status, if it gave one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Failure::Status { status, .. } => Some(*status),
            Failure::Mail { code, .. } => *code,
            _ => None,
        }
    }
}

type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
/// Asks for a name's addresses.
pub(crate) type Resolver = Arc<dyn Fn(String) -> Found + Send + Sync>;

fn system_resolver() -> Resolver {
    Arc::new(|name| {
        Box::pin(async move {
            Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
        })
    })
}

/// Sends to what the list allows. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    allow: Arc<AllowList>,
    resolver: Resolver,
    tls: TlsConnector,
    connect_timeout: Duration,
    timeout: Duration,
}

impl Client {
    /// Reads the system's certificates and the configured ones.
    pub fn new(targets: &Targets) -> Result<Client, ConfigError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(pem) = &targets.certificates {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate =
                    certificate.map_err(|error| ConfigError::Certificates(error.to_string()))?;
                roots.add(certificate).map_err(|error| ConfigError::Certificates(error.to_string()))?;
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| ConfigError::Certificates(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Client {
            allow: Arc::new(targets.allow.clone()),
            resolver: system_resolver(),
            tls: TlsConnector::from(Arc::new(tls)),
            connect_timeout: targets.limits.connect_timeout,
            timeout: targets.limits.timeout,
        })
    }

    #[cfg(test)]
    pub(crate) fn with_resolver(mut self, resolver: Resolver) -> Client {
        self.resolver = resolver;
        self
    }

    /// How long all of an attempt may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How long a connection may take.
    pub(crate) fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// Sends `body` to `url` and returns the status' class: `Ok` for 200 to 299.
    ///
    /// # Errors
    ///
    /// Anything else, a redirect included. It takes at most the configured time.
    pub async fn post(
        &self,
        url: &Url,
        content_type: &'static str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<(), Failure> {
        let request = request(url, content_type, headers, body)?;
        let (status, head) =
            timeout(self.timeout, self.exchange(url, request)).await.map_err(|_| Failure::Timeout)??;
        if status.is_success() {
            return Ok(());
        }
        Err(Failure::Status { status: status.as_u16(), wait: retry_after(&head, SystemTime::now()) })
    }

    async fn exchange(
        &self,
        url: &Url,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, HeaderMap), Failure> {
        let host = url.host().ok_or(Failure::Unknown)?.to_owned();
        let port = url.port_or_known_default().ok_or(Failure::Unknown)?;
        if url.scheme() == "https" {
            let stream = timeout(self.connect_timeout, self.connect_tls(&host, port)).await;
            converse(stream.map_err(|_| Failure::Timeout)??, request).await
        } else {
            let stream = timeout(self.connect_timeout, self.connect(&host, port)).await;
            converse(stream.map_err(|_| Failure::Timeout)??, request).await
        }
    }

    pub(crate) async fn connect_tls(
        &self,
        host: &Host<String>,
        port: u16,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Failure> {
        let name = match host {
            Host::Domain(name) => {
                ServerName::try_from(name.trim_end_matches('.').to_owned()).map_err(|_| Failure::Unknown)?
            }
            Host::Ipv4(address) => ServerName::from(IpAddr::from(*address)),
            Host::Ipv6(address) => ServerName::from(IpAddr::from(*address)),
        };
        let stream = self.connect(host, port).await?;
        self.tls.connect(name, stream).await.map_err(|error| {
            // Of rustls' own errors alone: those of the system are said as such.
            match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(inner) => Failure::Tls(tls_text(inner)),
                None => Failure::Connect(error.kind()),
            }
        })
    }

    pub(crate) async fn connect(&self, host: &Host<String>, port: u16) -> Result<TcpStream, Failure> {
        let mut failure = Failure::Unknown;
        for address in self.addresses(host).await? {
            match TcpStream::connect(SocketAddr::new(address, port)).await {
                Ok(stream) => {
                    stream.set_nodelay(true).map_err(|error| Failure::Connect(error.kind()))?;
                    return Ok(stream);
                }
                Err(error) => failure = Failure::Connect(error.kind()),
            }
        }
        Err(failure)
    }

    /// The addresses of a host that may be connected to, at most four: looked up once, each held against the list.
    pub(crate) async fn addresses(&self, host: &Host<String>) -> Result<Vec<IpAddr>, Failure> {
        if !self.allow.has(host) {
            return Err(Failure::Unlisted);
        }
        let found = match host {
            Host::Ipv4(address) => vec![IpAddr::from(*address)],
            Host::Ipv6(address) => vec![IpAddr::from(*address)],
            Host::Domain(name) => (self.resolver)(name.clone()).await.map_err(|_| Failure::Unknown)?,
        };
        let mut refused = None;
        let mut open = Vec::new();
        for address in found {
            match self.allow.refuses(address) {
                Some(what) => refused = Some(what),
                None if open.len() < MOST_ADDRESSES && !open.contains(&address) => open.push(address),
                None => {}
            }
        }
        match (open.is_empty(), refused) {
            (false, _) => Ok(open),
            (true, Some(what)) => Err(Failure::Refused(what)),
            (true, None) => Err(Failure::Unknown),
        }
    }
}

/// The error without what the peer's certificate says of itself, which is the peer's text.
fn tls_text(error: &rustls::Error) -> String {
    use rustls::{CertificateError, Error};
    match error {
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "the certificate has expired".into()
        }
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "nobody trusted has signed the certificate".into()
        }
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "the certificate is of another host".into(),
        Error::InvalidCertificate(_) => "the certificate is not valid".into(),
        Error::AlertReceived(_) => "the receiver ended it".into(),
        _ => "the receiver speaks it otherwise".into(),
    }
}

fn request(
    url: &Url,
    content_type: &'static str,
    headers: &[(&'static str, String)],
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, Failure> {
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => return Err(Failure::Unknown),
    };
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = Request::post(target)
        .header(HOST, host)
        .header(USER_AGENT, concat!("nameplate/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, content_type)
        .header(CONNECTION, "close");
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).map_err(|_| Failure::Message("a header's value"))?;
        request = request.header(HeaderName::from_static(name), value);
    }
    request.body(Full::new(Bytes::from(body))).map_err(|_| Failure::Message("its URL"))
}

async fn converse<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(StatusCode, HeaderMap), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(LONGEST_HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| Failure::Broken)?;
    // Ended with this function, whatever the receiver still says.
    let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
    let response = sender.send_request(request).await.map_err(|_| Failure::Broken)?;
    let (head, body) = response.into_parts();
    // A receiver that is cut off while it answers may take the request for failed.
    let _ = timeout(BODY_TIMEOUT, drain(body)).await;
    Ok((head.status, head.headers))
}

async fn drain(mut body: Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > LONGEST_BODY {
            return;
        }
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(head: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = head.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    httpdate::parse_http_date(text).ok()?.duration_since(now).ok()
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
