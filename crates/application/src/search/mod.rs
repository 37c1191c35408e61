//! Full-text search: how text becomes words, and how a query is parsed.
//!
//! No database folds or splits text: both index the [`tokenize`] that are made here, and both are asked
//! for them. So they agree on every script, and none of their query languages is in reach of callers.

mod folding;
mod marks;
mod query;
mod segmentation;
mod tokenizer;

pub use folding::fold_text;
pub use query::{SearchQuery, SearchQueryError, Term};
pub use segmentation::{MAX_WORD_LENGTH, MAX_WORDS};
pub use tokenizer::tokenize;
