//! The queries of customers.

use async_trait::async_trait;
use conversations_application::ports::{Commit, CustomerRepository, RepositoryError};
use conversations_application::{Page, PageRequest};
use conversations_domain::{Customer, CustomerId, Email, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::record::remember;
use super::{Connection, Database, bounds, entities, total};
use crate::columns::DbId;
use crate::rows::CustomerRow;
use crate::schema::customers;

pub(super) struct DieselCustomers(pub(super) Database);

#[async_trait]
impl CustomerRepository for DieselCustomers {
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: CustomerId,
    ) -> Result<Option<Customer>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let row = customers::table
                    .filter(customers::workspace_id.eq(DbId::of(workspace)))
                    .filter(customers::id.eq(DbId::of(id)))
                    .select(CustomerRow::as_select())
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(Customer::try_from).transpose()?)
            })
            .await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<Customer>, RepositoryError> {
        let (limit, offset) = bounds(page);
        self.0
            .snapshot(async move |connection: &mut Connection| {
                let count = customers::table
                    .filter(customers::workspace_id.eq(DbId::of(workspace)))
                    .count()
                    .get_result(connection)
                    .await?;
                let rows = customers::table
                    .filter(customers::workspace_id.eq(DbId::of(workspace)))
                    .order(customers::id.desc())
                    .limit(limit)
                    .offset(offset)
                    .select(CustomerRow::as_select())
                    .load(connection)
                    .await?;
                Ok(Page { items: entities(rows)?, total: total("customers", count)? })
            })
            .await
    }

    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Customer>,
    ) -> Result<(), RepositoryError> {
        let Commit { write, history, audit } = commit;
        let row = CustomerRow::new(workspace, write)?;
        self.0
            .write(async move |connection: &mut Connection| {
                diesel::insert_into(customers::table).values(row).execute(connection).await?;
                remember(connection, workspace, history, audit).await
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
}
