//! Reading one message.

use actix_web::web::Data;
use conversations_application::messages::MessageService;
use conversations_domain::{ConversationId, MessageId};

use super::MessageBody;
use crate::caller::{Caller, ReadConversations};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::query::{NoParameters, ValidatedQuery};
use crate::reply::Single;

pub(crate) async fn get(
    caller: Caller<ReadConversations>,
    service: Data<MessageService>,
    ids: IdPath<(ConversationId, MessageId)>,
    _: ValidatedQuery<NoParameters>,
) -> Result<Single<MessageBody>, ApiError> {
    let (conversation, id) = ids.0;
    let message = service.get(&caller, conversation, id).await?;
    Ok(Single::of(message))
}
