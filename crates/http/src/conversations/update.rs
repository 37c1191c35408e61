//! Changing a conversation. PUT and PATCH are one: what is not there stays as it is.

use actix_web::web::Data;
use conversations_application::conversations::{ConversationService, UpdateConversation};
use conversations_domain::{
    Changes, ConversationId, CustomerId, InboxId, Priority, Status, Subject, UserId,
};
use serde::Deserialize;
use validator::{Validate, ValidationError};

use super::ConversationBody;
use crate::caller::{Caller, WriteConversations};
use crate::conditions::IfMatch;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::extract::{IdPath, ValidatedJson};
use crate::patch::{Patch, changes, changes_or_clears};
use crate::reply::Single;
use crate::tags::{TagsUpdate, check_changed_tags, read_changed_tags};
use crate::validation::changes_something;

/// What is wanted of a conversation.
#[derive(Debug, Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[validate(schema(function = "asks_for_something"))]
pub(crate) struct UpdateBody {
    #[validate(custom(function = "changes::<Subject>"))]
    subject: Patch<String>,
    #[validate(custom(function = "changes::<Status>"))]
    status: Patch<String>,
    #[validate(custom(function = "changes::<Priority>"))]
    priority: Patch<String>,
    #[validate(custom(function = "changes::<InboxId>"))]
    inbox_id: Patch<String>,
    #[validate(custom(function = "changes_or_clears::<UserId>"))]
    assigned_to: Patch<String>,
    #[validate(custom(function = "check_changed_tags"))]
    labels: Patch<TagsUpdate>,
    #[validate(custom(function = "changes::<CustomerId>"))]
    customer_id: Patch<String>,
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

fn asks_for_something(body: &UpdateBody) -> Result<(), ValidationError> {
    let UpdateBody { subject, status, priority, inbox_id, assigned_to, labels, customer_id } = body;
    changes_something([
        subject.is_absent(),
        status.is_absent(),
        priority.is_absent(),
        inbox_id.is_absent(),
        assigned_to.is_absent(),
        labels.is_absent(),
        customer_id.is_absent(),
    ])
}

impl TryFrom<UpdateBody> for Changes {
    type Error = ApiError;

    fn try_from(body: UpdateBody) -> Result<Self, ApiError> {
        let UpdateBody { subject, status, priority, inbox_id, assigned_to, labels, customer_id } =
            body;
        Ok(Self {
            subject: subject.change("subject")?,
            status: status.change("status")?,
            priority: priority.change("priority")?,
            inbox: inbox_id.change("inboxId")?,
            assignee: assigned_to.change_or_clear("assignedTo")?,
            labels: read_changed_tags("labels", labels)?,
            customer: customer_id.change("customerId")?,
        })
    }
}
