//! The maintenance of totals: counts of conversations by the fields of filters.

use async_trait::async_trait;
use conversations_domain::{InboxId, Origin, Priority, Timestamp, WorkspaceId};

use super::RepositoryError;
use crate::read_model::AssigneeFilter;

/// Milliseconds.
const DAY: i64 = 86_400_000;

/// What is kept, compared with what a recount finds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TotalsReport {
    /// How many conversations the recount found.
    pub conversations: u64,
    /// How many numbers were compared.
    pub numbers: u64,
    /// Those that are not what they should be.
    pub differences: Vec<Mismatch>,
}

/// A number that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Of what.
    pub of: Counter,
    /// What is kept.
    pub kept: i64,
    /// What the recount found.
    pub counted: i64,
}

/// What a number is kept of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counter {
    /// The conversations that stand like this.
    Cell {
        /// In this inbox, or in any.
        inbox: Option<InboxId>,
        /// Assigned like this, or in any way.
        assignee: Option<AssigneeFilter>,
        /// With this status, by its canonical text.
        status: String,
        /// With this priority, by its rank.
        priority: i16,
    },
    /// The conversations that were made on a day.
    Day {
        /// The days since 1970-01-01, in UTC.
        day: i32,
        /// With this status, by its canonical text.
        status: String,
    },
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { of, kept, counted } = self;
        write!(formatter, "{of}: the stored total is {kept}, the recount is {counted}")
    }
}

impl std::fmt::Display for Counter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cell { inbox, assignee, status, priority } => {
                match inbox {
                    Some(inbox) => write!(formatter, "inbox {inbox}, ")?,
                    None => formatter.write_str("all inboxes, ")?,
                }
                match assignee {
                    Some(AssigneeFilter::User(user)) => write!(formatter, "user {user}, ")?,
                    Some(AssigneeFilter::Nobody) => formatter.write_str("unassigned, ")?,
                    None => formatter.write_str("any assignee, ")?,
                }
                match u8::try_from(*priority).ok().and_then(Priority::from_rank) {
                    Some(priority) => write!(formatter, "{status}, {priority}"),
                    None => write!(formatter, "{status}, priority {priority}"),
                }
            }
            Self::Day { day, status } => {
                let start = Timestamp::from_unix_millis(i64::from(*day) * DAY);
                match start.map(|start| start.as_date_time().date_naive()) {
                    Some(date) => write!(formatter, "made on {date}, {status}"),
                    None => write!(formatter, "made on day {day}, {status}"),
                }
            }
        }
    }
}

/// Looks after what is counted.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait TotalsRepository: Send + Sync {
    /// Compares what is kept of a workspace with its conversations. It takes time in proportion to
    /// the data, and no request waits for it.
    async fn check(&self, workspace: WorkspaceId) -> Result<TotalsReport, RepositoryError>;

    /// The same, and repairs what differs while others may write; answers what differed. If anything
    /// did, the feed is reset by this origin, because lists showed wrong totals.
    async fn repair(
        &self,
        workspace: WorkspaceId,
        origin: Origin,
    ) -> Result<TotalsReport, RepositoryError>;

    /// Compacts the stored totals of a workspace without changing any number, in short steps.
    /// Nothing depends on it but speed.
    async fn merge(&self, workspace: WorkspaceId) -> Result<(), RepositoryError>;
}

#[cfg(test)]
mod tests {
    use conversations_domain::UserId;

    use super::*;

    #[test]
    fn a_difference_says_what_it_is_of() {
        let id = "0193a5c2-1111-7abc-8def-000000000001";
        let inbox = InboxId::parse(id).ok();
        let user = UserId::parse(id).map(AssigneeFilter::User).ok();
        let cell = |inbox, assignee, priority| {
            let of = Counter::Cell { inbox, assignee, status: "open".to_owned(), priority };
            Mismatch { of, kept: 7, counted: 6 }.to_string()
        };
        let day = Counter::Day { day: 20_779, status: "closed".to_owned() };

        for (said, expected) in [
            (
                cell(inbox, user, 3),
                format!(
                    "inbox {id}, user {id}, open, urgent: the stored total is 7, the recount is 6"
                ),
            ),
            (
                cell(None, Some(AssigneeFilter::Nobody), 0),
                "all inboxes, unassigned, open, low: the stored total is 7, the recount is 6"
                    .to_owned(),
            ),
            (
                cell(None, None, 9),
                "all inboxes, any assignee, open, priority 9: the stored total is 7, the recount \
                 is 6"
                    .to_owned(),
            ),
            (
                Mismatch { of: day, kept: -1, counted: 0 }.to_string(),
                "made on 2026-11-22, closed: the stored total is -1, the recount is 0".to_owned(),
            ),
        ] {
            assert_eq!(said, expected);
        }
    }
}
