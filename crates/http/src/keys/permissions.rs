//! The permissions of a key: a list of words that are checked one by one.

use conversations_domain::{Permission, Permissions};
use validator::ValidationError;

use crate::error::ApiError;
use crate::patch::{Patch, stays};
use crate::validation::{inside, parse, problem, wrong_entries};

/// Refuses a list that is empty or has words that are no permissions or come twice, naming each.
pub(super) fn check_permissions(words: &[String]) -> Result<(), ValidationError> {
    if words.is_empty() {
        return Err(problem("must have at least one entry"));
    }
    let problems = wrong_entries::<Permission>(words);
    if problems.is_empty() { Ok(()) } else { Err(inside(problems)) }
}

/// Refuses changes of permissions likewise; a key cannot be without any.
pub(super) fn check_changed_permissions(patch: &Patch<Vec<String>>) -> Result<(), ValidationError> {
    stays(patch)?;
    patch.value().map_or(Ok(()), |words| check_permissions(words))
}

/// Reads permissions.
pub(super) fn read_permissions(words: &[String]) -> Result<Permissions, ApiError> {
    let words = words.iter().enumerate();
    words.map(|(index, word)| parse(&format!("permissions[{index}]"), word)).collect()
}
