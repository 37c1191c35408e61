//! The list of which customer has which tag.

use conversations_domain::{CustomerId, Tags, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::Connection;
use crate::columns::DbId;
use crate::error::Failure;
use crate::schema::customer_tags;

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

/// Removes a customer from all tags.
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
