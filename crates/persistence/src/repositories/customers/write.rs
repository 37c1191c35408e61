//! Storing a new customer.

use conversations_domain::{Customer, WorkspaceId};
use diesel_async::RunQueryDsl;

use super::super::Connection;
use super::super::customer_tags::insert_tags;
use crate::error::Failure;
use crate::prepared_query::PreparedQuery;
use crate::rows::CustomerRow;
use crate::schema::customers;

/// Stores a new customer with their tags.
pub(in super::super) async fn insert_customer(
    connection: &mut Connection,
    workspace: WorkspaceId,
    customer: Customer,
) -> Result<(), Failure> {
    let (id, tags) = (customer.id(), customer.tags().clone());
    let row = CustomerRow::new(workspace, customer)?;
    let insert = diesel::insert_into(customers::table).values(row);
    PreparedQuery(insert).execute(connection).await?;
    insert_tags(connection, workspace, id, &tags).await
}
