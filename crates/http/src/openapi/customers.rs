//! Customers, as the description shows them.

use conversations_domain::{
    CustomFields, CustomerId, CustomerStatus, Email, ProfileText, Tags, Tier, Timestamp,
};
use serde_json::{Value, json};

use crate::customers::CustomerBody;
use crate::customers::create::CreateBody;
use crate::customers::update::UpdateBody;
use crate::examples;
use crate::schema::{CustomFieldsUpdate, Fields, ProfileEntry, Sent, Shape, Shown};
use crate::tags::TagsUpdate;

/// What is known about a person.
struct Profile;

/// The same, as it is sent.
struct ProfileInput;

/// What is wanted of it.
struct ProfileChanges;

impl Shape for CustomerBody {
    const NAME: &'static str = "Customer";
    const TEXT: &'static str = "A person who writes to the workspace.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<CustomerId>("_id", "Their id.")
            .has::<Profile>("profile", "What is known about the person.")
            .has::<Tier>("tier", "How the business ranks them.")
            .has::<CustomerStatus>("status", "Whether they are still a customer.")
            .has::<Tags>("tags", "Words that people put on them, in their order.")
            .has::<CustomFields>("customFields", "What the business knows beyond that.")
            .has::<Timestamp>("createdAt", "When they were made.")
            .has::<Timestamp>("updatedAt", "When they last changed.");
    }
}

impl Shown for CustomerBody {
    fn example() -> Option<Self> {
        examples::customer().map(Into::into)
    }
}

impl Shape for Profile {
    const NAME: &'static str = "Profile";
    const TEXT: &'static str = "What is known about a person.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<Option<ProfileText>>("firstName", "The first name.")
            .has::<Option<ProfileText>>("lastName", "The last name.")
            .has::<Option<Email>>("email", "Unique in the workspace without regard to case.")
            .has::<Option<ProfileText>>("phone", "The telephone number, as it was written.")
            .has::<Option<ProfileText>>("company", "The company.")
            .has::<Option<ProfileText>>("jobTitle", "What the person does there.");
    }
}

impl Shape for CreateBody {
    const NAME: &'static str = "CustomerInput";
    const TEXT: &'static str = "What a customer starts with.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        let (tier, status) = (Tier::default(), CustomerStatus::default());
        fields
            .has::<ProfileInput>("profile", "What is known about the person.")
            .has_by_default::<Option<Tier>>("tier", tier, "How the business ranks them.")
            .has_by_default::<Option<CustomerStatus>>("status", status, "Whether they are one.")
            .has_by_default::<Option<Tags>>("tags", [(); 0], "Words to put on them.")
            .may_have::<Option<CustomFields>>("customFields", "What there is no field for.");
    }
}

impl Sent for CreateBody {
    fn example() -> Value {
        json!({
            "profile": { "firstName": "Ada", "lastName": "Byron", "email": "ada@example.com" },
            "tier": "gold",
            "tags": ["early bird"],
            "customFields": { "plan": "yearly", "seats": 3 },
        })
    }
}

impl Shape for ProfileInput {
    const NAME: &'static str = "ProfileInput";
    const TEXT: &'static str = "At least one of firstName, lastName, email, phone and company. \
        Blank text is as good as none, but for the address.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        profile(fields);
        fields.at_least_one();
    }
}

impl Shape for UpdateBody {
    const NAME: &'static str = "CustomerChanges";
    const TEXT: &'static str = "What is wanted of a customer; what is left out stays.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .may_have::<ProfileChanges>("profile", "What becomes of the profile.")
            .may_have::<Tier>("tier", "How the business ranks them.")
            .may_have::<CustomerStatus>("status", "Whether they are still a customer.")
            .may_have::<Option<TagsUpdate>>(
                "tags",
                "All tags that they are to have, or some to add and remove; null is none.",
            )
            .may_have::<Option<CustomFieldsUpdate>>(
                "customFields",
                "Merged by name: the others stay, and null takes one away. Null for all is none.",
            )
            .at_least_one();
    }
}

impl Sent for UpdateBody {
    fn example() -> Value {
        json!({
            "profile": { "phone": "+44 20 7946 0000", "company": null },
            "tags": { "add": ["vip"], "remove": ["early bird"] },
            "customFields": { "plan": "monthly", "seats": null },
        })
    }
}

impl Shape for ProfileChanges {
    const NAME: &'static str = "ProfileChanges";
    const TEXT: &'static str = "What is wanted of a profile: null, or blank text, clears. \
        Afterwards there must be one of firstName, lastName, email, phone and company.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        profile(fields);
    }
}

fn profile(fields: &mut Fields<'_>) {
    fields
        .may_have::<Option<ProfileEntry>>("firstName", "The first name.")
        .may_have::<Option<ProfileEntry>>("lastName", "The last name.")
        .may_have::<Option<Email>>("email", "Unique in the workspace without regard to case.")
        .may_have::<Option<ProfileEntry>>("phone", "The telephone number.")
        .may_have::<Option<ProfileEntry>>("company", "The company.")
        .may_have::<Option<ProfileEntry>>("jobTitle", "What the person does there.");
}
