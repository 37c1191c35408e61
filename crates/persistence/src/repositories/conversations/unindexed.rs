//! What a filter asks for that the list index does not know: customers and words. The database finds the
//! ids of the conversations that have them.

use conversations_application::search::SearchQuery;
use conversations_domain::ConversationId;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::Connection;
use super::super::search::texts_with_one_term;
use super::list_query::ListQuery;
use super::search_planner::plan_search;
use crate::columns::DbId;
use crate::error::Failure;
use crate::schema::{conversation_texts, conversations};

/// The most conversations of a customer whose ids are read for a list of them: about as long as a list
/// may take. Nearly all customers have fewer.
const MOST_OF_CUSTOMER: usize = 10_000;

impl ListQuery {
    /// Whether this is found by itself. Several terms are not: of the conversations with the rarest one, the
    /// database asks only those for the others that the rest of the filter allows.
    pub(super) fn is_unindexed_separate(&self) -> bool {
        let is_one = |query: &SearchQuery| query.wanted().len() == 1 && query.unwanted().is_empty();
        self.filter.text.as_ref().is_none_or(is_one)
    }

    /// The conversations, in ascending order, that meet what the filter asks for and the index does not
    /// know; `None` if the database finds them faster together with the rest of the filter.
    ///
    /// # Errors
    /// [`TooBroad`](conversations_application::ports::RepositoryError::TooBroad) when more than `search_limit` texts would be looked at.
    pub(super) async fn load_unindexed(
        &self,
        connection: &mut Connection,
        search_limit: u32,
    ) -> Result<Option<Vec<ConversationId>>, Failure> {
        let Some(of_customer) = self.load_of_customer(connection).await? else { return Ok(None) };
        if self.filter.text.is_none() {
            return Ok(Some(of_customer));
        }
        let Some(mut found) = self.load_found(connection, search_limit).await? else {
            return Ok(None);
        };
        if self.filter.customer.is_some() {
            found.retain(|id| of_customer.binary_search(id).is_ok());
        }
        Ok(Some(found))
    }

    /// The conversations of the customer that the filter asks for, and none if it asks for none; `None` if
    /// there are too many.
    async fn load_of_customer(
        &self,
        connection: &mut Connection,
    ) -> Result<Option<Vec<ConversationId>>, Failure> {
        let Some(customer) = self.filter.customer else { return Ok(Some(Vec::new())) };
        let ids: Vec<DbId> = conversations::table
            .filter(conversations::workspace_id.eq(DbId::of(self.workspace)))
            .filter(conversations::customer_id.eq(DbId::of(customer)))
            .select(conversations::id)
            .limit(i64::try_from(MOST_OF_CUSTOMER + 1).unwrap_or(i64::MAX))
            .load(connection)
            .await?;
        Ok((ids.len() <= MOST_OF_CUSTOMER).then(|| sorted(ids)))
    }

    /// The conversations that are found by words; `None` if that begins with the rest of the filter.
    async fn load_found(
        &self,
        connection: &mut Connection,
        search_limit: u32,
    ) -> Result<Option<Vec<ConversationId>>, Failure> {
        let plan = plan_search(connection, self.workspace, &self.filter, search_limit).await?;
        let Some(condition) = plan.as_ref().and_then(texts_with_one_term) else { return Ok(None) };
        let ids: Vec<DbId> = conversation_texts::table
            .filter(condition)
            .select(conversation_texts::conversation_id)
            .load(connection)
            .await?;
        Ok(Some(sorted(ids)))
    }
}

/// In ascending order, each once.
fn sorted(ids: Vec<DbId>) -> Vec<ConversationId> {
    let mut ids: Vec<_> = ids.into_iter().map(|id| ConversationId::from_uuid(id.0)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
