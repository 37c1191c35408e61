//! Authenticating a secret.

use conversations_domain::ApiKey;

use super::{KeySecret, KeyService};
use crate::Error;

/// Why a secret opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// It is no key's secret: unknown, revoked and malformed are one answer.
    #[error("the key is not valid")]
    Invalid,
    /// The key's end has come.
    #[error("the key has expired")]
    Expired,
    /// It could not be found out.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl KeyService {
    /// The key with this secret. Text that cannot be a secret costs no query.
    ///
    /// # Errors
    /// When it is unknown, revoked or expired.
    pub async fn authenticate(&self, secret: &str) -> Result<ApiKey, AuthenticationError> {
        let secret = KeySecret::parse(secret).ok_or(AuthenticationError::Invalid)?;
        let key = self.keys.find_by_hash(secret.hash()).await.map_err(Error::from)?;
        let key = key.ok_or(AuthenticationError::Invalid)?;
        let now = self.contexts.begin().now();
        if key.is_expired(now) {
            return Err(AuthenticationError::Expired);
        }
        self.uses.note(&key, now);
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{NewApiKey, generate};
    use crate::ports::MockKeyRepository;
    use crate::testing::{NOW, context_factory, key_service, time, workspace};
    use conversations_domain::{Name, Permissions, Source};

    fn key_that_expires_at(millis: i64) -> (ApiKey, KeySecret) {
        let order = NewApiKey {
            name: Name::parse("robot").expect("a name"),
            permissions: Permissions::all(),
            source: Source::Api,
            expires_at: Some(time(millis)),
            rate_limit: None,
            user: None,
        };
        let (new, secret) =
            generate(workspace(), order, &context_factory().begin()).expect("a key");
        (new.key, secret)
    }

    async fn authenticate_with(
        key: &ApiKey,
        secret: &KeySecret,
    ) -> Result<ApiKey, AuthenticationError> {
        let mut keys = MockKeyRepository::new();
        let (hash, key) = (secret.hash(), key.clone());
        keys.expect_find_by_hash().returning(move |asked| Ok((asked == hash).then(|| key.clone())));
        key_service(keys).authenticate(secret.expose_secret()).await
    }

    #[tokio::test]
    async fn a_secret_opens_its_key_until_the_end() {
        let (key, secret) = key_that_expires_at(NOW + 1);
        assert_eq!(authenticate_with(&key, &secret).await.ok(), Some(key));

        let (key, secret) = key_that_expires_at(NOW);
        let refused = authenticate_with(&key, &secret).await;
        assert!(matches!(refused, Err(AuthenticationError::Expired)));
    }

    #[tokio::test]
    async fn a_wrong_checksum_costs_no_query() {
        // The mock has no expectation: any call fails the test.
        let service = key_service(MockKeyRepository::new());
        let mut secret = KeySecret::generate().expect("random bits").expose_secret().to_owned();
        let last = if secret.ends_with('0') { "1" } else { "0" };
        secret.replace_range(secret.len() - 1.., last);

        let refused = service.authenticate(&secret).await;

        assert!(matches!(refused, Err(AuthenticationError::Invalid)));
    }
}
