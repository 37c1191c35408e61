//! The queries of customers.

mod backfill;
mod filter;
mod write;

use async_trait::async_trait;
use conversations_application::ports::{
    Commit, CustomerErasure, CustomerRepository, Deletion, DeletionOutcome, OptionalResponse,
    RepositoryError, Updated,
};
use conversations_application::read_model::CustomerFilter;
use conversations_application::reply_budget::PageBudget;
use conversations_application::{PageSlice, PageWindow};
use conversations_domain::{
    Customer, CustomerId, DirectoryField, Email, ExternalId, NewEvent, WorkspaceId,
};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

pub(super) use backfill::backfill_case_folding;
pub(super) use write::insert_customer;

use filter::matching;

use super::customer_tags::{delete_tags, insert_tags};
use super::emails::key_of;
use super::envelope::{Envelope, refuse_stale};
use super::erasures::{ErasedConversations, delete_customer, erase_some_with, hide_customer};
use super::hidden::{Hidden, is_erasing};
use super::long_content::{
    listed_customer, load_custom_fields, short_custom_fields, size_of_custom_fields,
};
use super::paging::{fitting, newest_first, slice_of_texts};
use super::sql_builder::SqlBuilder;
use super::totals::CountDeltas;
use super::version_checks::{check_version, lock_customer};
use super::{
    BatchLoader, Connection, Database, LoadedRows, LookupKeys, in_keys, offload_if_large, total,
};
use crate::columns::DbId;
use crate::error::Failure;
use crate::prepared_query::PreparedQuery;
use crate::rows::{CustomerRow, TextSize, last_version, version_column};
use crate::schema::{conversations, customers};

pub(super) struct DieselCustomers(Database, ById);

type Key = (WorkspaceId, CustomerId);
type ById = BatchLoader<Key, Customer>;

impl DieselCustomers {
    pub(super) fn over(database: &Database) -> Self {
        Self(database.clone(), BatchLoader::new(database, find_all))
    }
}

#[async_trait]
impl CustomerRepository for DieselCustomers {
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: CustomerId,
    ) -> Result<Option<Customer>, RepositoryError> {
        self.1.find((workspace, id)).await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        filter: CustomerFilter,
        window: PageWindow,
    ) -> Result<PageSlice<Customer>, RepositoryError> {
        let limit = i64::from(self.0.search_limits().customers);
        let searched = filter.search.is_some();
        let budget = PageBudget::current();
        let list = async move |connection: &mut Connection| {
            if searched {
                check_breadth(connection, workspace, &filter, limit).await?;
            }
            let all =
                |hidden: &Hidden| cancellable!(matching(workspace, &filter, hidden), customers::id);
            let counted = all(&Hidden::default()).select((count_star(), is_erasing(workspace)));
            let (mut count, is_erasing): (i64, bool) = counted.get_result(connection).await?;
            let hidden = Hidden::load_if(connection, workspace, is_erasing).await?;
            if !hidden.customers.is_empty() {
                count = all(&hidden).count().get_result(connection).await?;
            }
            let all = all(&hidden).select((listed_customer!(), size_of_custom_fields()));
            let rows: Vec<(CustomerRow, i32)> =
                load_all!(newest_first!(all, customers::id, window), connection)?;
            let (window, mut rows) = fitting(window, rows, &budget)?;
            load_custom_fields(connection, workspace, rows.iter_mut()).await?;
            Ok(slice_of_texts(window, rows, "customers", count).await?)
        };
        if searched { self.0.search(list).await } else { self.0.snapshot(list).await }
    }

    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Customer, OptionalResponse>,
    ) -> Result<(), RepositoryError> {
        let (new, envelope) = Envelope::of(workspace, commit);
        let event = NewEvent::of_new_customer(&new);
        envelope
            .commit_with_event(&self.0, event, async move |connection: &mut Connection| {
                insert_customer(connection, workspace, new).await
            })
            .await
    }

    async fn find_by_email(
        &self,
        workspace: WorkspaceId,
        email: Email,
    ) -> Result<Option<Customer>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let row = customers::table
                    .filter(customers::workspace_id.eq(DbId::of(workspace)))
                    .filter(customers::email_folded.eq(email.case_folded()))
                    .select(CustomerRow::as_select())
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(Customer::try_from).transpose()?)
            })
            .await
    }

    async fn find_by_external_id(
        &self,
        workspace: WorkspaceId,
        id: ExternalId,
    ) -> Result<Option<Customer>, RepositoryError> {
        let ExternalId { source, id } = id;
        self.0
            .read(async move |connection: &mut Connection| {
                let row = customers::table
                    .filter(customers::workspace_id.eq(DbId::of(workspace)))
                    .filter(customers::external_id.eq(id.as_str()))
                    .filter(customers::external_source.eq(source.as_str()))
                    .select(CustomerRow::as_select())
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(Customer::try_from).transpose()?)
            })
            .await
    }

    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Updated<Customer>>,
    ) -> Result<(), RepositoryError> {
        let (Updated { changed, loaded, fields }, envelope) = Envelope::of(workspace, commit);
        let id = changed.id();
        let tags = fields.contains(&DirectoryField::Tags.into()).then(|| changed.tags().clone());
        let event = NewEvent::of_changed_customer(&changed, fields);
        let row = CustomerRow::new(workspace, changed)?;
        envelope
            .commit_with_event(&self.0, event, async move |connection: &mut Connection| {
                let update = diesel::update(customers::table)
                    .filter(customers::workspace_id.eq(DbId::of(workspace)))
                    .filter(customers::id.eq(DbId::of(id)))
                    .filter(customers::version.eq(version_column(loaded)))
                    .set((key_of!(customers, row), row));
                refuse_stale(PreparedQuery(update).execute(connection).await?)?;
                let Some(tags) = tags else { return Ok(()) };
                delete_tags(connection, workspace, id).await?;
                insert_tags(connection, workspace, id, &tags).await
            })
            .await
    }

    async fn delete(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Deletion<CustomerId>>,
    ) -> Result<DeletionOutcome, RepositoryError> {
        let (Deletion { id, observed }, envelope) = Envelope::of(workspace, commit);
        let (origin, slot) = (envelope.origin().clone(), self.0.slot());
        let deadline = self.0.erase_deadline();
        let removed = self
            .0
            .write_long(deadline, async move |connection: &mut Connection| {
                let Some(version) = lock_customer(connection, workspace, id).await? else {
                    return Ok(DeletionOutcome::Absent);
                };
                check_version(version, observed)?;
                let count = conversations::table
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::customer_id.eq(DbId::of(id)))
                    .count()
                    .get_result(connection)
                    .await?;
                let count = total("conversations", count)?;
                if count > 0 {
                    return Ok(DeletionOutcome::InUse { conversations: count });
                }
                delete_customer(connection, workspace, id).await?;
                envelope.finish(connection, &()).await?;
                let mut deltas = CountDeltas::default();
                let gone = NewEvent::of_deleted_customer(id, last_version(version)?);
                deltas.add_events(workspace, &origin, [gone]);
                deltas.apply(connection, workspace, slot).await?;
                Ok(DeletionOutcome::Done)
            })
            .await;
        self.0.feed_notifier().notify_of_deletion(workspace);
        removed
    }

    async fn erase(
        &self,
        workspace: WorkspaceId,
        commit: Commit<CustomerErasure>,
    ) -> Result<bool, RepositoryError> {
        let (erasure, envelope) = Envelope::of(workspace, commit);
        let CustomerErasure { customer, observed, each } = erasure;
        let (slot, size) = (self.0.slot(), self.0.step_size());
        let origin = envelope.origin().clone();
        let (counts, erasures) = (self.0.erasures(), self.0.erasures());
        let on_commit = move |erased: &Option<ErasedConversations>| {
            let Some(ErasedConversations { conversations, is_all }) = erased else { return };
            counts.erased(*conversations);
            if *is_all {
                counts.of_customers.finish();
            }
        };
        let work = async move |connection: &mut Connection| {
            // No further conversation with the customer is created while this runs.
            let Some(version) = lock_customer(connection, workspace, customer).await? else {
                return Ok(None);
            };
            check_version(version, observed)?;
            erasures.of_customers.start();
            let mut deltas = CountDeltas::default();
            let (theirs, told) = (Some(customer), Some((&each, origin.first)));
            let erased =
                erase_some_with(connection, workspace, theirs, told, &mut deltas, size).await?;
            let gone = NewEvent::of_deleted_customer(customer, last_version(version)?);
            deltas.add_events(workspace, &origin, [gone]);
            if erased.is_all {
                delete_customer(connection, workspace, customer).await?;
            } else {
                hide_customer(connection, workspace, customer, each).await?;
            }
            envelope.finish(connection, &()).await?;
            deltas.apply(connection, workspace, slot).await?;
            Ok(Some(erased))
        };
        let erased = self.0.write_then(work, on_commit).await?;
        self.0.feed_notifier().notify_of_deletion(workspace);
        Ok(erased.is_some())
    }
}

/// Refuses to look for a part of a text in more customers than that: no index finds it.
async fn check_breadth(
    connection: &mut Connection,
    workspace: WorkspaceId,
    filter: &CustomerFilter,
    limit: i64,
) -> Result<(), Failure> {
    let all = CustomerFilter { search: None, ..filter.clone() };
    let some = cancellable!(matching(workspace, &all, &Hidden::default()), customers::id)
        .select(customers::id)
        .limit(limit.saturating_add(1));
    let count =
        SqlBuilder::<BigInt>::of("(SELECT COUNT(*) FROM (").fragment(some).text(") AS counted)");
    let count: i64 = diesel::select(count).get_result(connection).await?;
    if count > limit { Err(RepositoryError::TooBroad.into()) } else { Ok(()) }
}

fn find_all(
    connection: &mut Connection,
    keys: LookupKeys<Key>,
) -> BoxFuture<'_, LoadedRows<Key, Customer>> {
    async move {
        let rows: Vec<CustomerRow> = customers::table
            .filter(in_keys(customers::workspace_id, customers::id, keys))
            .select(CustomerRow::as_select())
            .load(connection)
            .await?;
        let found = |row: CustomerRow| {
            let workspace = WorkspaceId::from_uuid(row.workspace_id.0);
            let found = Customer::try_from(row)?;
            Ok(((workspace, found.id()), found))
        };
        let bytes = rows.iter().map(TextSize::bytes).sum();
        let rows = rows.into_iter().filter(|row| !row.erasing);
        let found = move || rows.map(found).collect::<Result<_, RepositoryError>>();
        Ok(offload_if_large(bytes, found).await?)
    }
    .boxed()
}
