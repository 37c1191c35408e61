//! Reading one conversation.

use actix_web::web::Data;
use conversations_application::conversations::ConversationService;
use conversations_domain::ConversationId;

use super::ConversationBody;
use crate::caller::{Caller, ReadConversations};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::query::{NoParameters, ValidatedQuery};
use crate::reply::Single;

pub(crate) async fn get(
    caller: Caller<ReadConversations>,
    service: Data<ConversationService>,
    id: IdPath<ConversationId>,
    _: ValidatedQuery<NoParameters>,
) -> Result<Single<ConversationBody>, ApiError> {
    let details = service.get(&caller, id.0).await?;
    Ok(Single::of(details))
}
