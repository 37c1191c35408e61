//! Secrets that sign deliveries (Standard Webhooks 1.0). They are stored as they are, because a signature
//! needs them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Timestamp;

/// The key of a signature: 32 random bytes, shown as `whsec_` and their base64.
///
/// It has no `Debug`, `Display` or `Serialize`: it is shown by [`WebhookSecret::expose_secret`] alone.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret([u8; 32]);

/// A secret and when it ends.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret {
    /// The secret.
    pub secret: WebhookSecret,
    /// When it stops signing; none for the current one.
    pub expires_at: Option<Timestamp>,
}

/// The secrets of a webhook, oldest first. At most [`SigningSecrets::MAX_VALID`] sign at the same time.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecrets(Vec<SigningSecret>);

/// As many secrets as allowed sign already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at most {max} secrets may sign at the same time", max = SigningSecrets::MAX_VALID)]
pub struct TooManySecrets;

impl WebhookSecret {
    /// What its text begins with.
    pub const PREFIX: &str = "whsec_";

    /// The secret with these random bytes.
    #[must_use]
    pub const fn from_bytes(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The bytes, as the key of HMAC-SHA256.
    #[must_use]
    pub const fn key(&self) -> &[u8; 32] {
        &self.0
    }

    /// The secret as text, for the one who verifies signatures.
    #[must_use]
    pub fn expose_secret(&self) -> String {
        format!("{}{}", Self::PREFIX, STANDARD.encode(self.0))
    }
}

impl SigningSecrets {
    /// The most secrets that sign at the same time.
    pub const MAX_VALID: usize = 3;
    /// The longest that a former secret may sign beside a new one.
    pub const MAX_OVERLAP: Duration = Duration::from_secs(7 * 24 * 60 * 60);
    /// How long it does by default.
    pub const USUAL_OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

    /// The secrets of a new webhook.
    #[must_use]
    pub fn new(secret: WebhookSecret) -> Self {
        Self(vec![SigningSecret { secret, expires_at: None }])
    }

    /// Makes the secrets from what was stored.
    #[must_use]
    pub fn restore(secrets: Vec<SigningSecret>) -> Self {
        Self(secrets)
    }

    /// The stored secrets, oldest first.
    #[must_use]
    pub fn into_vec(self) -> Vec<SigningSecret> {
        self.0
    }

    /// The secrets that sign at this time, newest first.
    pub fn valid(&self, now: Timestamp) -> impl Iterator<Item = &WebhookSecret> {
        self.0.iter().rev().filter(move |each| each.is_valid(now)).map(|each| &each.secret)
    }

    /// Adds a new secret. The former ones sign for the overlap at the longest; those that end now are
    /// forgotten.
    ///
    /// # Errors
    /// When more secrets than allowed would sign.
    pub fn rotate(
        &self,
        new: WebhookSecret,
        now: Timestamp,
        overlap: Duration,
    ) -> Result<Self, TooManySecrets> {
        let end = now.after(overlap);
        let former = self.0.iter().cloned().map(|SigningSecret { secret, expires_at }| {
            let expires_at = expires_at.map_or(end, |own| own.min(end));
            SigningSecret { secret, expires_at: Some(expires_at) }
        });
        let mut secrets: Vec<_> = former.filter(|each| each.is_valid(now)).collect();
        secrets.push(SigningSecret { secret: new, expires_at: None });
        if secrets.len() > Self::MAX_VALID { Err(TooManySecrets) } else { Ok(Self(secrets)) }
    }
}

impl SigningSecret {
    fn is_valid(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(number: u8) -> WebhookSecret {
        WebhookSecret::from_bytes([number; 32])
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_unix_millis(millis).expect("a time")
    }

    fn valid(secrets: &SigningSecrets, now: Timestamp) -> Vec<u8> {
        secrets.valid(now).map(|secret| secret.key()[0]).collect()
    }

    #[test]
    fn the_text_is_padded_base64() {
        assert_eq!(
            secret(255).expose_secret(),
            "whsec_//////////////////////////////////////////8="
        );
    }

    #[test]
    fn former_secrets_sign_until_the_overlap_ends() {
        let first = SigningSecrets::new(secret(1));

        let second = first.rotate(secret(2), at(0), Duration::from_secs(10)).expect("rotated");
        let third = second.rotate(secret(3), at(1), Duration::from_secs(1)).expect("rotated");
        let alone = third.rotate(secret(4), at(2), Duration::ZERO).expect("rotated");

        assert_eq!(valid(&second, at(9_999)), [2, 1]);
        assert_eq!(valid(&second, at(10_000)), [2]);
        assert_eq!(valid(&third, at(1_000)), [3, 2, 1]);
        assert_eq!(valid(&third, at(1_001)), [3]);
        assert_eq!(valid(&alone, at(2)), [4]);
    }

    #[test]
    fn at_most_three_sign_at_the_same_time() {
        let (second, overlap) = (Duration::from_secs(1), Duration::from_secs(10));
        let secrets = SigningSecrets::new(secret(1));
        let secrets = secrets.rotate(secret(2), at(0), second).expect("rotated");
        let secrets = secrets.rotate(secret(3), at(0), overlap).expect("rotated");

        assert!(secrets.rotate(secret(4), at(999), overlap) == Err(TooManySecrets));
        assert!(secrets.rotate(secret(4), at(1_000), overlap).is_ok());
    }
}
