//! Changing a conversation. PUT and PATCH are equivalent: omitted fields keep their value.

use actix_web::web::Data;
use conversations_application::conversations::{ConversationService, UpdateConversation};
use conversations_domain::{
    Changes, ConversationId, CustomerId, InboxId, Priority, Status, Subject, TagsChange, UserId,
};
use serde_json::{Value, json};

use super::ConversationBody;
use crate::body::{Field, Patch, changes_something, request_body};
use crate::caller::{Caller, WriteConversations};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::external_id::{self, ExternalIdEntry};
use crate::extract::{IdPath, ValidatedJson};
use crate::reply::Single;
use crate::schema::SentBody;

request_body! {
    /// Changes to a conversation; omitted fields keep their value.
    #[body(name = "ConversationChanges", at_least_one = true, check = changes_something)]
    pub(crate) struct UpdateBody {
        /// The conversation's id in another system; null removes it.
        external_id: Patch<Option<ExternalIdEntry>>,
        /// The subject.
        subject: Patch<Subject>,
        /// The status.
        status: Patch<Status>,
        /// The priority.
        priority: Patch<Priority>,
        /// An inbox of the workspace.
        inbox_id: Patch<InboxId>,
        /// A user of the workspace; null unassigns.
        assigned_to: Patch<Option<UserId>>,
        /// The new labels, or labels to add and remove; null removes all.
        labels: Field<TagsChange>,
        /// A customer of the workspace; can be set only once.
        customer_id: Patch<CustomerId>,
    }
}

impl SentBody for UpdateBody {
    fn example() -> Value {
        json!({ "status": "closed", "assignedTo": null })
    }
}

pub(crate) async fn update(
    caller: Caller<WriteConversations>,
    service: Data<ConversationService>,
    id: IdPath<ConversationId>,
    condition: IfMatch,
    body: ValidatedJson<UpdateBody>,
) -> Result<Single<Disclosed<ConversationBody>>, ApiError> {
    let IfMatch(precondition) = condition;
    let command = UpdateConversation { id: id.0, changes: body.0.try_into()?, precondition };
    let details = service.update(&caller, command).await?;
    Ok(Single::changed(Disclosure::to(&caller), details))
}

impl TryFrom<UpdateBody> for Changes {
    type Error = ApiError;

    fn try_from(body: UpdateBody) -> Result<Self, ApiError> {
        let UpdateBody {
            external_id,
            subject,
            status,
            priority,
            inbox_id,
            assigned_to,
            labels,
            customer_id,
        } = body;
        Ok(Self {
            external_id: external_id::changed(external_id)?,
            subject: subject.take()?,
            status: status.take()?,
            priority: priority.take()?,
            inbox: inbox_id.take()?,
            assignee: assigned_to.take()?,
            labels: labels.take()?,
            customer: customer_id.take()?,
        })
    }
}
