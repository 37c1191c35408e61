//! The demo, over a storage that keeps what it is given.

use std::sync::{Arc, Mutex};

use conversations_application::ports::{MockSeedRepository, SeededConversation};
use conversations_domain::Status;

use super::script::Step;
use super::*;
use crate::testing::{context_factory, workspace};

async fn inserted_demo() -> (DemoSummary, Vec<SeededConversation>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let mut storage = MockSeedRepository::new();
    let it = Arc::clone(&kept);
    storage.expect_insert_demo().times(1).returning(move |_, _, seeded, _| {
        *it.lock().expect("not poisoned") = seeded;
        Ok(true)
    });
    storage.expect_analyze().returning(|| Ok(()));
    let told =
        SeedService::new(Arc::new(storage), context_factory()).insert_demo(workspace()).await;
    let seeded = std::mem::take(&mut *kept.lock().expect("not poisoned"));
    (told.expect("made").expect("an empty workspace"), seeded)
}

#[tokio::test]
async fn every_slot_is_filled_and_every_message_counted() {
    let (told, seeded) = inserted_demo().await;

    assert_eq!(told.conversations, seeded.len());
    for SeededConversation { conversation, messages, .. } in &seeded {
        assert_eq!(conversation.message_count(), messages.len() as u64);
        assert!(!conversation.subject().as_str().contains('{'), "{conversation:?}");
        for message in messages {
            assert!(!message.body().as_str().contains('{'), "{message:?}");
        }
    }
}

#[tokio::test]
async fn most_demo_conversations_are_closed_and_some_wait() {
    let (_, seeded) = inserted_demo().await;

    let count =
        |status: Status| seeded.iter().filter(|each| each.conversation.status() == status).count();
    let (open, pending, closed) =
        (count(Status::Open), count(Status::Pending), count(Status::Closed));
    assert!((25..=55).contains(&open), "{open} open");
    assert!((35..=70).contains(&pending), "{pending} pending");
    assert!(closed >= 200, "{closed} closed");
}

/// The slots in a text.
fn slots_of(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or(rest))
}

#[test]
fn every_slot_of_every_text_is_known() {
    let script = Script::read().expect("the texts can be read");
    let always = [
        "agent", "thing", "product", "price", "colour", "city", "day", "order", "invoice",
        "tracking", "serial",
    ];
    let words = script.words.values().flatten();
    for text in words {
        assert!(slots_of(text).all(|slot| always.contains(&slot)), "{text}");
    }
    for scenario in &script.scenarios {
        let known = |slot: &str| match slot {
            "customer" | "surname" => !scenario.anonymous,
            "company" => scenario.business,
            slot => always.contains(&slot) || script.words.contains_key(slot),
        };
        // Words are chosen again for each message, and there are none in a subject.
        assert!(slots_of(&scenario.subject).all(known), "{}", scenario.subject);
        for step in &scenario.thread {
            if let Step::Customer(text)
            | Step::Agent(text)
            | Step::Note(text)
            | Step::System(text) = step
            {
                assert!(slots_of(text).all(known), "{text}");
            }
        }
    }
}

#[test]
fn a_follow_up_has_the_slots_that_any_conversation_fills() {
    let script = Script::read().expect("the texts can be read");

    for step in script.follow_ups.iter().flatten() {
        if let Step::Customer(text) | Step::Agent(text) | Step::Note(text) = step {
            let mut slots = slots_of(text);
            assert!(slots.all(|slot| script.words.contains_key(slot)), "{text}");
        }
    }
    for follow_up in &script.follow_ups {
        let begins = matches!(follow_up.first(), Some(Step::Customer(_)));
        let ends = matches!(follow_up.last(), Some(Step::Status(Status::Closed)));
        assert!(begins && ends && follow_up.iter().any(Step::is_by_agent));
    }
}

#[test]
fn everything_that_the_script_names_exists() {
    let script = Script::read().expect("the texts can be read");

    let users = script.inboxes.iter().flat_map(|inbox| &inbox.users);
    for name in users {
        assert!(script.users.iter().any(|user| user.name.starts_with(name)), "{name}");
    }
    for scenario in &script.scenarios {
        for thing in &scenario.about {
            assert!(script.products.iter().any(|product| product.thing == *thing), "{thing}");
        }
        for step in &scenario.thread {
            if let Step::Inbox(name) = step {
                assert!(script.inboxes.iter().any(|inbox| inbox.name == *name), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn a_workspace_that_is_not_empty_is_left_alone() {
    let mut storage = MockSeedRepository::new();
    storage.expect_insert_demo().times(1).returning(|_, _, _, _| Ok(false));

    let told =
        SeedService::new(Arc::new(storage), context_factory()).insert_demo(workspace()).await;

    assert_eq!(told.ok(), Some(None));
}
