//! What the rules cost.

use conversations_domain::{
    Change, Changes, Conversation, ConversationDraft, ConversationId, InboxId, NewConversation,
    Priority, Source, Status, Subject, Timestamp,
};
use divan::{Bencher, black_box};
use uuid::Uuid;

fn main() {
    divan::main();
}

fn conversation() -> Option<Conversation> {
    Some(Conversation::open(NewConversation {
        id: ConversationId::from_uuid(Uuid::from_u128(1 << 80)),
        source: Source::Api,
        customer: None,
        draft: ConversationDraft::new(
            Subject::parse("Refund for order 1042").ok()?,
            InboxId::from_uuid(Uuid::from_u128(2)),
        ),
    }))
}

#[divan::bench]
fn change_a_conversation(bencher: Bencher) {
    let changes = Changes {
        status: Change::To(Status::Closed),
        priority: Change::To(Priority::High),
        ..Changes::default()
    };
    let now = Timestamp::from_unix_millis(1_795_359_845_123);
    bencher.with_inputs(|| (conversation(), changes.clone())).bench_values(|(made, changes)| {
        let mut made = made?;
        let changed = made.change(changes, now?).ok();
        Some((made, changed))
    });
}

#[divan::bench]
fn read_a_subject() -> bool {
    Subject::parse(black_box("My espresso machine stopped working after a week, order 1042"))
        .is_ok()
}

#[divan::bench]
fn read_an_id() -> bool {
    ConversationId::parse(black_box("0193a5c2-1111-7abc-8def-000000000001")).is_ok()
}

#[divan::bench]
fn show_a_time() -> Option<String> {
    Timestamp::from_unix_millis(black_box(1_795_359_845_123)).map(|time| time.to_string())
}
