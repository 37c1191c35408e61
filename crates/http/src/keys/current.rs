//! Reading the key that a request comes with.

use actix_web::web::Data;
use conversations_application::keys::KeyService;
use conversations_application::ports::KeyWithWorkspace;
use conversations_domain::{
    ApiKey, KeyId, Name, Permission, RateLimit, Source, Timestamp, Workspace, WorkspaceId,
};

use super::body::example_key;
use crate::body::response_body;
use crate::caller::{AnyKey, Caller};
use crate::error::ApiError;
use crate::query::{NoParameters, ValidatedQuery};
use crate::reply::Single;
use crate::schema::Shown;

response_body! {
    /// The API key that a request comes with, and the workspace it opens.
    #[body(name = "CurrentKey")]
    pub(crate) struct CurrentKeyBody {
        /// Its id, which is no secret.
        #[serde(rename = "_id")]
        id: KeyId,
        /// What it is called.
        name: Name,
        /// What it may do.
        permissions: Vec<Permission>,
        /// What it was made for.
        source: Source,
        /// When the secret that was sent stops working.
        expires_at: Option<Timestamp>,
        /// Its own limit; null leaves it to the server.
        rate_limit: Option<RateLimit>,
        /// The workspace that it opens.
        workspace: WorkspaceBody,
    }
}

response_body! {
    /// A tenant: everything else belongs to one.
    #[body(name = "Workspace")]
    pub(crate) struct WorkspaceBody {
        /// Its id.
        #[serde(rename = "_id")]
        id: WorkspaceId,
        /// What operators call it.
        name: Name,
    }
}

pub(crate) async fn current(
    caller: Caller<AnyKey>,
    service: Data<KeyService>,
    _: ValidatedQuery<NoParameters>,
) -> Result<Single<CurrentKeyBody>, ApiError> {
    let found = service.current(&caller).await?;
    Ok(Single::untagged(found.into()))
}

impl From<KeyWithWorkspace> for CurrentKeyBody {
    fn from(found: KeyWithWorkspace) -> Self {
        let KeyWithWorkspace { key, workspace } = found;
        let ApiKey {
            id,
            workspace: _,
            name,
            permissions,
            source,
            expires_at,
            rate_limit,
            hint: _,
            version: _,
        } = key;
        let permissions = permissions.iter().collect();
        let workspace = workspace.into();
        Self { id, name, permissions, source, expires_at, rate_limit, workspace }
    }
}

impl From<Workspace> for WorkspaceBody {
    fn from(workspace: Workspace) -> Self {
        let Workspace { id, name } = workspace;
        Self { id, name }
    }
}

impl Shown for CurrentKeyBody {
    const HAS_TAG: bool = false;

    fn example() -> Option<Self> {
        let key = example_key()?;
        let workspace = Workspace { id: key.workspace, name: Name::parse("acme").ok()? };
        Some(KeyWithWorkspace { key, workspace }.into())
    }
}
