//! Creating or changing the conversation with an external id, in one step.

use actix_web::web::Data;
use conversations_application::Upsert;
use conversations_application::conversations::ConversationService;
use conversations_domain::Changes;

use super::ConversationBody;
use super::update::UpdateBody;
use crate::caller::{Caller, WriteConversations};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::external_id::{ExternalIdPath, same_as_in_path};
use crate::extract::ValidatedJson;
use crate::reply::CreatedOrChanged;

pub(crate) async fn put(
    caller: Caller<WriteConversations>,
    service: Data<ConversationService>,
    path: ExternalIdPath,
    condition: IfMatch,
    body: ValidatedJson<UpdateBody>,
) -> Result<CreatedOrChanged<Disclosed<ConversationBody>>, ApiError> {
    let (ExternalIdPath(external_id), IfMatch(precondition)) = (path, condition);
    let changes: Changes = body.0.try_into()?;
    same_as_in_path(&changes.external_id, &external_id)?;
    let upserted = service.put(&caller, Upsert { external_id, changes, precondition }).await?;
    Ok(CreatedOrChanged::of(Disclosure::to(&caller), upserted, |details| {
        format!("/conversations/{}", details.conversation.id())
    }))
}
