//! Mail to one recipient, in plain text, through the configured server: made and spoken by lettre, over a connection of
//! ours, which goes to an address that was checked and from which only so much is read.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::SystemTime;

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::config::{ConfigError, MailSecurity, MailServer, Targets};
use super::event::Event;
use super::http::{Client, Failure};
use super::plain_text::unlinked;
use crate::export::PERMITTED_USE;

/// Bytes that are read of a server in one conversation; a longer one fails.
const MOST_READ: usize = 256 * 1024;

/// Speaks to the mail server. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    client: Client,
    server: std::sync::Arc<MailServer>,
    /// For STARTTLS, within lettre; TLS from the first byte is the client's.
    tls: Option<TlsParameters>,
}

impl Mailer {
    /// A mailer for the configured server, or none if there is no server.
    pub fn new(client: &Client, targets: &Targets) -> Result<Option<Mailer>, ConfigError> {
        let Some(server) = &targets.mail else { return Ok(None) };
        let problem = |error: lettre::transport::smtp::Error| ConfigError::Mail(error.to_string());
        let tls = match server.security {
            MailSecurity::Starttls => {
                let mut parameters = TlsParameters::builder(bare(&server.host));
                if let Some(pem) = &targets.certificates {
                    parameters =
                        parameters.add_root_certificate(Certificate::from_pem(pem).map_err(problem)?);
                }
                Some(parameters.build_rustls().map_err(problem)?)
            }
            MailSecurity::Tls | MailSecurity::None => None,
        };
        Ok(Some(Mailer { client: client.clone(), server: server.clone(), tls }))
    }

    /// Sends `event` to `recipient`; `id` becomes the message's own, the same over all attempts.
    ///
    /// # Errors
    ///
    /// What went wrong; a refusal with a code of 500 to 599 is final. It takes at most the configured time.
    pub async fn send(&self, id: &str, event: &Event, recipient: &Address) -> Result<(), Failure> {
        let message = self.message(id, event, recipient)?;
        timeout(self.client.timeout(), self.converse(&message)).await.map_err(|_| Failure::Timeout)?
    }

    /// Sends a text of ours to `recipient`, once: what a person asked for and waits for.
    ///
    /// # Errors
    ///
    /// As [`Mailer::send`].
    pub async fn write(
        &self,
        id: &str,
        subject: &str,
        text: &str,
        recipient: &Address,
    ) -> Result<(), Failure> {
        let message = self.compose(id, recipient, subject.into(), text.replace('\n', "\r\n"))?;
        timeout(self.client.timeout(), self.converse(&message)).await.map_err(|_| Failure::Timeout)?
    }

    fn message(&self, id: &str, event: &Event, recipient: &Address) -> Result<Message, Failure> {
        self.compose(id, recipient, unlinked(&event.headline()), text(event))
    }

    fn compose(
        &self,
        id: &str,
        recipient: &Address,
        subject: String,
        body: String,
    ) -> Result<Message, Failure> {
        let from = &self.server.from;
        Message::builder()
            .from(Mailbox::new(Some("nameplate".into()), from.clone()))
            .to(Mailbox::new(None, recipient.clone()))
            .subject(subject)
            .message_id(Some(format!("<{id}@{}>", from.domain())))
            .date(SystemTime::now())
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(body)
            .map_err(|_| Failure::Message("as mail"))
    }

    async fn converse(&self, message: &Message) -> Result<(), Failure> {
        let hello = ClientId::Domain(self.server.from.domain().to_owned());
        let stream =
            timeout(self.client.connect_timeout(), self.connect()).await.map_err(|_| Failure::Timeout)??;
        let mut connection =
            AsyncSmtpConnection::connect_with_transport(stream, &hello).await.map_err(failure)?;
        if let Some(tls) = &self.tls {
            if !connection.can_starttls() {
                connection.abort().await;
                return Err(Failure::Tls("the mail server does not offer STARTTLS".into()));
            }
            connection.starttls(tls.clone(), &hello).await.map_err(|error| match failure(error) {
                // lettre does not say which of the two it was.
                Failure::Broken => {
                    Failure::Tls("the mail server's certificate is not trusted, or it ended it".into())
                }
                other => other,
            })?;
        }
        if let Some((user, password)) = &self.server.credentials {
            let credentials = Credentials::new(user.clone(), password.clone());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(failure)?;
        }
        connection.send(message.envelope(), &message.formatted()).await.map_err(failure)?;
        // Taken is taken, whatever the server says to a goodbye.
        let _ = connection.quit().await;
        Ok(())
    }

    async fn connect(&self) -> Result<Box<dyn AsyncTokioStream>, Failure> {
        let MailServer { host, port, security, .. } = &*self.server;
        if *security == MailSecurity::Tls {
            let stream = self.client.connect_tls(host, *port).await?;
            let peer = stream.get_ref().0.peer_addr().map_err(|error| Failure::Connect(error.kind()))?;
            return Ok(Box::new(Bounded { stream, peer, left: MOST_READ }));
        }
        let stream: TcpStream = self.client.connect(host, *port).await?;
        let peer = stream.peer_addr().map_err(|error| Failure::Connect(error.kind()))?;
        Ok(Box::new(Bounded { stream, peer, left: MOST_READ }))
    }
}

/// A host as certificates have it, without the brackets of an IPv6 address.
fn bare(host: &url::Host<String>) -> String {
    match host {
        url::Host::Domain(name) => name.trim_end_matches('.').to_owned(),
        url::Host::Ipv4(address) => address.to_string(),
        url::Host::Ipv6(address) => address.to_string(),
    }
}

fn text(event: &Event) -> String {
    let mut text = unlinked(&event.headline());
    text.push_str("\r\n\r\n");
    for (name, value) in event.facts() {
        text.extend([name, ": ", &unlinked(&value), "\r\n"]);
    }
    text.push_str("\r\n");
    text.push_str(PERMITTED_USE);
    text.push_str("\r\n");
    text
}

/// By value, as `map_err` gives it.
#[allow(clippy::needless_pass_by_value)]
fn failure(error: lettre::transport::smtp::Error) -> Failure {
    if let Some(code) = error.status() {
        return Failure::Mail { code: Some(code.into()), forever: error.is_permanent() };
    }
    if error.is_timeout() {
        Failure::Timeout
    } else if error.is_tls() {
        Failure::Tls("the mail server's certificate is not valid".into())
    } else if error.is_client() {
        // Nothing that the server offers: no sign-in of the two kinds, no UTF-8 addresses.
        Failure::Mail { code: None, forever: false }
    } else {
        Failure::Broken
    }
}

/// No robot answers it (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

/// A connection of which only so much is read: a server that talks without end fills no memory.
struct Bounded<S> {
    stream: S,
    peer: SocketAddr,
    left: usize,
}

impl<S> fmt::Debug for Bounded<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Bounded")
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> AsyncTokioStream for Bounded<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other("the server says too much")));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.left = self.left.saturating_sub(buffer.filled().len() - before);
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
#[path = "mail_tests.rs"]
mod tests;
