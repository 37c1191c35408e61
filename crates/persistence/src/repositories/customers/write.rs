//! Writing customers, and the list of whom has which tag.

use conversations_domain::{Customer, CustomerId, Tags, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::Connection;
use super::super::replies::drop_replies_about;
use crate::columns::DbId;
use crate::error::Failure;
use crate::prepared::Prepared;
use crate::rows::CustomerRow;
use crate::schema::{customer_tags, customers};

/// Stores a new customer with their tags.
pub(in super::super) async fn insert_customer(
    connection: &mut Connection,
    workspace: WorkspaceId,
    customer: Customer,
) -> Result<(), Failure> {
    let (id, tags) = (customer.id(), customer.tags().clone());
    let row = CustomerRow::new(workspace, customer)?;
    let insert = diesel::insert_into(customers::table).values(row);
    Prepared(insert).execute(connection).await?;
    insert_tags(connection, workspace, id, &tags).await
}

/// Lists a customer under their tags.
pub(super) async fn insert_tags(
    connection: &mut Connection,
    workspace: WorkspaceId,
    customer: CustomerId,
    tags: &Tags,
) -> Result<(), Failure> {
    for tag in tags.iter() {
        diesel::insert_into(customer_tags::table)
            .values((
                customer_tags::workspace_id.eq(DbId::of(workspace)),
                customer_tags::tag.eq(tag),
                customer_tags::customer_id.eq(DbId::of(customer)),
            ))
            .execute(connection)
            .await?;
    }
    Ok(())
}

pub(super) async fn delete_tags(
    connection: &mut Connection,
    workspace: WorkspaceId,
    customer: CustomerId,
) -> Result<(), Failure> {
    diesel::delete(customer_tags::table)
        .filter(customer_tags::workspace_id.eq(DbId::of(workspace)))
        .filter(customer_tags::customer_id.eq(DbId::of(customer)))
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes a customer to whom nothing refers.
pub(in super::super) async fn delete_customer(
    connection: &mut Connection,
    workspace: WorkspaceId,
    customer: CustomerId,
) -> Result<(), Failure> {
    delete_tags(connection, workspace, customer).await?;
    diesel::delete(customers::table)
        .filter(customers::workspace_id.eq(DbId::of(workspace)))
        .filter(customers::id.eq(DbId::of(customer)))
        .execute(connection)
        .await?;
    drop_replies_about(connection, workspace, customer).await
}
