//! JSON bodies: of every operation that takes one.

use std::fmt::Debug;

use conversations_application::conversations::CreateConversation;
use conversations_application::keys::NewApiKey;
use conversations_application::messages::MessageContent;
use conversations_domain::{
    Changes, CustomerChanges, InboxChanges, KeyChanges, NewCustomer, NewInbox, NewUser, UserChanges,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use validator::Validate;

use super::{ApiErrorShown, read_or_refused};
use crate::conversations::claim::ClaimBody;
use crate::details::{Details, MORE_PROBLEMS};
use crate::error::ApiError;
use crate::extract::validated;
use crate::{conversations, customers, inboxes, json, keys, messages, users};

/// JSON is read as other parsers do, except for duplicate keys; and what validation lets pass, the
/// domain takes.
pub fn body(bytes: &[u8]) {
    let Some(written) = as_others_read_it(bytes) else {
        let nothing = validated::<ClaimBody>(bytes, Details::default());
        return assert!(read_or_refused(nothing).is_err(), "what is no object cannot be read");
    };
    let each: [Check; 12] = [
        check::<conversations::create::CreateBody, CreateConversation>,
        check::<conversations::update::UpdateBody, Changes>,
        check::<customers::create::CreateBody, NewCustomer>,
        check::<customers::update::UpdateBody, CustomerChanges>,
        check::<messages::create::CreateBody, MessageContent>,
        check::<messages::create::FirstMessageBody, MessageContent>,
        check::<users::create::CreateBody, NewUser>,
        check::<users::update::UpdateBody, UserChanges>,
        check::<inboxes::create::CreateBody, NewInbox>,
        check::<inboxes::update::UpdateBody, InboxChanges>,
        check::<keys::create::CreateBody, NewApiKey>,
        check::<keys::update::UpdateBody, KeyChanges>,
    ];
    for check in each {
        check(bytes, &written);
    }
    let _read_or_refused = read_or_refused(validated::<ClaimBody>(bytes, Details::default()));
}

/// A check of a text, and of its content, serialized again.
type Check = fn(&[u8], &[u8]);

/// The object that the text holds, serialized again; `None` for what is not read.
fn as_others_read_it(bytes: &[u8]) -> Option<Vec<u8>> {
    let ours = read_or_refused(read_object(bytes));
    let others = serde_json::from_slice::<Map<String, Value>>(bytes);
    match (ours, others) {
        (Ok(ours), others) => {
            let written = serde_json::to_vec(&ours).unwrap_or_default();
            assert_eq!(others.ok().as_ref(), Some(&ours));
            assert_eq!(read_object(&written).ok(), Some(ours));
            Some(written)
        }
        (Err(_), Err(_)) => None,
        (Err(refused), Ok(_)) => {
            let ApiErrorShown::Invalid(details) = refused else { unreachable!("{refused:?}") };
            let mut problems = details.into_iter().flat_map(|(_, problems)| problems);
            assert!(
                problems.all(|text| text == "must be given only once" || text == MORE_PROBLEMS)
            );
            None
        }
    }
}

fn read_object(bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let mut problems = Details::default();
    let object = json::read(bytes, &mut problems)?;
    object.filter(|_| problems.is_empty()).ok_or(ApiError::Validation(problems))
}

/// Checks a body of an operation that makes a `Command` of it.
fn check<Body, Command>(bytes: &[u8], written: &[u8])
where
    Body: DeserializeOwned + Validate + Debug + TryInto<Command, Error = ApiError>,
{
    let read = |bytes| read_or_refused(validated::<Body>(bytes, Details::default()));
    let body = read(bytes);
    assert_eq!(format!("{body:?}"), format!("{:?}", read(written)));
    if let Ok(body) = body {
        let shown = format!("{body:?}");
        let refused = body.try_into().err();
        assert!(refused.is_none(), "{shown} passes validation, but: {refused:?}");
    }
}
