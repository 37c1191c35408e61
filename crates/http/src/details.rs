//! What is wrong with a request, by the path of what is wrong.

use std::collections::BTreeMap;

use serde::Serialize;

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
