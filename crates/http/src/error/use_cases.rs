//! How errors of use cases become errors of the API.

use conversations_application::ports::{FeedEnds, GoneReason};
use conversations_application::{
    Conflict, Error, Invalid, InvalidReference, PageTooLarge, PageWindow, Reference,
    ReferenceProblem,
};
use conversations_domain::EventField;
use serde_json::{Map, json};

use super::ApiError;
use crate::admission::RefusalReason;
use crate::details::Details;

/// What is wrong with a profile that says nothing of who the person is.
pub(crate) const NAMES_NOBODY: &str =
    "must have at least one of firstName, lastName, email, phone and company";

const WORDS_TOO_BROAD: &str =
    "matches too many texts to search; add a rarer or longer word, or a narrower filter";
const TEXT_TOO_BROAD: &str = "would search too many customers; filter by tier, status or tag";

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::NotFound,
            Error::Forbidden { missing } => Self::Forbidden(missing),
            Error::ForbiddenAll { any_of } => Self::ForbiddenAll(any_of),
            Error::CannotGrant { missing } => Self::CannotGrant(missing),
            Error::Invalid(invalid) => refused(invalid),
            Error::Incomplete(missing) => Self::Validation(incomplete(&missing)),
            Error::InvalidReferences(references) => Self::Validation(unresolved(&references)),
            Error::InvalidCursor(invalid) => Self::field("cursor", invalid.to_string()),
            Error::CursorGone { reason, ends } => cursor_gone(reason, ends),
            Error::PageTooLarge(PageTooLarge { fits }) => Self::field("limit", too_large(fits)),
            Error::BudgetExhausted(_) => RefusalReason::Replies.into(),
            Error::PreconditionFailed => Self::PreconditionFailed,
            Error::Conflict(conflict) => conflicting(conflict),
            Error::InProgress => Self::InProgress,
            Error::KeyReused => Self::KeyReused,
            Error::WriteConflict => Self::Unavailable(Box::new(error)),
            Error::Unavailable(source) => Self::Unavailable(source),
            Error::StorageFull => Self::StorageFull,
            Error::Internal(source) => Self::Internal(source),
        }
    }
}

/// The error for a feed that cannot continue after a cursor.
pub(crate) fn cursor_gone(reason: GoneReason, ends: FeedEnds) -> ApiError {
    let FeedEnds { earliest, latest } = ends;
    let details = [
        ("reason", json!(gone_reason(reason))),
        ("earliest", json!(earliest.to_string())),
        ("latest", json!(latest.to_string())),
    ];
    ApiError::CursorGone(
        details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    )
}

/// Why a feed cannot continue, as callers are told.
pub(crate) fn gone_reason(reason: GoneReason) -> &'static str {
    match reason {
        GoneReason::Expired => "expired",
        GoneReason::Unknown => "unknown",
    }
}

/// What to do about a page by number on which not everything fits.
fn too_large(fits: u32) -> String {
    format!(
        "must be at most {fits} here: a larger page would exceed {} bytes. Continue with \
         nextCursor: pages by cursor end before the limit",
        PageWindow::MAX_BYTES
    )
}

/// What to do about fields with too many values to count by.
fn too_many_counts(most: u32) -> String {
    format!("has more than {most} values here; count by one field, or add a filter")
}

/// A rule that was broken, by the name of the field that breaks it.
fn refused(invalid: Invalid) -> ApiError {
    match invalid {
        Invalid::EmptyProfile(_) => ApiError::field("profile", NAMES_NOBODY),
        Invalid::Labels(error) => ApiError::field("labels", error.to_string()),
        Invalid::Tags(error) => ApiError::field("tags", error.to_string()),
        Invalid::CustomFields(error) => ApiError::field("customFields", error.to_string()),
        Invalid::EndIsPast => ApiError::field("expiresAt", "must be in the future"),
        Invalid::WordsTooBroad => ApiError::field("q", WORDS_TOO_BROAD),
        Invalid::TooManyCounts { most } => ApiError::field("by", too_many_counts(most)),
        Invalid::WebhookAddress(refused) => ApiError::field("url", refused.to_string()),
        Invalid::TextTooBroad => ApiError::field("search", TEXT_TOO_BROAD),
    }
}

/// What a conflict is about. Where the address of a customer's profile is meant, the handlers say
/// so: see `customers::profile`.
fn conflicting(conflict: Conflict) -> ApiError {
    match conflict {
        Conflict::CustomerIsSet => {
            ApiError::conflict("customerId", "is already set to another customer")
        }
        Conflict::AlreadyAssigned { by } => {
            let user = ("assignedTo".to_owned(), json!(by));
            ApiError::Conflict(Map::from_iter([user]))
        }
        Conflict::EmailTaken => ApiError::conflict("email", "is taken"),
        Conflict::ExternalIdTaken => ApiError::conflict("externalId", "is taken"),
        Conflict::FirstMessageExternalIdTaken => {
            ApiError::conflict("message.externalId", "is taken")
        }
        Conflict::TooManyWebhooks => {
            ApiError::conflict("webhooks", "are as many as a workspace may have")
        }
        Conflict::TooManySecrets => ApiError::conflict("secrets", "are as many as may sign"),
        Conflict::EventExpired => ApiError::conflict(
            "eventId",
            "is no longer stored, or its type needs a permission that the webhook no longer has",
        ),
        Conflict::InUse { conversations } => {
            let count = ("conversations".to_owned(), json!(conversations));
            ApiError::Conflict(Map::from_iter([count]))
        }
    }
}

/// Fields that something new needs, by their names in the API.
fn incomplete(missing: &[EventField]) -> Details {
    let mut details = Details::default();
    for field in missing {
        details.note(field.as_str(), "is required, because there is none with this external id");
    }
    details
}

/// References to missing resources, by their names in the API.
fn unresolved(references: &[InvalidReference]) -> Details {
    let mut details = Details::default();
    for InvalidReference { reference, problem } in references {
        let path = match reference {
            Reference::Inbox => "inboxId",
            Reference::Customer => "customerId",
            Reference::Assignee => "assignedTo",
            Reference::Author => "author._id",
            Reference::FirstMessageAuthor => "message.author._id",
            Reference::KeyUser => "userId",
        };
        let problem = match problem {
            ReferenceProblem::Unknown => "does not exist",
            ReferenceProblem::NotTheCustomer => "must be the conversation's customer",
        };
        details.note(path, problem);
    }
    details
}
