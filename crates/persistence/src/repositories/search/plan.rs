//! How a search is carried out. It begins with what is rarest, and looks the rest up in the texts of the
//! conversations that are found like that.

use crate::columns::DbId;
use crate::text_index::DbTerm;

/// A search that looks at a known number of texts or conversations.
#[derive(Debug, Clone)]
pub(in super::super::super) struct SearchPlan {
    pub(in super::super) workspace: DbId,
    /// All terms that are wanted.
    pub(in super::super) wanted: Vec<DbTerm>,
    pub(in super::super) way: SearchStart,
}

/// Where a search begins, and what is left to look up then.
#[derive(Debug, Clone)]
pub(in super::super) enum SearchStart {
    /// With the texts that have a term, which are found by one of its words.
    ByTerm { start: TermByWord, wanted: Vec<DbTerm>, unwanted: Vec<DbTerm> },
    /// With the conversations that the rest of the filter allows.
    ByFilter { wanted: Vec<DbTerm>, unwanted: Vec<DbTerm> },
    /// With all conversations but those that have one of these, which are few.
    AllBut(Vec<TermByWord>),
}

/// A term, and the word of it by which it is found.
#[derive(Debug, Clone)]
pub(in super::super) struct TermByWord {
    pub(in super::super) word: DbTerm,
    pub(in super::super) term: DbTerm,
}
