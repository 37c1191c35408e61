//! Listing conversations.

use std::str::FromStr;

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::conversations::ConversationService;
use conversations_application::ports::{AssigneeFilter, ConversationFilter, ConversationOrder};
use conversations_domain::UserId;

use super::ConversationBody;
use crate::caller::{Caller, ReadConversations};
use crate::error::ApiError;
use crate::page::ListBody;
use crate::query::{FromQuery, QueryReader, ValidatedQuery};

/// Which conversations are wanted, and which page of them.
pub(crate) struct ListQuery {
    pub(crate) filter: ConversationFilter,
    pub(crate) page: PageRequest,
}

/// `none`, or a user's id.
struct AssigneeParameter(AssigneeFilter);

pub(crate) async fn list(
    caller: Caller<ReadConversations>,
    service: Data<ConversationService>,
    query: ValidatedQuery<ListQuery>,
) -> Result<ListBody<ConversationBody>, ApiError> {
    let ListQuery { filter, page } = query.0;
    let conversations = service.list(&caller, filter, ConversationOrder::default(), page).await?;
    Ok(ListBody::new(page, conversations))
}

impl FromQuery for ListQuery {
    fn read(query: &mut QueryReader) -> Self {
        Self {
            filter: ConversationFilter {
                statuses: query.several("status"),
                priorities: query.several("priority"),
                assignee: query.one("assignedTo").map(|AssigneeParameter(filter)| filter),
                inbox: query.one("inboxId"),
                customer: query.one("customerId"),
                labels: query.one("label").unwrap_or_default(),
                ..ConversationFilter::default()
            },
            page: query.page(),
        }
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
