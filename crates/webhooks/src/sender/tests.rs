//! What a receiver gets, and what becomes of its answer.

use std::net::SocketAddr;

use conversations_domain::{EventId, Timestamp, WebhookHeaders, WebhookSecret};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::*;

/// A receiver that answers this, and the requests that it gets.
async fn receiver(answer: &'static str) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (sender, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = vec![0; 4_096];
            let mut read = 0;
            while !bytes[..read].ends_with(b"{}") {
                read += stream.read(&mut bytes[read..]).await.expect("a request");
            }
            let _ = sender.send(String::from_utf8_lossy(&bytes[..read]).into_owned());
            stream.write_all(answer.as_bytes()).await.expect("written");
        }
    });
    (address, requests)
}

fn request(url: &str) -> WebhookRequest {
    let headers = [("x-token".to_owned(), "secret".to_owned())];
    WebhookRequest {
        url: url.parse().expect("a URL"),
        headers: WebhookHeaders::new(headers).expect("headers"),
        secrets: vec![WebhookSecret::from_bytes([1; 32]), WebhookSecret::from_bytes([2; 32])],
        id: EventId::from_uuid(Uuid::from_u128(7)),
        timestamp: Timestamp::from_unix_millis(1_795_975_561_999).expect("a time"),
        body: b"{}".to_vec(),
    }
}

fn settings() -> SenderSettings {
    SenderSettings {
        allowed_networks: vec!["127.0.0.0/8".parse().expect("a network")],
        allow_http: true,
        ..SenderSettings::default()
    }
}

async fn send(answer: &'static str) -> WebhookAttempt {
    let (address, _requests) = receiver(answer).await;
    HttpWebhookSender::new(&settings()).send(request(&format!("http://{address}/"))).await
}

#[tokio::test]
async fn a_request_is_signed_with_each_secret() {
    let (address, mut requests) = receiver("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let sender = HttpWebhookSender::new(&settings());

    let attempt = sender.send(request(&format!("http://{address}/hook?a=b"))).await;

    assert_eq!((attempt.status_code, attempt.error), (Some(200), None));
    let sent = requests.recv().await.expect("a request");
    let (head, body) = sent.split_once("\r\n\r\n").expect("a head and a body");
    let id = "00000000-0000-0000-0000-000000000007";
    let signature = signatures([[1; 32].as_slice(), &[2; 32]], id, 1_795_975_561, b"{}");
    assert_eq!(body, "{}");
    for line in [
        "POST /hook?a=b HTTP/1.1".to_owned(),
        format!("host: {address}"),
        format!("user-agent: {AGENT}"),
        "x-token: secret".to_owned(),
        "content-type: application/json".to_owned(),
        "content-length: 2".to_owned(),
        format!("webhook-id: {id}"),
        "webhook-timestamp: 1795975561".to_owned(),
        format!("webhook-signature: {signature}"),
    ] {
        assert!(head.lines().any(|sent| sent == line), "{line:?} is not in {head}");
    }
    assert_eq!(head.lines().count(), 9, "{head}");
}

#[tokio::test]
async fn the_owner_of_a_webhook_may_name_another_agent() {
    let (address, mut requests) = receiver("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let headers = WebhookHeaders::new([("User-Agent".to_owned(), "Shop/1".to_owned())]);
    let request = request(&format!("http://{address}/"));
    let request = WebhookRequest { headers: headers.expect("headers"), ..request };

    HttpWebhookSender::new(&settings()).send(request).await;

    let sent = requests.recv().await.expect("a request");
    let agents: Vec<_> = sent.lines().filter(|line| line.starts_with("user-agent")).collect();
    assert_eq!(agents, ["user-agent: Shop/1"]);
}

#[tokio::test]
async fn the_answer_decides() {
    for (answer, code, error, seconds) in [
        ("HTTP/1.1 299 Fine\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n", 299, None, None),
        (
            "HTTP/1.1 308 Moved\r\ncontent-length: 0\r\n\r\n",
            308,
            Some(DeliveryError::Redirect),
            None,
        ),
        ("HTTP/1.1 304 Same\r\n\r\n", 304, Some(DeliveryError::Status), None),
        ("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n", 410, Some(DeliveryError::Status), None),
        (
            "HTTP/1.1 429 Slow\r\nretry-after: 9999999\r\ncontent-length: 0\r\n\r\n",
            429,
            Some(DeliveryError::Status),
            Some(3_600),
        ),
        (
            "HTTP/1.1 503 Busy\r\nretry-after: Sun, 29 Nov 2026 18:06:31 GMT\r\ncontent-length: 0\r\n\r\n",
            503,
            Some(DeliveryError::Status),
            Some(30),
        ),
        (
            "HTTP/1.1 500 Oops\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n",
            500,
            Some(DeliveryError::Status),
            None,
        ),
    ] {
        let attempt = send(answer).await;

        assert_eq!((attempt.status_code, attempt.error), (Some(code), error));
        assert_eq!(attempt.retry_after, seconds.map(Duration::from_secs), "{answer}");
    }
    assert_eq!(send("nonsense\r\n\r\n").await.error, Some(DeliveryError::Protocol));
}

#[tokio::test]
async fn settings_hold_for_stored_webhooks() {
    let (address, mut requests) = receiver("HTTP/1.1 200 OK\r\n\r\n").await;
    let without_http = SenderSettings { allow_http: false, ..settings() };
    let without_network = SenderSettings { allowed_networks: Vec::new(), ..settings() };

    for settings in [without_http, without_network] {
        let sender = HttpWebhookSender::new(&settings);
        let attempt = sender.send(request(&format!("http://{address}/"))).await;
        assert_eq!(attempt.error, Some(DeliveryError::Blocked));
    }
    assert!(requests.try_recv().is_err(), "nothing was sent");
}

#[test]
fn addresses_are_checked_as_they_are_written() {
    let check = |settings: &SenderSettings, url: &str| {
        AllowedAddresses::new(settings).check(&url.parse().expect("a URL"))
    };
    let (usual, widened) = (SenderSettings::default(), settings());

    for url in ["https://example.com/", "https://1.1.1.1:8443/", "https://[2606:4700::1]/"] {
        assert_eq!(check(&usual, url), Ok(()), "{url}");
    }
    assert_eq!(check(&usual, "http://example.com/"), Err(RefusedAddress::NotHttps));
    for url in [
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://127.0.0.1./",
        "https://①②⑦.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
    ] {
        assert_eq!(check(&usual, url), Err(RefusedAddress::ForbiddenNetwork), "{url}");
    }
    for url in ["https://localhost/", "https://LOCALHOST./", "https://a.localhost/"] {
        assert_eq!(check(&usual, url), Err(RefusedAddress::LocalName), "{url}");
    }
    for url in ["http://127.0.0.1:1/", "http://localhost:1/", "http://example.com/"] {
        assert_eq!(check(&widened, url), Ok(()), "{url}");
    }
    assert_eq!(check(&widened, "http://10.0.0.1/"), Err(RefusedAddress::ForbiddenNetwork));
}
