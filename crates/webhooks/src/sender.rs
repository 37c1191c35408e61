//! The port that sends deliveries, and the check of the addresses that they are sent to.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use conversations_application::ports::{
    RefusedAddress, WebhookAddressCheck, WebhookAttempt, WebhookRequest, WebhookSender,
};
use conversations_domain::{DeliveryError, WebhookUrl};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, StatusCode, Uri};
use ipnet::IpNet;
use url::{Host, Url};

use crate::connector::{ConnectError, GuardedConnector, SystemResolver};
use crate::guard::AddressGuard;
use crate::retry_after::retry_after;
use crate::signature::signatures;
use crate::tls::Tls;
use crate::transport::{Answer, NoAnswer, Transport};

/// How receivers see this service in their logs.
const AGENT: &str = concat!("Conversations/", env!("CARGO_PKG_VERSION"));

/// How and where to send.
#[derive(Debug, Clone)]
pub struct SenderSettings {
    /// How long a receiver may take to answer.
    pub timeout: Duration,
    /// Networks of which addresses are allowed although they are not part of the public internet.
    pub allowed_networks: Vec<IpNet>,
    /// Whether `http` is allowed.
    pub allow_http: bool,
}

/// Sends deliveries over HTTP.
#[derive(Clone)]
pub struct HttpWebhookSender {
    transport: Transport,
    addresses: AllowedAddresses,
}

/// Checks the addresses of webhooks.
#[derive(Debug, Clone)]
pub struct AllowedAddresses {
    guard: AddressGuard,
    allow_http: bool,
}

impl Default for SenderSettings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), allowed_networks: Vec::new(), allow_http: false }
    }
}

impl AllowedAddresses {
    /// The addresses that these settings allow.
    #[must_use]
    pub fn new(settings: &SenderSettings) -> Self {
        let SenderSettings { timeout: _, allowed_networks, allow_http } = settings;
        Self { guard: AddressGuard::allowing(allowed_networks), allow_http: *allow_http }
    }

    fn check_url(&self, url: &Url) -> Result<(), RefusedAddress> {
        if url.scheme() != "https" && !self.allow_http {
            return Err(RefusedAddress::NotHttps);
        }
        let literal: IpAddr = match url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            Some(Host::Domain(name)) if is_local_name(name) => {
                let permits = self.guard.permits(Ipv4Addr::LOCALHOST.into());
                return if permits { Ok(()) } else { Err(RefusedAddress::LocalName) };
            }
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(RefusedAddress::NotHttps),
        };
        if self.guard.permits(literal) { Ok(()) } else { Err(RefusedAddress::ForbiddenNetwork) }
    }
}

impl WebhookAddressCheck for AllowedAddresses {
    fn check(&self, url: &WebhookUrl) -> Result<(), RefusedAddress> {
        match Url::parse(url.as_str()) {
            Ok(url) => self.check_url(&url),
            // It was parsed by the same library before.
            Err(_) => Err(RefusedAddress::NotHttps),
        }
    }
}

/// Whether every machine takes this name for itself.
fn is_local_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

impl HttpWebhookSender {
    /// A sender with these settings.
    #[must_use]
    pub fn new(settings: &SenderSettings) -> Self {
        let addresses = AllowedAddresses::new(settings);
        let (resolver, tls) = (Box::new(SystemResolver), Tls::default());
        let connector = GuardedConnector::new(addresses.guard.clone(), resolver, tls);
        Self { transport: Transport::new(connector, settings.timeout), addresses }
    }

    async fn answer(&self, request: WebhookRequest) -> Result<Answer, NoAnswer> {
        let WebhookRequest { url, headers, secrets, id, timestamp, body } = request;
        let url = Url::parse(url.as_str()).map_err(|_| NoAnswer::Protocol)?;
        // The settings may have changed since the webhook was created. Addresses that are not literal
        // are checked when they are resolved.
        if self.addresses.check_url(&url).is_err() {
            return Err(NoAnswer::Connection(ConnectError::Blocked));
        }
        let uri: Uri = url.as_str().parse().map_err(|_| NoAnswer::Protocol)?;
        let id = id.to_string();
        let seconds = timestamp.as_unix_millis().div_euclid(1_000);
        let keys = secrets.iter().map(|secret| secret.key().as_slice());
        let signature = signatures(keys, &id, seconds, &body);
        let mut all = HeaderMap::new();
        all.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        for (name, value) in headers.expose_values() {
            let name: HeaderName = name.parse().map_err(|_| NoAnswer::Protocol)?;
            let mut value = HeaderValue::from_str(value).map_err(|_| NoAnswer::Protocol)?;
            value.set_sensitive(true);
            all.insert(name, value);
        }
        all.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [
            ("webhook-id", id),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", signature),
        ] {
            let value = HeaderValue::from_str(&value).map_err(|_| NoAnswer::Protocol)?;
            all.insert(HeaderName::from_static(name), value);
        }
        self.transport.post(uri, all, Bytes::from(body)).await
    }
}

#[async_trait]
impl WebhookSender for HttpWebhookSender {
    async fn send(&self, request: WebhookRequest) -> WebhookAttempt {
        let begun = Instant::now();
        let seconds = request.timestamp.as_unix_millis().div_euclid(1_000);
        let outcome = self.answer(request).await;
        let duration = begun.elapsed();
        match outcome {
            Ok(Answer { status, retry_after: asked }) => {
                let is_busy = matches!(
                    status,
                    StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
                );
                let asked = asked.filter(|_| is_busy);
                WebhookAttempt {
                    duration,
                    status_code: Some(status.as_u16()),
                    error: error_of(status),
                    retry_after: asked.and_then(|asked| retry_after(&asked, seconds)),
                }
            }
            Err(reason) => WebhookAttempt {
                duration,
                status_code: None,
                error: Some(error_without_answer(reason)),
                retry_after: None,
            },
        }
    }
}

fn error_of(status: StatusCode) -> Option<DeliveryError> {
    if status.is_success() {
        None
    } else if is_redirect(status) {
        Some(DeliveryError::Redirect)
    } else {
        Some(DeliveryError::Status)
    }
}

/// Whether it asks to send the request elsewhere. Other 3xx do not, such as 304.
fn is_redirect(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    )
}

fn error_without_answer(reason: NoAnswer) -> DeliveryError {
    match reason {
        NoAnswer::Connection(ConnectError::Dns) => DeliveryError::Dns,
        NoAnswer::Connection(ConnectError::Blocked) => DeliveryError::Blocked,
        NoAnswer::Connection(ConnectError::Connect) => DeliveryError::Connect,
        NoAnswer::Connection(ConnectError::Tls) => DeliveryError::Tls,
        NoAnswer::Connection(ConnectError::Timeout) | NoAnswer::Timeout => DeliveryError::Timeout,
        NoAnswer::Protocol => DeliveryError::Protocol,
    }
}

#[cfg(test)]
mod tests;
