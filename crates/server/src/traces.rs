//! Traces for OpenTelemetry: the span of each request is sent to a collector, by OTLP over HTTP. Only in
//! builds with the feature `otel`.
//!
//! The spans are those of the log, and hold what the log holds.

use std::time::Duration;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::middleware::Next;
use anyhow::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanKind, Status, TracerProvider};
use opentelemetry::{Key, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, Registry};

/// How long may be taken at the end to send what was not sent.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What follows the address of a collector.
const PATH: &str = "/v1/traces";

const SERVICE_NAME: Key = Key::from_static_str("service.name");

/// The line that each request leaves, which has its status.
const ANSWERED: &str = "answered";

/// Whatever makes traces of spans.
pub(crate) type SpanLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// What sends spans to a collector, until it is told to stop.
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends to the collector at this address, such as `http://127.0.0.1:4318`.
    ///
    /// # Errors
    /// When the address is none.
    pub(crate) fn to(endpoint: &str) -> anyhow::Result<Self> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}{PATH}", endpoint.trim_end_matches('/')))
            .build()
            .context("--otlp-endpoint (OTEL_EXPORTER_OTLP_ENDPOINT) is not valid")?;
        // What the variables of OpenTelemetry say goes before; without them the SDK says it is unknown.
        let detected = Resource::builder().build().get(&SERVICE_NAME).map(|name| name.to_string());
        let name = detected.filter(|name| !name.starts_with("unknown_service"));
        let resource = Resource::builder()
            .with_service_name(name.unwrap_or_else(|| "conversations".to_owned()))
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_batch_exporter(RequestSpanExporter(exporter))
            .build();
        Ok(Self(provider))
    }

    /// What has to see the spans.
    pub(crate) fn layer(&self) -> SpanLayer {
        let layer = tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("conversations"))
            // A span gets its parent once the request is looked at, and then must not have begun.
            .with_context_activation(false)
            .with_tracked_inactivity(false)
            .with_location(false)
            .with_threads(false)
            .with_target(false);
        Box::new(layer)
    }

    /// Sends what was not sent yet.
    pub(crate) fn stop(self) {
        if let Err(error) = self.0.shutdown_with_timeout(LAST_WORDS) {
            tracing::warn!(%error, "could not send all traces");
        }
    }
}

/// Makes the span of a request part of the trace of its caller, if the caller says so. To be wrapped by
/// what makes the span.
pub(crate) async fn continue_trace<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let caller = TraceContextPropagator::new().extract(&Headers(request.headers()));
    // It fails if tracing is off.
    let _untraced = Span::current().set_parent(caller);
    next.call(request).await
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(actix_web::http::header::HeaderName::as_str).collect()
    }
}

/// Sends spans by the names that OpenTelemetry has for requests.
#[derive(Debug)]
struct RequestSpanExporter<E>(E);

impl<E: opentelemetry_sdk::trace::SpanExporter> opentelemetry_sdk::trace::SpanExporter
    for RequestSpanExporter<E>
{
    fn export(
        &self,
        batch: Vec<SpanData>,
    ) -> impl std::future::Future<Output = OTelSdkResult> + Send {
        let sent = self.0.export(batch.into_iter().map(as_request).collect());
        async {
            let sent = sent.await;
            if let Err(error) = &sent {
                tracing::warn!(%error, "could not send traces");
            }
            sent
        }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

/// A span of ours, as one of a server that was asked something.
fn as_request(mut span: SpanData) -> SpanData {
    let (mut method, mut route) = (None, None);
    for attribute in &mut span.attributes {
        match attribute.key.as_str() {
            "method" => {
                attribute.key = Key::from_static_str("http.request.method");
                method = Some(attribute.value.to_string());
            }
            "route" => {
                attribute.key = Key::from_static_str("http.route");
                route = Some(attribute.value.to_string());
            }
            _ => {}
        }
    }
    let (Some(method), Some(route)) = (method, route) else { return span };
    span.name = format!("{method} {route}").into();
    span.span_kind = SpanKind::Server;
    let answered = span.events.events.iter().position(|event| event.name == ANSWERED);
    if let Some(place) = answered {
        let answered = span.events.events.remove(place);
        let status = answered.attributes.into_iter().find(|each| each.key.as_str() == "status");
        // Its value comes as the text of a number.
        let status = status.and_then(|status| status.value.to_string().parse::<i64>().ok());
        if let Some(status) = status {
            span.attributes.push(KeyValue::new("http.response.status_code", status));
            if status >= 500 {
                span.status = Status::error("");
            }
        }
    }
    span
}
