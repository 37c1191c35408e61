//! Claiming an unassigned conversation.

use actix_web::web::Data;
use conversations_application::IdempotencyService;
use conversations_application::conversations::{ClaimConversation, ConversationService};
use conversations_application::read_model::ConversationDetails;
use conversations_domain::{ConversationId, UserId};
use serde_json::{Value, json};

use super::ConversationBody;
use crate::body::{Field, request_body};
use crate::caller::{Caller, WriteConversations};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::examples;
use crate::extract::IdPath;
use crate::idempotency::{IdempotentJson, IdempotentResponse, run_idempotent};
use crate::reply::Single;
use crate::schema::SentBody;

request_body! {
    /// The user to assign the conversation to.
    #[body(name = "Claim")]
    pub(crate) struct ClaimBody {
        /// A user of the workspace.
        assigned_to: Field<UserId>,
    }
}

impl SentBody for ClaimBody {
    fn example() -> Value {
        json!({ "assignedTo": examples::USER })
    }
}

pub(crate) async fn claim(
    caller: Caller<WriteConversations>,
    service: Data<ConversationService>,
    once: Data<IdempotencyService>,
    id: IdPath<ConversationId>,
    condition: IfMatch,
    post: IdempotentJson<ClaimBody>,
) -> Result<IdempotentResponse<Single<Disclosed<ConversationBody>>>, ApiError> {
    let IdempotentJson { body: ClaimBody { assigned_to }, request } = post;
    let user = assigned_to.take()?;
    let command = ClaimConversation { id: id.0, user, precondition: condition.0 };
    let reply = run_idempotent(&once, &caller, request, claimed, async |recorder| {
        service.claim(&caller, command, recorder).await
    });
    Ok(reply.await?)
}

fn claimed(
    disclosure: Disclosure,
    details: &ConversationDetails,
) -> Single<Disclosed<ConversationBody>> {
    Single::changed(disclosure, details.clone())
}
