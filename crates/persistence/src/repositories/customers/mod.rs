//! The queries of customers.

mod filter;
mod fold;
mod write;

use async_trait::async_trait;
use conversations_application::ports::{
    Commit, CustomerFilter, CustomerRepository, Deletion, PersonErasure, Removal, Reply,
    RepositoryError, Revision,
};
use conversations_application::{Slice, Window};
use conversations_domain::{Customer, CustomerId, Email, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

pub(super) use fold::fold_what_was_there;
pub(super) use write::insert_customer;

use filter::matching;
use write::{delete_customer, delete_tags, insert_tags};

use super::record::{remember, remember_each};
use super::replies::{keep, reserve};
use super::seen::{check_version, hold_customer};
use super::stretch::{newest_first, slice_of_texts};
use super::tally::Tally;
use super::threads::Threads;
use super::{Asked, Connection, Database, Finder, Found, compute, these, total};
use crate::columns::DbId;
use crate::rows::{CustomerRow, Texts, version_column};
use crate::schema::{conversations, customers};

pub(super) struct DieselCustomers(Database, ById);

type Key = (WorkspaceId, CustomerId);
type ById = Finder<Key, Customer>;

impl DieselCustomers {
    pub(super) fn over(database: &Database) -> Self {
        Self(database.clone(), Finder::new(database, find_all))
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
        window: Window,
    ) -> Result<Slice<Customer>, RepositoryError> {
        self.0
            .snapshot(async move |connection: &mut Connection| {
                let count = matching(workspace, &filter).count().get_result(connection).await?;
                let all = matching(workspace, &filter).select(CustomerRow::as_select());
                let rows: Vec<CustomerRow> =
                    newest_first!(all, customers::id, window).load(connection).await?;
                Ok(slice_of_texts(window, rows, "customers", count).await?)
            })
            .await
    }

    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Customer, Reply>,
    ) -> Result<(), RepositoryError> {
        let Commit { write, history, audit, reply } = commit;
        self.0
            .write(async move |connection: &mut Connection| {
                reserve(connection, workspace, reply.as_ref()).await?;
                insert_customer(connection, workspace, write).await?;
                remember(connection, workspace, history, audit).await?;
                keep(connection, workspace, reply, &()).await
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
                    .filter(customers::email_folded.eq(email.folded()))
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
        commit: Commit<Revision<Customer>>,
    ) -> Result<(), RepositoryError> {
        let Commit { write, history, audit, reply: () } = commit;
        let Revision { changed, loaded } = write;
        let (id, tags) = (changed.id(), changed.tags().clone());
        let row = CustomerRow::new(workspace, changed)?;
        self.0
            .write(async move |connection: &mut Connection| {
                let updated = diesel::update(customers::table)
                    .filter(customers::workspace_id.eq(DbId::of(workspace)))
                    .filter(customers::id.eq(DbId::of(id)))
                    .filter(customers::version.eq(version_column(loaded)))
                    .set(row)
                    .execute(connection)
                    .await?;
                if updated == 0 {
                    return Err(RepositoryError::Stale.into());
                }
                delete_tags(connection, workspace, id).await?;
                insert_tags(connection, workspace, id, &tags).await?;
                remember(connection, workspace, history, audit).await
            })
            .await
    }

    async fn delete(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Deletion<CustomerId>>,
    ) -> Result<Removal, RepositoryError> {
        let Commit { write, history, audit, reply: () } = commit;
        let Deletion { id, seen } = write;
        let deadline = self.0.erase_deadline();
        self.0
            .write_at_length(deadline, async move |connection: &mut Connection| {
                let Some(version) = hold_customer(connection, workspace, id).await? else {
                    return Ok(Removal::Absent);
                };
                check_version(version, seen)?;
                let count = conversations::table
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::customer_id.eq(DbId::of(id)))
                    .count()
                    .get_result(connection)
                    .await?;
                let count = total("conversations", count)?;
                if count > 0 {
                    return Ok(Removal::InUse { conversations: count });
                }
                delete_customer(connection, workspace, id).await?;
                remember(connection, workspace, history, audit).await?;
                Ok(Removal::Done)
            })
            .await
    }

    async fn erase(
        &self,
        workspace: WorkspaceId,
        commit: Commit<PersonErasure>,
    ) -> Result<bool, RepositoryError> {
        let Commit { write, history, audit, reply: () } = commit;
        let PersonErasure { customer, seen, each } = write;
        let (deadline, slot) = (self.0.erase_deadline(), self.0.slot());
        let (counts, erasures) = (self.0.erasures(), self.0.erasures());
        let landed = move |erased: &Option<u64>| {
            if let Some(conversations) = erased {
                counts.of_customers.finish();
                counts.erased(*conversations);
            }
        };
        let work = async move |connection: &mut Connection| {
            // No conversation with the customer begins any more while this goes on.
            let Some(version) = hold_customer(connection, workspace, customer).await? else {
                return Ok(None);
            };
            check_version(version, seen)?;
            erasures.of_customers.start();
            let (mut tally, mut erased) = (Tally::default(), 0);
            while let Some((some, held)) =
                Threads::some_with(connection, workspace, customer).await?
            {
                deadline.check()?;
                for conversation in &held {
                    tally.remove(conversation);
                    erased += 1;
                }
                remember_each(connection, workspace, &some, each.clone()).await?;
                some.erase(connection, workspace).await?;
            }
            deadline.check()?;
            delete_customer(connection, workspace, customer).await?;
            remember(connection, workspace, history, audit).await?;
            tally.apply(connection, workspace, slot).await?;
            Ok(Some(erased))
        };
        let erased = self.0.write_at_length_then(deadline, work, landed).await?;
        Ok(erased.is_some())
    }
}

fn find_all(connection: &mut Connection, asked: Asked<Key>) -> BoxFuture<'_, Found<Key, Customer>> {
    async move {
        let rows: Vec<CustomerRow> = customers::table
            .filter(these(customers::workspace_id, customers::id, asked))
            .select(CustomerRow::as_select())
            .load(connection)
            .await?;
        let found = |row: CustomerRow| {
            let workspace = WorkspaceId::from_uuid(row.workspace_id.0);
            let found = Customer::try_from(row)?;
            Ok(((workspace, found.id()), found))
        };
        let bytes = rows.iter().map(Texts::bytes).sum();
        let found = move || rows.into_iter().map(found).collect::<Result<_, RepositoryError>>();
        Ok(compute(bytes, found).await?)
    }
    .boxed()
}
