//! Counting conversations.

use std::str::FromStr;

use actix_web::body::BoxBody;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, Responder};
use conversations_application::conversations::ConversationService;
use conversations_application::read_model::{
    ConversationCount, ConversationFilter, CountedField, CountedFields, CountedValue,
};
use conversations_domain::{Channel, InboxId, Priority, Source, Status, Tag, UnknownWord, UserId};
use serde::Serialize;

use crate::caller::{Caller, ReadConversations};
use crate::error::ApiError;
use crate::examples;
use crate::json_body::json;
use crate::page::{Followed, ListReader};
use crate::query::{FromQuery, QueryReader, ValidatedQuery};
use crate::schema::{Fields, ObjectSchema, OperationDescription, ResponseBody};

/// Which conversations are counted, and by what.
pub(crate) struct CountQuery {
    filter: ConversationFilter,
    by: CountedFields,
}

/// One or two fields, with a comma between them.
struct ByParameter(CountedFields);

/// The counts.
#[derive(Debug, Serialize)]
pub(crate) struct CountsBody {
    success: bool,
    data: Vec<CountBody>,
}

/// How many conversations have these values. The fields that were not asked for are missing.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CountBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<Priority>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inbox_id: Option<InboxId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_to: Option<CountedAssignee>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<Tag>,
    count: u64,
}

/// The id of a user, or null.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum CountedAssignee {
    User(UserId),
    Unassigned,
}

pub(crate) async fn count(
    caller: Caller<ReadConversations>,
    service: Data<ConversationService>,
    query: ValidatedQuery<CountQuery>,
    reader: ListReader,
) -> Result<Followed<CountsBody>, ApiError> {
    let CountQuery { filter, by } = query.0;
    let counts = async |_| Ok(CountsBody::from(service.count(&caller, filter, by).await?));
    reader.read_body(&caller, counts).await
}

impl FromQuery for CountQuery {
    fn read(query: &mut QueryReader) -> Self {
        let filter = ConversationFilter::read(query);
        let by = query.required("by").map(|ByParameter(by)| by);
        Self { filter, by: by.unwrap_or(CountedField::Status.into()) }
    }

    fn describe(operation: &mut OperationDescription) {
        ConversationFilter::describe(operation);
        let text = "By the values of these fields: one or two.";
        let by = operation.takes_comma_separated::<CountedField>("by", text);
        by["required"] = true.into();
    }
}

impl FromStr for ByParameter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fields: Result<Vec<_>, UnknownWord> = text.split(',').map(str::parse).collect();
        let fields = fields.map_err(|error| error.to_string())?;
        let by = CountedFields::new(&fields).ok_or("must be one or two fields")?;
        Ok(Self(by))
    }
}

impl From<Vec<ConversationCount>> for CountsBody {
    fn from(counts: Vec<ConversationCount>) -> Self {
        Self { success: true, data: counts.into_iter().map(Into::into).collect() }
    }
}

impl From<ConversationCount> for CountBody {
    fn from(counted: ConversationCount) -> Self {
        let ConversationCount { values, count } = counted;
        let mut body = Self { count, ..Self::default() };
        for value in values {
            match value {
                CountedValue::Status(status) => body.status = Some(status),
                CountedValue::Priority(priority) => body.priority = Some(priority),
                CountedValue::Inbox(inbox) => body.inbox_id = Some(inbox),
                CountedValue::Assignee(user) => {
                    let assignee = user.map_or(CountedAssignee::Unassigned, CountedAssignee::User);
                    body.assigned_to = Some(assignee);
                }
                CountedValue::Channel(channel) => body.channel = Some(channel),
                CountedValue::Source(source) => body.source = Some(source),
                CountedValue::Label(label) => body.label = Some(label),
            }
        }
        body
    }
}

impl Responder for CountsBody {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        json(&mut HttpResponse::Ok(), self)
    }
}

impl ObjectSchema for CountBody {
    const NAME: &'static str = "ConversationCount";
    const TEXT: &'static str =
        "How many conversations have these values. It has the fields that were counted by.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .may_have::<Status>("status", "The status.")
            .may_have::<Priority>("priority", "The priority.")
            .may_have::<InboxId>("inboxId", "The id of the inbox.")
            .may_have::<Option<UserId>>("assignedTo", "The id of the user, or null: unassigned.")
            .may_have::<Channel>("channel", "The channel.")
            .may_have::<Source>("source", "The source.")
            .may_have::<Tag>("label", "The label.")
            .has::<u64>("count", "How many conversations there are, exactly.");
    }
}

impl ResponseBody for CountBody {
    fn example() -> Option<Self> {
        let inbox = InboxId::parse(examples::INBOX).ok()?;
        let values = vec![CountedValue::Status(Status::Open), CountedValue::Inbox(inbox)];
        Some(ConversationCount { values, count: 12 }.into())
    }
}
