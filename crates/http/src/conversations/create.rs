//! Creating a conversation.

use actix_web::web::Data;
use conversations_application::IdempotencyService;
use conversations_application::conversations::{
    ConversationService, CreateConversation, CustomerChoice,
};
use conversations_application::read_model::ConversationDetails;
use conversations_domain::{
    Channel, ConversationDraft, CustomerId, InboxId, Priority, Status, Subject, Tags, UserId,
};
use serde_json::{Value, json};
use validator::ValidationError;

use super::ConversationBody;
use crate::body::{Field, request_body};
use crate::caller::{Caller, WriteConversations};
use crate::customers;
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::examples;
use crate::external_id::{self, ExternalIdEntry};
use crate::idempotency::{IdempotentJson, IdempotentResponse, run_idempotent};
use crate::messages::FirstMessageBody;
use crate::reply::Created;
use crate::schema::SentBody;
use crate::validation::misfit;

request_body! {
    /// A new conversation.
    #[body(name = "ConversationInput", check = names_one_customer)]
    pub(crate) struct CreateBody {
        /// The conversation's id in another system.
        external_id: Field<Option<ExternalIdEntry>>,
        /// The subject; white space at both ends is removed.
        subject: Field<Subject>,
        /// An inbox of the workspace.
        inbox_id: Field<InboxId>,
        /// A customer of the workspace.
        customer_id: Field<Option<CustomerId>>,
        /// Instead of `customerId`: uses the existing customer with this external id, else with this
        /// e-mail address, unchanged, or creates one. Also needs `write:customers`.
        customer: Field<Option<customers::CreateBody>>,
        /// The medium.
        channel: Field<Option<Channel>> = Channel::default(),
        /// The status.
        status: Field<Option<Status>> = Status::default(),
        /// The priority.
        priority: Field<Option<Priority>> = Priority::default(),
        /// A user of the workspace.
        assigned_to: Field<Option<UserId>>,
        /// Labels.
        labels: Field<Option<Tags>> = Tags::default(),
        /// The first message; its author is the customer by default.
        message: Field<Option<FirstMessageBody>>,
    }
}

impl SentBody for CreateBody {
    fn example() -> Value {
        json!({
            "subject": "Refund for order 1042",
            "inboxId": examples::INBOX,
            "priority": "high",
            "labels": ["refund", "lamp"],
            "customer": { "profile": { "firstName": "Ada", "email": "ada@example.com" } },
            "message": { "body": "The lamp arrived broken." },
        })
    }
}

pub(crate) async fn create(
    caller: Caller<WriteConversations>,
    service: Data<ConversationService>,
    once: Data<IdempotencyService>,
    post: IdempotentJson<CreateBody>,
) -> Result<IdempotentResponse<Created<Disclosed<ConversationBody>>>, ApiError> {
    let IdempotentJson { body, request } = post;
    let command = CreateConversation::try_from(body)?;
    command.allow(&caller)?;
    let reply = run_idempotent(&once, &caller, request, made, async |recorder| {
        service.create(&caller, command, recorder).await
    });
    Ok(reply.await?)
}

fn made(
    disclosure: Disclosure,
    details: &ConversationDetails,
) -> Created<Disclosed<ConversationBody>> {
    Created::new(
        disclosure,
        format!("/conversations/{}", details.conversation.id()),
        details.clone(),
    )
}

fn names_one_customer(body: &CreateBody) -> Result<(), ValidationError> {
    let is_known = !matches!(body.customer_id, Field::Value(None));
    if is_known && !matches!(body.customer, Field::Value(None)) {
        return Err(misfit("customer", "must not be combined with customerId"));
    }
    Ok(())
}

impl TryFrom<CreateBody> for CreateConversation {
    type Error = ApiError;

    fn try_from(body: CreateBody) -> Result<Self, ApiError> {
        let CreateBody {
            external_id,
            subject,
            inbox_id,
            customer_id,
            customer,
            channel,
            status,
            priority,
            assigned_to,
            labels,
            message,
        } = body;
        let customer = match (customer_id.take()?, customer.take()?) {
            (_, Some(new)) => CustomerChoice::ByProfile(Box::new(new.try_into()?)),
            (Some(id), None) => CustomerChoice::Known(id),
            (None, None) => CustomerChoice::Nobody,
        };
        Ok(Self {
            draft: ConversationDraft {
                external_id: external_id::taken(external_id)?,
                subject: subject.take()?,
                inbox: inbox_id.take()?,
                channel: channel.take()?,
                status: status.take()?,
                priority: priority.take()?,
                assignee: assigned_to.take()?,
                labels: labels.take()?.unwrap_or_default(),
            },
            customer,
            message: message.take()?.map(TryInto::try_into).transpose()?,
        })
    }
}
