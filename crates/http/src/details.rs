//! What is wrong with a request, by the path of what is wrong.

use std::collections::BTreeMap;

use serde::Serialize;

/// How many problems of one body are named. A large body may have tens of thousands of them.
pub(crate) const MAX_PROBLEMS: usize = 100;
/// What is said of a body with more.
pub(crate) const MORE_PROBLEMS: &str = "has more problems than listed here";

/// Problems by path (`customer.tags[3]`), all of which a caller learns at once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Details(BTreeMap<String, Vec<String>>);

impl Details {
    /// The one problem there is.
    pub(crate) fn of(path: impl Into<String>, problem: impl Into<String>) -> Self {
        let mut details = Self::default();
        details.note(path, problem);
        details
    }

    /// Notes a problem.
    pub(crate) fn note(&mut self, path: impl Into<String>, problem: impl Into<String>) {
        self.0.entry(path.into()).or_default().push(problem.into());
    }

    /// Notes what else is wrong. What is inside of something that is wrong already is not looked at:
    /// it is not what was sent.
    pub(crate) fn note_beside(&mut self, others: Self) {
        let others: Vec<_> = others.into_iter().filter(|(path, _)| !self.covers(path)).collect();
        if others.len() > MAX_PROBLEMS {
            self.note("body", MORE_PROBLEMS);
        }
        self.extend(others.into_iter().take(MAX_PROBLEMS));
    }

    /// Whether something is wrong at this path, or around it.
    fn covers(&self, path: &str) -> bool {
        // A body of which nothing can be read asks for nothing.
        let is_empty_body = path == "body" && !self.is_empty();
        let mut ends = path.match_indices(['.', '[']).map(|(end, _)| end).chain([path.len()]);
        is_empty_body || ends.any(|end| self.0.contains_key(&path[..end]))
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Extend<(String, Vec<String>)> for Details {
    fn extend<I: IntoIterator<Item = (String, Vec<String>)>>(&mut self, more: I) {
        for (path, problems) in more {
            self.0.entry(path).or_default().extend(problems);
        }
    }
}

impl IntoIterator for Details {
    type Item = (String, Vec<String>);
    type IntoIter = std::collections::btree_map::IntoIter<String, Vec<String>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
