//! What the queries, which are written once, say to SQLite.

/// Holds what a query finds until the transaction ends: here no other transaction writes at the
/// same time.
macro_rules! for_update {
    ($query:expr) => {
        $query
    };
}

/// The same, for what others may lock in the same way.
macro_rules! for_share {
    ($query:expr) => {
        $query
    };
}

/// Locks what a query finds and no other transaction has locked, until the transaction ends; the
/// rest is left out.
macro_rules! for_update_skip_locked {
    ($query:expr) => {
        $query
    };
}

/// Locks what a query finds against those who lock it in the same way; who refers to it is not
/// disturbed.
macro_rules! for_no_key_update {
    ($query:expr) => {
        $query
    };
}

/// What a query finds, as long as the caller waits for it. What may look at many rows is stopped
/// like that, by any column of theirs.
macro_rules! cancellable {
    ($query:expr, $column:expr) => {
        diesel::QueryDsl::filter($query, crate::sqlite::interrupt::cancellation_check($column))
    };
}

/// The same, if it may look at many rows: asking at each of a few would cost more than they do.
macro_rules! cancellable_if {
    ($long:expr, $query:expr, $column:expr) => {{
        let query = $query;
        if $long { cancellable!(query, $column) } else { query }
    }};
}

/// Loads the rows of a query. The wrapper of the connection has a way of its own, in which every value
/// is copied, so that rows could be handed to another thread.
macro_rules! load_all {
    ($query:expr, $connection:expr) => {{
        let query = $query;
        $connection
            .spawn_blocking(move |connection| diesel::RunQueryDsl::load(query, connection))
            .await
    }};
}
