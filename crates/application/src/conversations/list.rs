//! Listing conversations.

use conversations_domain::WorkspaceId;

use super::ConversationService;
use crate::page::ListScope;
use crate::ports::AtPosition;
use crate::read_model::{ConversationDetails, ConversationFilter, ConversationOrder, Criterion};
use crate::{Caller, Error, Invalid, Page, PageRequest};

impl ConversationService {
    /// A page of the conversations that the filter allows, in this order, with the exact total, and the
    /// position of the feed from which to follow it.
    ///
    /// # Errors
    /// [`Error::InvalidCursor`] when the page is asked for by a cursor of another list.
    pub async fn list(
        &self,
        caller: &Caller,
        filter: ConversationFilter,
        order: ConversationOrder,
        page: PageRequest,
    ) -> Result<AtPosition<Page<ConversationDetails>>, Error> {
        let resolved = scope(caller.workspace, &filter, order).resolve(page)?;
        let asked_of = filter.clone();
        let found = self.conversations.list(caller.workspace, filter, order, resolved.window).await;
        let AtPosition { content: found, position } =
            found.map_err(|error| Error::of_search(error, Invalid::WordsTooBroad))?;
        let page = resolved.page(found, |details| order.anchor(&asked_of, &details.conversation));
        Ok(AtPosition { content: page, position })
    }
}

/// What cursors of such a list belong to.
fn scope(
    workspace: WorkspaceId,
    filter: &ConversationFilter,
    order: ConversationOrder,
) -> ListScope {
    let scope = ListScope::of(workspace, "conversations").with(order);
    filter.by_field().into_iter().enumerate().fold(scope, |scope, (place, criterion)| {
        match criterion.map(Criterion::values) {
            values if place < FIRST_FIELDS => scope.with_any_of(values.unwrap_or_default()),
            Some(values) => scope.with(place).with_any_of(values),
            None => scope,
        }
    })
}

/// The fields that are part of every cursor, also those that ask for nothing. Fields that came later
/// are part of it when they ask for something: so cursors that clients hold outlive a new field.
const FIRST_FIELDS: usize = 13;

#[cfg(test)]
mod tests {
    use conversations_domain::{
        Channel, CustomerId, InboxId, Priority, Source, Status, Tags, UserId,
    };
    use uuid::Uuid;

    use super::*;
    use crate::ports::{MockConversationRepository, RepositoryError};
    use crate::read_model::{AssigneeFilter, ExternalIdFilter};
    use crate::testing::{Ports, caller, details, third_page, third_window, time};

    /// A cursor of a list with this filter and order.
    async fn cursor(filter: ConversationFilter, order: ConversationOrder) -> PageRequest {
        let page = list(filter, order, third_page()).await.expect("a page by number");
        PageRequest::at(page.next.expect("a next page"), 5).expect("a page")
    }

    async fn list(
        filter: ConversationFilter,
        order: ConversationOrder,
        page: PageRequest,
    ) -> Result<Page<ConversationDetails>, Error> {
        let mut conversations = MockConversationRepository::new();
        conversations
            .expect_list()
            .returning(|_, _, _, _| Ok(unnumbered(third_window().slice(vec![details()], 99))));
        let ports = Ports { conversations, ..Ports::default() };
        let listed = ports.conversation_service().list(&caller(), filter, order, page).await;
        listed.map(|listed| listed.content)
    }

    fn unnumbered<T>(content: T) -> AtPosition<T> {
        AtPosition { content, position: None }
    }

    #[tokio::test]
    async fn a_search_for_too_much_is_invalid() {
        let mut conversations = MockConversationRepository::new();
        conversations.expect_list().returning(|_, _, _, _| Err(RepositoryError::TooBroad));
        let ports = Ports { conversations, ..Ports::default() };
        let (service, filter) = (ports.conversation_service(), ConversationFilter::default());

        let order = ConversationOrder::default();

        let listed = service.list(&caller(), filter, order, third_page()).await;

        assert!(matches!(listed, Err(Error::Invalid(Invalid::WordsTooBroad))));
    }

    /// Cursors that clients hold outlive an upgrade: what they belong to is named in one way.
    #[tokio::test]
    async fn a_cursor_of_an_earlier_version_is_still_one_of_its_list() {
        let id = Uuid::from_u128;
        let filter = ConversationFilter {
            statuses: vec![Status::Open, Status::Closed],
            priorities: vec![Priority::Urgent],
            assignee: Some(AssigneeFilter::User(UserId::from_uuid(id(7)))),
            inbox: Some(InboxId::from_uuid(id(8))),
            customer: Some(CustomerId::from_uuid(id(9))),
            labels: Tags::parse(&["vip", "refund"]).expect("labels"),
            channels: vec![Channel::Email, Channel::Chat],
            sources: Vec::new(),
            created_after: Some(time(1)),
            created_before: Some(time(4)),
            updated_after: Some(time(2)),
            updated_before: Some(time(3)),
            text: "refund".parse().ok(),
            external_id: None,
        };

        let page = list(filter, ConversationOrder::Newest, third_page()).await.expect("a page");

        let next = page.next.map(|cursor| cursor.to_string());
        let earlier = "AcgEAUxwBpGQtfaeETgDLoQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAGQ";
        assert_eq!(next.as_deref(), Some(earlier));
    }

    #[tokio::test]
    async fn a_cursor_belongs_to_one_filter_and_order() {
        let id = Uuid::from_u128(7);
        let external_id = |source| {
            let id = "open".parse().expect("an id");
            Some(ExternalIdFilter { id, source })
        };
        let any = ConversationFilter::default;
        let filters = [
            any(),
            ConversationFilter { statuses: vec![Status::Open], ..any() },
            ConversationFilter { priorities: vec![Priority::Low], ..any() },
            ConversationFilter { assignee: Some(AssigneeFilter::Nobody), ..any() },
            ConversationFilter {
                assignee: Some(AssigneeFilter::User(UserId::from_uuid(id))),
                ..any()
            },
            ConversationFilter { inbox: Some(InboxId::from_uuid(id)), ..any() },
            ConversationFilter { customer: Some(CustomerId::from_uuid(id)), ..any() },
            ConversationFilter { labels: Tags::parse(&["open"]).expect("labels"), ..any() },
            ConversationFilter { channels: vec![Channel::Email], ..any() },
            ConversationFilter { sources: vec![Source::Email], ..any() },
            ConversationFilter { created_after: Some(time(1)), ..any() },
            ConversationFilter { created_before: Some(time(1)), ..any() },
            ConversationFilter { updated_after: Some(time(1)), ..any() },
            ConversationFilter { updated_before: Some(time(1)), ..any() },
            ConversationFilter { external_id: external_id(None), ..any() },
            ConversationFilter { external_id: external_id("crm".parse().ok()), ..any() },
        ];
        let order = ConversationOrder::default();

        for (place, filter) in filters.iter().enumerate() {
            let cursor = cursor(filter.clone(), order).await;
            for (of, other) in filters.iter().enumerate() {
                let listed = list(other.clone(), order, cursor).await;
                assert_eq!(listed.is_ok(), of == place, "{filter:?} {other:?}");
            }
            for order in &ConversationOrder::ALL[1..] {
                let listed = list(filter.clone(), *order, cursor).await;
                assert!(matches!(listed, Err(Error::InvalidCursor(_))), "{order}");
            }
        }
    }
}
