//! Listing the conversations that were made, or changed last, in a period.

use conversations_application::read_model::ConversationFilter;
use conversations_domain::{Priority, Timestamp};
use conversations_persistence::Repositories;

use super::bulk::listed;
use super::tenant::Tenant;
use crate::fixtures::{a_conversation, at};

/// Made after a time, before one, or between two: neither time is part of the period.
pub async fn filters_by_the_time_of_making(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let mut made = Vec::new();
    for millis in [0, 1, 1, 2] {
        let conversation = a_conversation(tenant.inbox).opened_at(at(millis)).changed_at(at(9));
        made.push(tenant.open(conversation.build()).await.id());
    }
    let [zero, one, another, two] = made[..] else { unreachable!("four are stored") };
    let of = |created_after, created_before| ConversationFilter {
        created_after,
        created_before,
        ..ConversationFilter::default()
    };

    for (after, before, expected) in [
        (Some(at(-1)), None, vec![two, another, one, zero]),
        (Some(at(0)), None, vec![two, another, one]),
        (Some(at(1)), None, vec![two]),
        (Some(at(2)), None, vec![]),
        (None, Some(at(3)), vec![two, another, one, zero]),
        (None, Some(at(2)), vec![another, one, zero]),
        (None, Some(at(1)), vec![zero]),
        (None, Some(at(0)), vec![]),
        (Some(at(0)), Some(at(2)), vec![another, one]),
        (Some(at(0)), Some(at(1)), vec![]),
        (Some(at(1)), Some(at(1)), vec![]),
        (Some(at(2)), Some(at(0)), vec![]),
    ] {
        assert_eq!(listed(&tenant, of(after, before)).await, expected, "{after:?} {before:?}");
    }
}

/// Changed last after a time, before one, or between two: neither time is part of the period.
pub async fn filters_by_the_time_of_the_last_change(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let mut made = Vec::new();
    for millis in [10, 11, 11, 12] {
        let conversation = a_conversation(tenant.inbox).opened_at(at(0)).changed_at(at(millis));
        made.push(tenant.open(conversation.build()).await.id());
    }
    let [zero, one, another, two] = made[..] else { unreachable!("four are stored") };
    let of = |updated_after, updated_before| ConversationFilter {
        updated_after,
        updated_before,
        ..ConversationFilter::default()
    };

    for (after, before, expected) in [
        (Some(at(9)), None, vec![two, another, one, zero]),
        (Some(at(10)), None, vec![two, another, one]),
        (Some(at(12)), None, vec![]),
        (None, Some(at(13)), vec![two, another, one, zero]),
        (None, Some(at(12)), vec![another, one, zero]),
        (None, Some(at(10)), vec![]),
        (Some(at(10)), Some(at(12)), vec![another, one]),
        (Some(at(11)), Some(at(11)), vec![]),
        (Some(at(12)), Some(at(10)), vec![]),
    ] {
        assert_eq!(listed(&tenant, of(after, before)).await, expected, "{after:?} {before:?}");
    }
}

/// Times before the first conversation that can be, and after the last, are times as well.
pub async fn a_period_may_begin_and_end_anywhere(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let id = tenant.open(a_conversation(tenant.inbox).urgent().build()).await.id();
    let time = |text: &str| Some(Timestamp::parse(text).expect("a time"));
    let ancient = time("0000-01-01T00:00:00.000+23:59");
    let times = [time("1969-12-31T23:59:59.999Z"), time("1970-01-01T00:00:00.000Z"), ancient];
    let far = time("9999-12-31T23:59:59.999-23:59");

    for early in times {
        for filter in [
            ConversationFilter { created_after: early, ..ConversationFilter::default() },
            ConversationFilter { updated_after: early, ..ConversationFilter::default() },
            ConversationFilter {
                created_after: early,
                created_before: far,
                updated_after: early,
                updated_before: far,
                priorities: vec![Priority::Urgent],
                ..ConversationFilter::default()
            },
        ] {
            assert_eq!(listed(&tenant, filter.clone()).await, [id], "{filter:?}");
        }
        for filter in [
            ConversationFilter { created_before: early, ..ConversationFilter::default() },
            ConversationFilter { updated_before: early, ..ConversationFilter::default() },
            ConversationFilter { created_after: far, ..ConversationFilter::default() },
            ConversationFilter { updated_after: far, ..ConversationFilter::default() },
        ] {
            assert_eq!(listed(&tenant, filter.clone()).await, [], "{filter:?}");
        }
    }
}
