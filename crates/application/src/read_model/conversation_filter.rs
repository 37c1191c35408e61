//! Which conversations a list shows. Whatever follows from a filter goes through its criteria: a new one
//! does not compile until it is understood everywhere.

use std::fmt;

use conversations_domain::{
    Channel, CustomerId, InboxId, Priority, Source, Status, Tags, Timestamp, UserId,
};

use super::ExternalIdFilter;
use crate::search::SearchQuery;

/// Which conversations are wanted: those that every given field allows. Empty allows all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConversationFilter {
    /// One of these, if there are any.
    pub statuses: Vec<Status>,
    /// One of these, if there are any.
    pub priorities: Vec<Priority>,
    /// Assigned like this.
    pub assignee: Option<AssigneeFilter>,
    /// In this inbox.
    pub inbox: Option<InboxId>,
    /// With this customer.
    pub customer: Option<CustomerId>,
    /// With all of these labels.
    pub labels: Tags,
    /// Over one of these channels, if there are any.
    pub channels: Vec<Channel>,
    /// From one of these sources, if there are any.
    pub sources: Vec<Source>,
    /// Made later than this.
    pub created_after: Option<Timestamp>,
    /// Made earlier than this.
    pub created_before: Option<Timestamp>,
    /// Changed last later than this.
    pub updated_after: Option<Timestamp>,
    /// Changed last earlier than this.
    pub updated_before: Option<Timestamp>,
    /// In whose subject and messages this is found.
    pub text: Option<SearchQuery>,
    /// With this id in another system.
    pub external_id: Option<ExternalIdFilter>,
}

/// How a conversation is assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssigneeFilter {
    /// Unassigned.
    Nobody,
    /// To this user.
    User(UserId),
}

/// What a filter asks for in one of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion<'a> {
    /// One of these statuses.
    Statuses(&'a [Status]),
    /// One of these priorities.
    Priorities(&'a [Priority]),
    /// Assigned like this.
    Assignee(AssigneeFilter),
    /// In this inbox.
    Inbox(InboxId),
    /// With this customer.
    Customer(CustomerId),
    /// With all of these labels.
    Labels(&'a Tags),
    /// Over one of these channels.
    Channels(&'a [Channel]),
    /// From one of these sources.
    Sources(&'a [Source]),
    /// Made later than this.
    CreatedAfter(Timestamp),
    /// Made earlier than this.
    CreatedBefore(Timestamp),
    /// Changed last later than this.
    UpdatedAfter(Timestamp),
    /// Changed last earlier than this.
    UpdatedBefore(Timestamp),
    /// With these words.
    Text(&'a SearchQuery),
    /// With this id in another system.
    ExternalId(&'a ExternalIdFilter),
}

impl ConversationFilter {
    const FIELDS: usize = 14;

    /// What it asks for, field by field; nothing where it allows all.
    pub fn criteria(&self) -> impl Iterator<Item = Criterion<'_>> {
        self.by_field().into_iter().flatten()
    }

    /// The same with the fields that ask for nothing: each field has its place.
    pub(crate) fn by_field(&self) -> [Option<Criterion<'_>>; Self::FIELDS] {
        let Self {
            statuses,
            priorities,
            assignee,
            inbox,
            customer,
            labels,
            channels,
            sources,
            created_after,
            created_before,
            updated_after,
            updated_before,
            text,
            external_id,
        } = self;
        [
            some(statuses).map(Criterion::Statuses),
            some(priorities).map(Criterion::Priorities),
            assignee.map(Criterion::Assignee),
            inbox.map(Criterion::Inbox),
            customer.map(Criterion::Customer),
            labels.iter().next().map(|_| Criterion::Labels(labels)),
            some(channels).map(Criterion::Channels),
            some(sources).map(Criterion::Sources),
            created_after.map(Criterion::CreatedAfter),
            created_before.map(Criterion::CreatedBefore),
            updated_after.map(Criterion::UpdatedAfter),
            updated_before.map(Criterion::UpdatedBefore),
            text.as_ref().map(Criterion::Text),
            external_id.as_ref().map(Criterion::ExternalId),
        ]
    }
}

impl Criterion<'_> {
    /// Its values as text, in any order: what cursors of a list with this filter belong to.
    pub(crate) fn values(self) -> Vec<String> {
        match self {
            Self::Statuses(statuses) => texts(statuses),
            Self::Priorities(priorities) => texts(priorities),
            Self::Assignee(assignee) => texts([assignee]),
            Self::Inbox(inbox) => texts([inbox]),
            Self::Customer(customer) => texts([customer]),
            Self::Labels(labels) => texts(labels.iter()),
            Self::Channels(channels) => texts(channels),
            Self::Sources(sources) => texts(sources),
            Self::CreatedAfter(time)
            | Self::CreatedBefore(time)
            | Self::UpdatedAfter(time)
            | Self::UpdatedBefore(time) => texts([time.as_unix_millis()]),
            Self::Text(text) => texts([text]),
            Self::ExternalId(filter) => filter.values().into(),
        }
    }
}

impl fmt::Display for AssigneeFilter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => formatter.write_str("none"),
            Self::User(user) => user.fmt(formatter),
        }
    }
}

/// Some values, if there are any.
fn some<T>(values: &[T]) -> Option<&[T]> {
    (!values.is_empty()).then_some(values)
}

fn texts<T: fmt::Display>(values: impl IntoIterator<Item = T>) -> Vec<String> {
    values.into_iter().map(|value| value.to_string()).collect()
}
