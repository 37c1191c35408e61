//! Reading the key that a request comes with.

use actix_web::web::Data;
use conversations_application::keys::{CurrentKey, KeyService};
use conversations_domain::{
    ApiKey, KeyId, Name, Permission, RateLimit, Source, Timestamp, UserId, Workspace, WorkspaceId,
};

use super::body::example_key;
use crate::body::response_body;
use crate::caller::{AnyKey, Caller};
use crate::error::ApiError;
use crate::query::{NoParameters, ValidatedQuery};
use crate::reply::Single;
use crate::schema::ResponseBody;
use crate::users::UserBody;

response_body! {
    /// The API key of the request, and its workspace.
    #[body(name = "CurrentKey")]
    pub(crate) struct CurrentKeyBody {
        /// Unique id (UUIDv7); not secret.
        #[serde(rename = "_id")]
        id: KeyId,
        /// The name.
        name: Name,
        /// The permissions.
        permissions: Vec<Permission>,
        /// What kind of integration it is for.
        source: Source,
        /// Expiry of the secret that was sent; null if it does not expire.
        expires_at: Option<Timestamp>,
        /// The key's own rate limit; if null, the server's default applies.
        rate_limit: Option<RateLimit>,
        /// The user whom the key speaks for; null if none, or if the user was deleted.
        user_id: Option<UserId>,
        /// This user, as a full object; null as well if the key may not read users.
        user: Option<UserBody>,
        /// The workspace of the key.
        workspace: WorkspaceBody,
    }
}

response_body! {
    /// A tenant; all other resources belong to one.
    #[body(name = "Workspace")]
    pub(crate) struct WorkspaceBody {
        /// Unique id (UUIDv7).
        #[serde(rename = "_id")]
        id: WorkspaceId,
        /// The name, chosen by the operator.
        name: Name,
    }
}

pub(crate) async fn current(
    caller: Caller<AnyKey>,
    service: Data<KeyService>,
    _: ValidatedQuery<NoParameters>,
) -> Result<Single<CurrentKeyBody>, ApiError> {
    let found = service.current(&caller).await?;
    Ok(Single::without_etag(found.into()))
}

impl From<CurrentKey> for CurrentKeyBody {
    fn from(found: CurrentKey) -> Self {
        let CurrentKey { key, workspace, user } = found;
        let ApiKey {
            id,
            workspace: _,
            name,
            permissions,
            source,
            expires_at,
            rate_limit,
            user: user_id,
            hint: _,
            version: _,
        } = key;
        let permissions = permissions.iter().collect();
        let (user, workspace) = (user.map(UserBody::from), workspace.into());
        Self { id, name, permissions, source, expires_at, rate_limit, user_id, user, workspace }
    }
}

impl From<Workspace> for WorkspaceBody {
    fn from(workspace: Workspace) -> Self {
        let Workspace { id, name } = workspace;
        Self { id, name }
    }
}

impl ResponseBody for CurrentKeyBody {
    const HAS_ETAG: bool = false;

    fn example() -> Option<Self> {
        let key = example_key()?;
        let workspace = Workspace { id: key.workspace, name: Name::parse("acme").ok()? };
        Some(CurrentKey { key, workspace, user: None }.into())
    }
}
