//! Selections whose text is written once.
//!
//! diesel writes the text of a query each time before it looks for its prepared statement, identifier
//! by identifier. With the people that it shows, a conversation has 45 columns: for a statement that
//! finds one row that took a fifth of the work.

use std::sync::OnceLock;

use diesel::QueryResult;
use diesel::backend::Backend as DieselBackend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::query_builder::{AstPass, QueryBuilder, QueryFragment, QueryId};

use super::Backend;

/// A selection in which no value is bound, and its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rendered<E> {
    selection: E,
    text: &'static OnceLock<String>,
}

/// A selection whose text is written once for each place in the source.
macro_rules! rendered {
    ($selection:expr) => {{
        static TEXT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
        Rendered::new($selection, &TEXT)
    }};
}

pub(super) use rendered;

impl<E> Rendered<E> {
    /// A selection that writes its text here, or has done so.
    pub(super) const fn new(selection: E, text: &'static OnceLock<String>) -> Self {
        Self { selection, text }
    }
}

impl<E: QueryFragment<Backend>> QueryFragment<Backend> for Rendered<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        if let Some(text) = self.text.get() {
            out.push_sql(text);
            return Ok(());
        }
        let mut written = <Backend as DieselBackend>::QueryBuilder::default();
        self.selection.to_sql(&mut written, &Backend::default())?;
        out.push_sql(self.text.get_or_init(|| written.finish()));
        Ok(())
    }
}

impl<E: Expression> Expression for Rendered<E> {
    type SqlType = E::SqlType;
}

impl<E: AppearsOnTable<From>, From> AppearsOnTable<From> for Rendered<E> {}

impl<E: SelectableExpression<From>, From> SelectableExpression<From> for Rendered<E> {}

impl<E: ValidGrouping<GroupBy>, GroupBy> ValidGrouping<GroupBy> for Rendered<E> {
    type IsAggregate = E::IsAggregate;
}

impl<E: QueryId> QueryId for Rendered<E> {
    type QueryId = Rendered<E::QueryId>;

    const HAS_STATIC_QUERY_ID: bool = E::HAS_STATIC_QUERY_ID;
}

#[cfg(test)]
mod tests {
    use diesel::QueryDsl;
    use diesel::debug_query;

    use super::*;
    use crate::schema::conversations;

    #[test]
    fn the_text_is_that_of_the_selection_each_time() {
        let plain = conversations::table.select((conversations::id, conversations::status));
        let query =
            || conversations::table.select(rendered!((conversations::id, conversations::status)));

        for _ in 0..2 {
            let expected = debug_query::<Backend, _>(&plain).to_string();
            assert_eq!(debug_query::<Backend, _>(&query()).to_string(), expected);
        }
    }
}
