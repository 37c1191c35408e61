//! Authentication: the API key of a request.
//!
//! It wraps everything under `/api/v1`, routes that do not exist included, so that a client without
//! a key learns only that one is needed.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest, ResponseError};
use conversations_application::Caller;
use conversations_application::keys::{AuthenticationError, KeyService};
use conversations_application::owner::{self, Owner};
use conversations_application::reply_budget;
use conversations_domain::ApiKey;
use tracing::Span;

use crate::error::ApiError;
use crate::limits::RateLimits;
use crate::request_id::RequestId;
use crate::request_permit::RequestPermit;

pub(crate) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Refuses requests without a key or beyond the key's rate limit, and notes the caller: for the
/// handlers, and as the owner of all work of the request.
pub(crate) async fn authenticate<B: MessageBody + 'static>(
    keys: Data<KeyService>,
    limits: Data<RateLimits>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match find_caller(&keys, &limits, &request).await {
        Ok((caller, owner)) => {
            request.extensions_mut().insert(caller);
            let budget = RequestPermit::of(&request).map(|permit| permit.reply_budget(owner));
            let answered = owner::scope(owner, next.call(request));
            let answer = match budget {
                Some(budget) => reply_budget::scope(budget, answered).await,
                None => answered.await,
            };
            answer.map(ServiceResponse::map_into_boxed_body)
        }
        Err(error) => Ok(request.error_response(error)),
    }
}

async fn find_caller(
    keys: &KeyService,
    limits: &RateLimits,
    request: &ServiceRequest,
) -> Result<(Caller, Owner), ApiError> {
    let key = find_key(keys, limits, request.request()).await?;
    // Together, because what a span has as text is rewritten each time that something is added.
    tracing::record_all!(Span::current(), key.id = %key.id, workspace.id = %key.workspace);
    limits.count(&key, request.request())?;
    let owner = Owner { workspace: key.workspace, key: key.id };
    if let Some(permit) = RequestPermit::of(request) {
        permit.identify(owner).await?;
    }

    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    Ok((Caller::with_key(key, request_id.unwrap_or_default()), owner))
}

/// The key that a request comes with. A request without a valid one is counted.
async fn find_key(
    keys: &KeyService,
    limits: &RateLimits,
    request: &HttpRequest,
) -> Result<ApiKey, ApiError> {
    let found = match secret_in(request.headers()) {
        Ok(secret) => keys.authenticate(secret).await.map_err(ApiError::from),
        Err(error) => Err(error),
    };
    if found.as_ref().is_err_and(|error| error.status_code() == StatusCode::UNAUTHORIZED) {
        limits.count_failure(request)?;
    }
    found
}

/// Checks the key of a request again if its body took long: the key may have been revoked, have
/// expired, or have fewer permissions. Permissions were checked before the body came, so a key
/// whose permissions changed has to repeat the request.
pub(crate) async fn authenticate_again(request: &HttpRequest) -> Result<(), ApiError> {
    let before = request.extensions().get::<Caller>().cloned();
    let keys = request.app_data::<Data<KeyService>>();
    let limits = request.app_data::<Data<RateLimits>>();
    let (Some(keys), Some(limits), Some(before)) = (keys, limits, before) else {
        return Ok(());
    };
    let key = find_key(keys, limits, request).await?;
    if key.permissions == before.permissions {
        Ok(())
    } else {
        Err(ApiError::Unavailable("the permissions of the key changed during the request".into()))
    }
}

/// The secret of a request, in one of two headers or equal in both.
pub(crate) fn secret_in(headers: &HeaderMap) -> Result<&str, ApiError> {
    let bearer = only(headers, header::AUTHORIZATION)?.and_then(bearer_token);
    let api_key = only(headers, X_API_KEY)?.map(HeaderValue::as_bytes);
    let present = |token: &&[u8]| !token.is_empty();

    let secret = match (
        bearer.map(<[u8]>::trim_ascii).filter(present),
        api_key.map(<[u8]>::trim_ascii).filter(present),
    ) {
        (None, None) => return Err(ApiError::AuthRequired),
        (Some(one), Some(other)) if one != other => return Err(ApiError::KeyInvalid),
        (Some(secret), _) | (None, Some(secret)) => secret,
    };
    std::str::from_utf8(secret).map_err(|_| ApiError::KeyInvalid)
}

/// The value of a header that may come once.
fn only(headers: &HeaderMap, name: HeaderName) -> Result<Option<&HeaderValue>, ApiError> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(ApiError::KeyInvalid),
    }
}

/// What follows the scheme `Bearer`; another scheme is no key.
fn bearer_token(value: &HeaderValue) -> Option<&[u8]> {
    const SCHEME: &[u8] = b"bearer";

    let (scheme, token) = value.as_bytes().trim_ascii().split_at_checked(SCHEME.len())?;
    let apart = token.first().is_none_or(|byte| matches!(byte, b' ' | b'\t'));
    (scheme.eq_ignore_ascii_case(SCHEME) && apart).then_some(token)
}

impl From<AuthenticationError> for ApiError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Invalid => Self::KeyInvalid,
            AuthenticationError::Expired => Self::KeyExpired,
            AuthenticationError::Failed(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn read(given: &[(&'static str, &str)]) -> Result<String, &'static str> {
        let request = given
            .iter()
            .fold(TestRequest::default(), |request, header| request.append_header(*header))
            .to_http_request();
        secret_in(request.headers()).map(str::to_owned).map_err(|error| error.summary().1)
    }

    #[test]
    fn a_secret_comes_in_either_header_or_alike_in_both() {
        for given in [
            [("authorization", "Bearer abc")].as_slice(),
            &[("authorization", "bEARER \t abc  ")],
            &[("x-api-key", " abc ")],
            &[("authorization", "Bearer abc"), ("x-api-key", "abc")],
            &[("authorization", "Basic eHg="), ("x-api-key", "abc")],
        ] {
            assert_eq!(read(given), Ok("abc".to_owned()), "{given:?}");
        }
    }

    #[test]
    fn what_holds_no_key_is_no_key() {
        for given in [
            [].as_slice(),
            &[("authorization", "Basic eHg=")],
            &[("authorization", "Bearer")],
            &[("authorization", "Bearerabc")],
            &[("authorization", "abc")],
            &[("x-api-key", "")],
        ] {
            assert_eq!(read(given), Err("AUTH_REQUIRED"), "{given:?}");
        }
    }

    #[test]
    fn what_is_ambiguous_is_refused() {
        for given in [
            [("authorization", "Bearer abc"), ("x-api-key", "abd")],
            [("authorization", "Bearer abc"), ("authorization", "Bearer abc")],
            [("authorization", "Bearer abc"), ("authorization", "Basic eHg=")],
            [("x-api-key", "abc"), ("x-api-key", "abc")],
        ] {
            assert_eq!(read(&given), Err("API_KEY_INVALID"), "{given:?}");
        }
    }
}
