//! Planning a search, so that its cost is known in advance.
//!
//! It begins with what is rarest: the texts with one of the words, or the conversations that the rest
//! of the filter allows. When there are too many of them the search is refused.

use conversations_application::ports::RepositoryError;
use conversations_application::read_model::ConversationFilter;
use conversations_application::search::{SearchQuery, Term};
use conversations_domain::WorkspaceId;
use diesel::QueryDsl;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;

use super::super::super::search::TextsWithWord;
use super::super::Connection;
use super::super::hidden::Hidden;
use super::super::search::{SearchPlan, SearchStart, TermByWord};
use super::super::sql_builder::SqlBuilder;
use super::super::totals::Total;
use super::filter::matching;
use crate::columns::DbId;
use crate::error::Failure;
use crate::schema::conversations;
use crate::text_index::DbTerm;

/// Finds out how to look for what a filter asks for, if it asks for words. `limit` is how many texts
/// may be looked at, times the number of terms.
///
/// # Errors
/// [`RepositoryError::TooBroad`] when that would be too many.
pub(in super::super::super) async fn plan_search(
    connection: &mut Connection,
    workspace: WorkspaceId,
    filter: &ConversationFilter,
    limit: u32,
) -> Result<Option<SearchPlan>, Failure> {
    let Some(query) = &filter.text else { return Ok(None) };
    let count = query.wanted().len() + query.unwanted().len();
    let limit = (i64::from(limit) / i64::try_from(count).unwrap_or(i64::MAX)).max(1);
    let mut search = SearchPlanner { connection, workspace, limit };
    let way = search.find_start(query, filter).await?.ok_or(RepositoryError::TooBroad)?;
    let wanted = terms(workspace, query.wanted());
    Ok(Some(SearchPlan { workspace: DbId::of(workspace), wanted, way }))
}

fn terms(workspace: WorkspaceId, terms: &[Term]) -> Vec<DbTerm> {
    terms.iter().map(|term| DbTerm::of(workspace, term)).collect()
}

struct SearchPlanner<'c> {
    connection: &'c mut Connection,
    workspace: WorkspaceId,
    limit: i64,
}

impl SearchPlanner<'_> {
    async fn find_start(
        &mut self,
        query: &SearchQuery,
        filter: &ConversationFilter,
    ) -> Result<Option<SearchStart>, Failure> {
        let mut wanted = terms(self.workspace, query.wanted());
        let unwanted = terms(self.workspace, query.unwanted());
        if let Some((place, word)) = self.rarest(&wanted).await? {
            let start = TermByWord { word, term: wanted.remove(place) };
            return Ok(Some(SearchStart::ByTerm { start, wanted, unwanted }));
        }
        if wanted.is_empty()
            && let Some(these) = self.rarest_of_all(&unwanted).await?
        {
            return Ok(Some(SearchStart::AllBut(these)));
        }
        let allowed = self.allowed_without_text(filter).await?;
        Ok((allowed <= self.limit).then_some(SearchStart::ByFilter { wanted, unwanted }))
    }

    /// The term with the rarest word, and that word, if it is in few enough texts.
    async fn rarest(&mut self, terms: &[DbTerm]) -> Result<Option<(usize, DbTerm)>, Failure> {
        let mut rarest: Option<(i64, (usize, DbTerm))> = None;
        for (place, term) in terms.iter().enumerate() {
            for word in term.each_word() {
                let bound = rarest.as_ref().map_or(self.limit, |(count, _)| *count);
                let count = self.texts_with(&word, bound).await?;
                if count <= bound && rarest.as_ref().is_none_or(|(least, _)| count < *least) {
                    rarest = Some((count, (place, word)));
                }
                // Nothing is rarer than what is nowhere.
                if count == 0 {
                    return Ok(rarest.map(|(_, found)| found));
                }
            }
        }
        Ok(rarest.map(|(_, found)| found))
    }

    /// All of the terms with their rarest words, if these are in few enough texts altogether.
    async fn rarest_of_all(
        &mut self,
        terms: &[DbTerm],
    ) -> Result<Option<Vec<TermByWord>>, Failure> {
        let mut these = Vec::with_capacity(terms.len());
        for term in terms {
            let Some((_, word)) = self.rarest(std::slice::from_ref(term)).await? else {
                return Ok(None);
            };
            these.push(TermByWord { word, term: term.clone() });
        }
        Ok(Some(these))
    }

    /// How many texts have a word; one more than the bound stands for all beyond.
    async fn texts_with(&mut self, word: &DbTerm, bound: i64) -> Result<i64, Failure> {
        let texts = TextsWithWord::with(self.workspace, word, bound.saturating_add(1));
        let count = SqlBuilder::<BigInt>::of("(SELECT COUNT(*) FROM (")
            .fragment(texts)
            .text(") AS counted)");
        Ok(diesel::select(count).get_result(self.connection).await?)
    }

    /// How many conversations a filter allows, whatever was said in them; one more than the limit
    /// stands for all beyond.
    async fn allowed_without_text(&mut self, filter: &ConversationFilter) -> Result<i64, Failure> {
        let filter = ConversationFilter { text: None, ..filter.clone() };
        if let Some(total) = Total::of(self.workspace, &filter) {
            return Ok(diesel::select(total).get_result(self.connection).await?);
        }
        let some = matching(self.workspace, &filter, None, &Hidden::default());
        let some = cancellable!(some, conversations::id)
            .select(conversations::id)
            .limit(self.limit.saturating_add(1));
        let count = SqlBuilder::<BigInt>::of("(SELECT COUNT(*) FROM (")
            .fragment(some)
            .text(") AS counted)");
        Ok(diesel::select(count).get_result(self.connection).await?)
    }
}
