//! What a query says in its own way on PostgreSQL.

use conversations_domain::Timestamp;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::sql_types::{Nullable, Text};

use crate::columns::{Id, UtcMillis};

diesel::define_sql_function! {
    /// Where a text begins in another one, from 1; 0 where it does not.
    #[sql_name = "strpos"]
    fn place_in(text: Nullable<Text>, part: Text)
        -> diesel::sql_types::Nullable<diesel::sql_types::Integer>;
}

/// The id of what one statement makes for each conversation: it carries this time, and the rest of
/// it is the conversation's.
pub(crate) fn id_for_each_conversation(time: Timestamp) -> SqlLiteral<Id> {
    let millis = format!("{:012x}", time.as_unix_millis());
    let (high, low) = millis.split_at(8);
    sql(&format!("('{high}-{low}' || substr(conversations.id::text, 14))::uuid"))
}

/// The time of a change of a conversation by a clock that is behind its last change.
pub(crate) fn a_millisecond_after_the_last_change() -> SqlLiteral<UtcMillis> {
    sql(A_MILLISECOND_LATER)
}

/// The same. In UTC, because PostgreSQL takes a day of the session's time zone into account otherwise: a
/// cluster refuses to change rows by what depends on a session.
pub(super) const A_MILLISECOND_LATER: &str = "(conversations.updated_at AT TIME ZONE 'UTC' \
    + interval '1 millisecond') AT TIME ZONE 'UTC'";

/// The function that makes text of an id.
pub(crate) const TEXT_OF_ID: &str = "text";

/// The day on which a conversation was made, from 0 for 1970-01-01: the first 48 bits of its id are
/// milliseconds.
pub(crate) const DAY_OF_ID: &str =
    "(('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint / 86400000)::integer";
