//! Claiming a conversation that nobody takes care of.

use actix_web::web::Data;
use conversations_application::OnceService;
use conversations_application::conversations::{ClaimConversation, ConversationService};
use conversations_application::ports::ConversationDetails;
use conversations_domain::{ConversationId, UserId};
use serde::Deserialize;
use validator::Validate;

use super::ConversationBody;
use crate::caller::{Caller, WriteConversations};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::extract::IdPath;
use crate::once::{Answer, Post, answer};
use crate::reply::Single;
use crate::validation::{parses, required};

/// The user to assign the conversation to.
#[derive(Debug, Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct ClaimBody {
    #[validate(required, custom(function = "parses::<UserId>"))]
    assigned_to: Option<String>,
}

pub(crate) async fn claim(
    caller: Caller<WriteConversations>,
    service: Data<ConversationService>,
    once: Data<OnceService>,
    id: IdPath<ConversationId>,
    condition: IfMatch,
    post: Post<ClaimBody>,
) -> Result<Answer<Single<Disclosed<ConversationBody>>>, ApiError> {
    let Post { body: ClaimBody { assigned_to }, request } = post;
    let user = required("assignedTo", assigned_to.as_deref())?;
    let command = ClaimConversation { id: id.0, user, precondition: condition.0 };
    let reply = answer(&once, &caller, request, claimed, async |remember| {
        service.claim(&caller, command, remember).await
    });
    Ok(reply.await?)
}

fn claimed(
    disclosure: Disclosure,
    details: &ConversationDetails,
) -> Single<Disclosed<ConversationBody>> {
    Single::changed(disclosure, details.clone())
}
