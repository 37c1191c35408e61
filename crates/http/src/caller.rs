//! Authorization: the required permission, or none, is the first argument in the handler's
//! signature.
//!
//! `Caller` is also the gate that keeps the order in which a request is checked. Extractors are
//! polled in the order of the arguments, and the first that is ready with an error answers; this
//! one is first and never waits, so what it checks is checked before any body is read.

use std::marker::PhantomData;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use conversations_domain::{ConversationId, Permission};
use futures_util::future::{Ready, ready};

use crate::access::Access;
use crate::error::ApiError;
use crate::external_id::EXTERNAL_SEGMENTS;
use crate::{conditions, media_type};

/// A caller with the permission `P`, or with any key where `P` is [`AnyKey`].
pub(crate) struct Caller<P> {
    caller: conversations_application::Caller,
    permission: PhantomData<P>,
}

/// A requirement for callers, as a type.
pub(crate) trait Requires {
    const ACCESS: Access;
}

/// A caller needs a valid key, whatever it may do.
pub(crate) struct AnyKey;

impl Requires for AnyKey {
    const ACCESS: Access = Access::AnyKey;
}

/// A permission to write, as a type.
pub(crate) trait Writes: Requires {
    /// The permission to read what is written.
    const READING: Permission;
}

macro_rules! permissions {
    ($($name:ident),* $(,)?) => {
        $(
            #[doc = concat!("A caller needs [`Permission::", stringify!($name), "`].")]
            pub(crate) struct $name;

            impl Requires for $name {
                const ACCESS: Access = Access::Permission(Permission::$name);
            }
        )*
    };
}

permissions! {
    ReadConversations,
    WriteConversations,
    ReadCustomers,
    WriteCustomers,
    ReadUsers,
    WriteUsers,
    ReadInboxes,
    WriteInboxes,
    ReadKeys,
    WriteKeys,
    ReadWebhooks,
    WriteWebhooks,
    ReadAudit,
}

macro_rules! writes {
    ($($write:ident reads $read:ident),* $(,)?) => {
        $(impl Writes for $write {
            const READING: Permission = Permission::$read;
        })*
    };
}

writes! {
    WriteConversations reads ReadConversations,
    WriteCustomers reads ReadCustomers,
    WriteUsers reads ReadUsers,
    WriteInboxes reads ReadInboxes,
    WriteKeys reads ReadKeys,
    WriteWebhooks reads ReadWebhooks,
}

impl<P> Deref for Caller<P> {
    type Target = conversations_application::Caller;

    fn deref(&self) -> &Self::Target {
        &self.caller
    }
}

impl<P: Requires> FromRequest for Caller<P> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(pass::<P>(request))
    }
}

/// The gate: permission, media type, ids in the path, the syntax of conditions, in this order
/// (docs/api.md#the-order-of-checks).
fn pass<P: Requires>(request: &HttpRequest) -> Result<Caller<P>, ApiError> {
    let caller = request.extensions().get::<conversations_application::Caller>().cloned();
    // Outside of authentication there is no caller; then every request is refused.
    let caller = caller.ok_or(ApiError::AuthRequired)?;

    if let Some(missing) = P::ACCESS.permission().filter(|&each| !caller.permissions.allow(each)) {
        return Err(ApiError::Forbidden(missing));
    }
    if !media_type::is_acceptable(request.method(), request.headers()) {
        return Err(ApiError::UnsupportedMediaType);
    }
    // Ids of all kinds have one form, and whatever stands for a segment of a path is an id, except for
    // ids in other systems, which their argument reads.
    let is_id = |segment| ConversationId::parse(segment).is_ok();
    let mut segments = request.match_info().iter();
    if !segments.all(|(name, segment)| EXTERNAL_SEGMENTS.contains(&name) || is_id(segment)) {
        return Err(ApiError::NotFound);
    }
    conditions::check(request.headers())?;
    Ok(Caller { caller, permission: PhantomData })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::key;
    use actix_web::test::TestRequest;
    use conversations_domain::Permissions;

    /// The error code for a request that fails all following checks.
    fn refused(permissions: Permissions, request: TestRequest) -> Option<&'static str> {
        let request = request.param("id", "nowhere").to_http_request();
        let caller = conversations_application::Caller::with_key(key(permissions), String::new());
        request.extensions_mut().insert(caller);
        pass::<WriteUsers>(&request).err().map(|error| error.summary().1)
    }

    #[test]
    fn checks_come_in_the_documented_order() {
        let plain = || TestRequest::post().insert_header(("content-type", "text/plain"));
        let json = || TestRequest::post().insert_header(("content-type", "application/json"));

        let stranger = pass::<WriteUsers>(&plain().to_http_request()).err();
        assert_eq!(stranger.map(|error| error.summary().1), Some("AUTH_REQUIRED"));
        let nothing = Permissions::default();
        assert_eq!(refused(nothing, plain()), Some("INSUFFICIENT_PERMISSIONS"));
        assert_eq!(refused(Permissions::all(), plain()), Some("UNSUPPORTED_MEDIA_TYPE"));
        assert_eq!(refused(Permissions::all(), json()), Some("NOT_FOUND"));
    }
}
