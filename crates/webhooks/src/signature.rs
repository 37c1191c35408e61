//! Signatures of Standard Webhooks 1.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The signatures of a request, one per secret, with blanks between: a receiver accepts any of them. So
/// a secret can be replaced while requests are sent.
///
/// Two blanks, or a header line per signature, are valid too, but some receivers refuse them.
pub(crate) fn signatures<'a>(
    secrets: impl IntoIterator<Item = &'a [u8]>,
    id: &str,
    timestamp: i64,
    body: &[u8],
) -> String {
    let signatures = secrets.into_iter().filter_map(|secret| sign(secret, id, timestamp, body));
    signatures.collect::<Vec<_>>().join(" ")
}

/// `None` cannot happen: HMAC accepts keys of every length.
fn sign(secret: &[u8], id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn signs_the_example_of_the_specification() {
        let secret = STANDARD.decode(SECRET).expect("base64");

        assert_eq!(signatures([secret.as_slice()], ID, 1_614_265_330, BODY), SIGNATURE);
    }

    #[test]
    fn every_secret_signs() {
        let secret = STANDARD.decode(SECRET).expect("base64");

        let both = signatures([b"another".as_slice(), &secret], ID, 1_614_265_330, BODY);

        let (other, known) = both.split_once(' ').expect("two signatures");
        assert_eq!(known, SIGNATURE);
        assert!(other.starts_with("v1,") && other != known, "{other}");
    }
}
