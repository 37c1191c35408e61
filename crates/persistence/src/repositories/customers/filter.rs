//! Which customers a list shows.

use conversations_application::read_model::{CustomerFilter, ExternalIdFilter};
use conversations_application::search::fold_text;
use conversations_domain::{CustomerStatus, Tier, WorkspaceId};
use diesel::prelude::*;

use super::super::hidden::Hidden;
use super::super::{Backend, place_in};
use crate::columns::DbId;
use crate::schema::{customer_tags, customers};

/// The customers that a filter allows, without those who are being erased: one place for the list and
/// for its total.
pub(super) fn matching(
    workspace: WorkspaceId,
    filter: &CustomerFilter,
    hidden: &Hidden,
) -> customers::BoxedQuery<'static, Backend> {
    let CustomerFilter { search, tiers, statuses, tags, email, external_id } = filter;
    let mut query =
        customers::table.filter(customers::workspace_id.eq(DbId::of(workspace))).into_boxed();
    if let Some(search) = search {
        // Not LIKE: a pattern takes SQLite the length of both texts, multiplied.
        let folded = fold_text(search.as_str());
        // Marks alone are folded to nothing, which would be in every text.
        let sought = if folded.is_empty() { search.as_str().to_owned() } else { folded };
        let place = place_in(customers::search_folded, sought);
        query = query.filter(place.gt(0));
    }
    if !tiers.is_empty() {
        let words: Vec<_> = tiers.iter().copied().map(Tier::as_str).collect();
        query = query.filter(customers::tier.eq_any(words));
    }
    if !statuses.is_empty() {
        let words: Vec<_> = statuses.iter().copied().map(CustomerStatus::as_str).collect();
        query = query.filter(customers::status.eq_any(words));
    }
    for tag in tags.iter() {
        let tagged = customer_tags::table
            .filter(customer_tags::workspace_id.eq(DbId::of(workspace)))
            .filter(customer_tags::tag.eq(tag.to_owned()))
            .select(customer_tags::customer_id);
        query = query.filter(customers::id.eq_any(tagged));
    }
    if let Some(email) = email {
        query = query.filter(customers::email_folded.eq(email.case_folded()));
    }
    if let Some(ExternalIdFilter { id, source }) = external_id {
        query = query.filter(customers::external_id.eq(id.as_str().to_owned()));
        if let Some(source) = source {
            query = query.filter(customers::external_source.eq(source.as_str().to_owned()));
        }
    }
    if !hidden.customers.is_empty() {
        query = query.filter(customers::id.ne_all(hidden.customers.clone()));
    }
    query
}
