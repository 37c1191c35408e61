//! Reading the key that a request comes with.

use actix_web::web::Data;
use conversations_application::keys::KeyService;
use conversations_application::ports::KeyWithWorkspace;
use conversations_domain::{
    ApiKey, KeyId, Name, Permission, RateLimit, Source, Timestamp, Workspace, WorkspaceId,
};
use serde::Serialize;

use crate::caller::{AnyKey, Caller};
use crate::error::ApiError;
use crate::query::{NoParameters, ValidatedQuery};
use crate::reply::Single;

/// A key as its own holder sees it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CurrentKeyBody {
    #[serde(rename = "_id")]
    id: KeyId,
    name: Name,
    permissions: Vec<Permission>,
    source: Source,
    expires_at: Option<Timestamp>,
    rate_limit: Option<RateLimit>,
    workspace: WorkspaceBody,
}

/// A workspace as callers see it.
#[derive(Debug, Serialize)]
pub(crate) struct WorkspaceBody {
    #[serde(rename = "_id")]
    id: WorkspaceId,
    name: Name,
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
