//! The keys of e-mail addresses, which identify customers and users.
//!
//! A key is made from its address by the rule of the domain ([`Email::case_folded`]). The rule has changed
//! once: two people who had two addresses by the old one may have one by the new. Of those the older
//! got the key, and the other keeps the old one, which no address has now, until their address
//! changes.

use conversations_application::ports::RepositoryError;
use conversations_domain::Email;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::backfill::backfill;
use super::{Connection, Database};
use crate::columns::DbId;
use crate::error::{Failure, column};
use crate::schema::{customers, customers_to_fold, users, users_to_fold};

/// How many people one transaction takes. Others write between two of them.
const STEP: i64 = 200;

/// Sets the key in an update: whose address stays keeps the key that there is.
macro_rules! key_of {
    ($people:ident, $row:ident) => {
        $people::email_folded.eq(diesel::dsl::case_when(
            $people::email.eq($row.email.clone()),
            $people::email_folded,
        )
        .otherwise($row.email_folded.clone()))
    };
}

pub(super) use key_of;

/// Makes the keys of people whom the migration to the present rule has listed. In the order of their
/// ids, so that of two with one address the older gets the key.
macro_rules! backfill_some {
    ($connection:ident, $people:ident listed in $listed:ident by $id:ident) => {{
        // Those of one workspace: a cluster locks rows of one node only.
        let first: Option<DbId> = $listed::table
            .select($listed::workspace_id)
            .order($listed::workspace_id)
            .first($connection)
            .await
            .optional()?;
        let Some(first) = first else { return Ok(0) };
        // The first to lock them does them: others wait, and then find them done.
        let listed: Vec<(DbId, DbId)> = for_update!(
            $listed::table
                .filter($listed::workspace_id.eq(first))
                .order($listed::$id)
                .limit(STEP)
                .select(($listed::workspace_id, $listed::$id))
        )
        .load($connection)
        .await?;
        for &(workspace, id) in &listed {
            let this = || {
                $people::table
                    .filter($people::workspace_id.eq(workspace))
                    .filter($people::id.eq(id))
                    .filter($people::erasing.eq(false))
            };
            let keys = ($people::email.nullable(), $people::email_folded.nullable());
            let row: Option<(Option<String>, Option<String>)> =
                for_update!(this().select(keys)).first($connection).await.optional()?;
            let (email, before) = row.unwrap_or_default();
            let key = email.map(|email| Email::restore(&email).map(|email| email.case_folded()));
            let key = column(stringify!($people), "email", key.transpose())?;
            if let Some(key) = key.filter(|key| Some(key) != before.as_ref()) {
                let taken: Option<DbId> = $people::table
                    .filter($people::workspace_id.eq(workspace))
                    .filter($people::email_folded.eq(key.clone()))
                    .select($people::id)
                    .first($connection)
                    .await
                    .optional()?;
                if taken.is_some() {
                    log_conflict(stringify!($people), workspace, id);
                } else {
                    let folded = $people::email_folded.eq(key);
                    diesel::update(this()).set(folded).execute($connection).await?;
                }
            }
            diesel::delete($listed::table)
                .filter($listed::workspace_id.eq(workspace))
                .filter($listed::$id.eq(id))
                .execute($connection)
                .await?;
        }
        Ok::<_, Failure>(listed.len())
    }};
}

/// Does what the migration to the present rule leaves to do.
pub(super) async fn backfill_email_keys(database: &Database) -> Result<(), RepositoryError> {
    let what = "migrating: folding the e-mail addresses of existing customers and users";
    backfill(database, what, has_more, process_batch).await
}

/// Whether there are such people.
async fn has_more(connection: &mut Connection) -> Result<bool, Failure> {
    let of_customers: i64 = customers_to_fold::table.count().get_result(connection).await?;
    let of_users: i64 = users_to_fold::table.count().get_result(connection).await?;
    Ok(of_customers + of_users > 0)
}

/// Does it for some of them, and answers for how many.
async fn process_batch(connection: &mut Connection) -> Result<usize, Failure> {
    Ok(backfill_customers(connection).await? + backfill_users(connection).await?)
}

async fn backfill_customers(connection: &mut Connection) -> Result<usize, Failure> {
    backfill_some!(connection, customers listed in customers_to_fold by customer_id)
}

async fn backfill_users(connection: &mut Connection) -> Result<usize, Failure> {
    backfill_some!(connection, users listed in users_to_fold by user_id)
}

fn log_conflict(table: &'static str, DbId(workspace): DbId, DbId(id): DbId) {
    tracing::warn!(%workspace, table, %id, "the e-mail address equals that of an older customer or user");
}
