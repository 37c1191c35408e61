//! Listing conversations.

use std::str::FromStr;

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::conversations::ConversationService;
use conversations_application::read_model::{
    AssigneeFilter, ConversationFilter, ConversationOrder,
};
use conversations_application::search::SearchQuery;
use conversations_domain::{
    Channel, CustomerId, InboxId, Priority, Source, Status, Tag, Timestamp, UserId,
};
use serde_json::{Value, json};

use super::ConversationBody;
use crate::caller::{Caller, ReadConversations};
use crate::error::ApiError;
use crate::external_id::{describe_external_id_filter, external_id_filter};
use crate::page::{FollowedList, ListReader};
use crate::query::{FromQuery, QueryReader, ValidatedQuery};
use crate::schema::{ID, OperationDescription, Schema, Schemas};

/// Which conversations are wanted, in which order, and which page of them.
pub(crate) struct ListQuery {
    pub(crate) filter: ConversationFilter,
    pub(crate) order: ConversationOrder,
    pub(crate) page: PageRequest,
}

/// A time that can be asked for: one that a conversation may have.
pub(crate) struct TimeParameter(Timestamp);

/// `none`, or a user's id.
struct AssigneeParameter(AssigneeFilter);

pub(crate) async fn list(
    caller: Caller<ReadConversations>,
    service: Data<ConversationService>,
    query: ValidatedQuery<ListQuery>,
    reader: ListReader,
) -> Result<FollowedList<ConversationBody>, ApiError> {
    let ListQuery { filter, order, page } = query.0;
    let read = async || service.list(&caller, filter.clone(), order, page).await;
    reader.read_at_position(&caller, page, read).await
}

impl FromQuery for ListQuery {
    fn read(query: &mut QueryReader) -> Self {
        let filter = ConversationFilter::read(query);
        let order = order(query, filter.text.as_ref());
        Self { filter, order, page: query.page() }
    }

    fn describe(operation: &mut OperationDescription) {
        ConversationFilter::describe(operation);
        let sort = operation.takes_from_query::<ConversationOrder>(
            "sort",
            "The order. Default: newest first. `relevance` needs `q` and puts the conversations \
             first whose subject has most of its words.",
        );
        sort["schema"]["x-default"] = json!(ConversationOrder::default().as_str());
        operation.takes_page();
    }
}

impl FromQuery for ConversationFilter {
    fn read(query: &mut QueryReader) -> Self {
        let mut time = |name| query.one(name).map(|TimeParameter(time)| time);
        let (created_after, created_before) = (time("createdAfter"), time("createdBefore"));
        let (updated_after, updated_before) = (time("updatedAfter"), time("updatedBefore"));
        Self {
            statuses: query.several("status"),
            priorities: query.several("priority"),
            assignee: query.one("assignedTo").map(|AssigneeParameter(filter)| filter),
            inbox: query.one("inboxId"),
            customer: query.one("customerId"),
            labels: query.one("label").unwrap_or_default(),
            channels: query.several("channel"),
            sources: query.several("source"),
            created_after,
            created_before,
            updated_after,
            updated_before,
            text: query.one("q"),
            external_id: external_id_filter(query),
        }
    }

    fn describe(operation: &mut OperationDescription) {
        operation.takes_comma_separated::<Status>("status", "With one of these statuses.");
        operation.takes_comma_separated::<Priority>("priority", "With one of these priorities.");
        let text = "Assigned to this user; `none` finds unassigned conversations.";
        operation.takes_from_query::<AssigneeParameter>("assignedTo", text);
        operation.takes_from_query::<InboxId>("inboxId", "In this inbox.");
        operation.takes_from_query::<CustomerId>("customerId", "With this customer.");
        operation.takes_comma_separated::<Tag>("label", "With all of these labels.");
        operation.takes_comma_separated::<Channel>("channel", "With one of these channels.");
        operation.takes_comma_separated::<Source>("source", "With one of these sources.");
        for (name, text) in [
            ("createdAfter", "Created after this time, exact to the millisecond."),
            ("createdBefore", "Created before this time."),
            ("updatedAfter", "Last updated after this time."),
            ("updatedBefore", "Last updated before this time."),
        ] {
            operation.takes_from_query::<TimeParameter>(name, text);
        }
        operation.takes_from_query::<SearchQuery>(
            "q",
            "Searches subjects, messages and external ids of conversations. Words of two or more characters match as prefixes, \
             `\"phrases\"` match whole words, and `-word` excludes. Case and accents are ignored. \
             At least one letter or digit is required. A search over too many texts is a 422; add \
             a rarer word or a filter.",
        );
        describe_external_id_filter(operation);
    }
}

impl Schema for TimeParameter {
    fn schema(schemas: &mut Schemas) -> Value {
        let mut schema = Timestamp::schema(schemas);
        // Digits of a second after the third are zeros.
        schema["pattern"] = json!(r"^[^.]*(\.[0-9]{1,3}0*[^.0-9].*)?$");
        schema
    }
}

impl Schema for AssigneeParameter {
    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "string", "pattern": format!("^(none|{ID})$") })
    }
}

/// In which order they are wanted.
fn order(query: &mut QueryReader, text: Option<&SearchQuery>) -> ConversationOrder {
    let order = query.one("sort").unwrap_or_default();
    if order == ConversationOrder::Relevance && text.is_none() {
        query.note("sort", "must not be relevance without q");
    }
    order
}

impl FromStr for TimeParameter {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Timestamp::parse_exact(text).map(Self).map_err(
            |_| "must be a time in RFC 3339, to the millisecond, such as 2026-11-22T15:04:05.123Z",
        )
    }
}

impl FromStr for AssigneeParameter {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" {
            return Ok(Self(AssigneeFilter::Nobody));
        }
        let user = UserId::parse(text).map_err(|_| "must be \"none\" or the id of a user")?;
        Ok(Self(AssigneeFilter::User(user)))
    }
}
