//! The fields that events name.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The fields of events, by the names of the API.
    EventField {
        Subject = "subject",
        Status = "status",
        Priority = "priority",
        Inbox = "inboxId",
        Assignee = "assignedTo",
        Labels = "labels",
        Customer = "customerId",
        FirstName = "profile.firstName",
        LastName = "profile.lastName",
        ProfileEmail = "profile.email",
        Phone = "profile.phone",
        Company = "profile.company",
        JobTitle = "profile.jobTitle",
        Tier = "tier",
        Tags = "tags",
        CustomFields = "customFields",
        Name = "name",
        Email = "email",
        Role = "role",
        Channel = "channel",
    }
}
