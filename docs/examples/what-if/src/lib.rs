//! A small service that links the domain crate: it is handed a conversation, as the API returns it,
//! and something that may happen to it, and tells what that would change. It changes nothing and has
//! no database; the rules are the very same that the API keeps, because they are the same code.
//!
//! An inbox that shows "the customer's answer will reopen this" before anybody has answered asks
//! such a service.

mod snapshot;

use std::time::SystemTime;

use actix_web::web::{Json, ServiceConfig, post};
use actix_web::{HttpResponse, Responder};
use conversations_domain::{
    AuthorKind, Change, Changes, Conversation, Field, FieldChange, FieldValue, Priority, Status,
    Subject, Timestamp,
};
use serde::{Deserialize, Serialize};

use snapshot::Snapshot;

/// What is asked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Question {
    conversation: Snapshot,
    happens: Event,
}

/// What may happen to a conversation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Event {
    /// A message arrives.
    MessageBy(AuthorKind),
    /// Fields are changed.
    Change(Wanted),
}

/// The fields to change. Each is a type of the domain, so whatever is not one of its values is
/// refused when it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    subject: Option<Subject>,
    status: Option<Status>,
    priority: Option<Priority>,
}

/// What would be different then.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    changes: Vec<Difference>,
    status: Status,
    closed_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct Difference {
    field: Field,
    from: Option<FieldValue>,
    to: Option<FieldValue>,
}

/// Adds the one route of the service.
pub fn configure(service: &mut ServiceConfig) {
    service.route("/what-if", post().to(what_if));
}

async fn what_if(question: Json<Question>) -> impl Responder {
    let Question { conversation, happens } = question.into_inner();
    // The domain has no clock: its caller says what time it is.
    let Some(now) = now() else { return HttpResponse::InternalServerError().finish() };
    let mut conversation = Conversation::from(conversation);

    let changes = match happens {
        Event::MessageBy(author) => {
            Ok(conversation.apply_message_status(author).into_iter().collect())
        }
        Event::Change(wanted) => conversation.change(wanted.into(), now),
    };
    match changes {
        Ok(changes) => HttpResponse::Ok().json(Answer::of(changes, &conversation)),
        Err(refused) => HttpResponse::Conflict().body(refused.to_string()),
    }
}

fn now() -> Option<Timestamp> {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Timestamp::from_unix_millis(since_1970.as_millis().try_into().ok()?)
}

impl From<Wanted> for Changes {
    fn from(wanted: Wanted) -> Self {
        let Wanted { subject, status, priority } = wanted;
        Self {
            subject: subject.map_or(Change::Keep, Change::To),
            status: status.map_or(Change::Keep, Change::To),
            priority: priority.map_or(Change::Keep, Change::To),
            ..Self::default()
        }
    }
}

impl Answer {
    fn of(changes: Vec<FieldChange>, then: &Conversation) -> Self {
        let changes = changes.into_iter();
        Self {
            changes: changes
                .map(|FieldChange { field, from, to }| Difference { field, from, to })
                .collect(),
            status: then.status(),
            closed_at: then.closed_at(),
        }
    }
}
