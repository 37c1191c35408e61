//! What a query says in its own way on SQLite.

use conversations_domain::Timestamp;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::sql_types::{Nullable, Text};

use crate::columns::{Id, UtcMillis};

diesel::define_sql_function! {
    /// Where a text begins in another one, from 1; 0 where it does not.
    #[sql_name = "instr"]
    fn place_in(text: Nullable<Text>, part: Text)
        -> diesel::sql_types::Nullable<diesel::sql_types::Integer>;
}

/// The id of what one statement makes for each conversation: it carries this time, and the rest of
/// it is the conversation's.
pub(crate) fn id_for_each_conversation(time: Timestamp) -> SqlLiteral<Id> {
    let millis = time.as_unix_millis();
    // What is put together is text to SQLite, also of blobs; its bytes stay as they are.
    sql(&format!("CAST(x'{millis:012x}' || substr(conversations.id, 7) AS BLOB)"))
}

/// The time of a change of a conversation by a clock that is behind its last change.
pub(crate) fn a_millisecond_after_the_last_change() -> SqlLiteral<UtcMillis> {
    sql("conversations.updated_at + 1")
}

/// The function that makes text of an id.
pub(crate) const TEXT_OF_ID: &str = "hex";

/// The day on which a conversation was made, from 0 for 1970-01-01: the first 48 bits of its id are
/// milliseconds. The place of a digit among all is its worth.
pub(crate) const DAY_OF_ID: &str = "\
    (instr('123456789ABCDEF', substr(hex(substr(id, 1, 6)), 1, 1)) * 17592186044416 \
     + instr('123456789ABCDEF', substr(hex(substr(id, 1, 6)), 2, 1)) * 1099511627776 \
     + instr('123456789ABCDEF', substr(hex(substr(id, 1, 6)), 3, 1)) * 68719476736 \
     + instr('123456789ABCDEF', substr(hex(substr(id, 1, 6)), 4, 1)) * 4294967296 \
     + instr('123456789ABCDEF', substr(hex(substr(id, 1, 6)), 5, 1)) * 268435456 \
     + instr('123456789ABCDEF', substr(hex(substr(id, 1, 6)), 6, 1)) * 16777216 \
     + instr('123456789ABCDEF', substr(hex(substr(id, 1, 6)), 7, 1)) * 1048576 \
     + instr('123456789ABCDEF', substr(hex(substr(id, 1, 6)), 8, 1)) * 65536 \
     + instr('123456789ABCDEF', substr(hex(substr(id, 1, 6)), 9, 1)) * 4096 \
     + instr('123456789ABCDEF', substr(hex(substr(id, 1, 6)), 10, 1)) * 256 \
     + instr('123456789ABCDEF', substr(hex(substr(id, 1, 6)), 11, 1)) * 16 \
     + instr('123456789ABCDEF', substr(hex(substr(id, 1, 6)), 12, 1))) / 86400000";
