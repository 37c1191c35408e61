//! Users and inboxes, as the description shows them.

use conversations_domain::{Channel, Email, InboxId, Name, Role, Timestamp, UserId};
use serde_json::{Value, json};

use crate::examples;
use crate::inboxes::InboxBody;
use crate::schema::{Fields, Sent, Shape, Shown};
use crate::users::UserBody;
use crate::{inboxes, users};

impl Shape for UserBody {
    const NAME: &'static str = "User";
    const TEXT: &'static str = "An agent of the workspace.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<UserId>("_id", "Their id.")
            .has::<Name>("name", "What they are called.")
            .has::<Email>("email", "Unique among the users, without regard to case.")
            .has::<Role>("role", "What they are in the workspace.")
            .has::<Timestamp>("createdAt", "When they were made.")
            .has::<Timestamp>("updatedAt", "When they last changed.");
    }
}

impl Shown for UserBody {
    fn example() -> Option<Self> {
        examples::user().map(Into::into)
    }
}

impl Shape for users::create::CreateBody {
    const NAME: &'static str = "UserInput";
    const TEXT: &'static str = "What a user starts with.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<Name>("name", "What they are called.")
            .has::<Email>("email", "Unique among the users, without regard to case.")
            .has_by_default::<Option<Role>>("role", Role::default(), "What they are.");
    }
}

impl Sent for users::create::CreateBody {
    fn example() -> Value {
        json!({ "name": "Grace Hopper", "email": "grace@example.com", "role": "agent" })
    }
}

impl Shape for users::update::UpdateBody {
    const NAME: &'static str = "UserChanges";
    const TEXT: &'static str = "What is wanted of a user; what is left out stays.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .may_have::<Name>("name", "What they are called.")
            .may_have::<Email>("email", "Unique among the users, without regard to case.")
            .may_have::<Role>("role", "What they are.")
            .at_least_one();
    }
}

impl Sent for users::update::UpdateBody {
    fn example() -> Value {
        json!({ "role": "admin" })
    }
}

impl Shape for InboxBody {
    const NAME: &'static str = "Inbox";
    const TEXT: &'static str = "What conversations lie in.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<InboxId>("_id", "Its id.")
            .has::<Name>("name", "What it is called.")
            .has::<Channel>("channel", "The medium it is for.")
            .has::<Timestamp>("createdAt", "When it was made.")
            .has::<Timestamp>("updatedAt", "When it last changed.");
    }
}

impl Shown for InboxBody {
    fn example() -> Option<Self> {
        examples::inbox().map(Into::into)
    }
}

impl Shape for inboxes::create::CreateBody {
    const NAME: &'static str = "InboxInput";
    const TEXT: &'static str = "What an inbox starts with.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        let channel = Channel::default();
        fields.has::<Name>("name", "What it is called.").has_by_default::<Option<Channel>>(
            "channel",
            channel,
            "The medium it is for.",
        );
    }
}

impl Sent for inboxes::create::CreateBody {
    fn example() -> Value {
        json!({ "name": "Support", "channel": "email" })
    }
}

impl Shape for inboxes::update::UpdateBody {
    const NAME: &'static str = "InboxChanges";
    const TEXT: &'static str = "What is wanted of an inbox; what is left out stays.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .may_have::<Name>("name", "What it is called.")
            .may_have::<Channel>("channel", "The medium it is for.")
            .at_least_one();
    }
}

impl Sent for inboxes::update::UpdateBody {
    fn example() -> Value {
        json!({ "name": "Returns" })
    }
}
