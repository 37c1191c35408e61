//! Lists and counts by the list index give the same answers as without it, whether it is complete or
//! still being built.

use conversations_application::ports::{Commit, ConversationToCreate};
use conversations_application::read_model::{ConversationFilter, ConversationOrder};
use conversations_application::{PageStart, PageWindow};
use conversations_domain::WorkspaceId;
use conversations_persistence::Repositories;
use conversations_testkit::fixtures::{a_conversation, a_workspace, an_inbox, an_origin, tags};
use conversations_testkit::{Engine, TestDatabase, contract};

/// Runs cases of the contract with an index that is there when a list needs it, and with one that is
/// built and brought up to date beside them.
macro_rules! with_list_index {
    ($($group:ident { $($case:ident)+ })+) => {
        $(mod $group {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                for engine in super::Engine::ALL {
                    for in_background in [false, true] {
                        let database = super::TestDatabase::new(engine).await;
                        let database = database.with_list_index(in_background);
                        let repositories = database.repositories().await;
                        super::contract::$group::$case(&repositories).await;
                    }
                }
            })+
        })+
    };
}

with_list_index! {
    labels {
        a_change_replaces_all_labels
        labels_are_found_literally
        labels_elsewhere_with_the_same_ids_are_not_mixed_in
        an_erasure_takes_the_labels_along
    }
    listing {
        pages_cover_everything_once
        counts_past_the_last_page
        an_empty_workspace_has_an_empty_list
        lists_one_workspace_only
    }
    filters {
        filters_by_status
        filters_by_priority
        filters_by_assignee
        filters_by_inbox
        filters_by_customer
        filters_by_label
        filters_by_channel
        filters_by_source
        all_filters_apply_together
        filtering_by_what_is_not_there_finds_nothing
    }
    text_search {
        finds_what_the_table_says
        finds_what_is_found_in_memory
        finds_phrases_anywhere_in_long_texts
        searches_one_workspace_only
        follows_messages
        follows_the_subject
        forgets_what_was_erased
        a_write_that_fails_is_not_found
        goes_with_other_filters
    }
    time_filters {
        filters_by_the_time_of_making
        filters_by_the_time_of_the_last_change
        a_period_may_begin_and_end_anywhere
    }
    sort_orders {
        pages_through_every_order_by_cursor
        sorts_by_the_field_that_it_names
        paging_returns_every_unchanged_row_once
    }
    large_pages {
        conversations_fit_by_bytes
    }
    oracle {
        lists_what_an_in_memory_filter_finds
    }
    concurrent_lists {
        lists_and_counts_are_exact_while_others_write
    }
    counts {
        counts_what_an_in_memory_filter_finds
        counts_at_most_as_many_as_asked_for
    }
    operations {
        any_sequence_of_writes_keeps_the_totals_exact
    }
}

/// An index has what other processes write.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_has_what_other_processes_write() {
    for engine in Engine::ALL {
        for in_background in [false, true] {
            let database = TestDatabase::new(engine).await.with_list_index(in_background);
            let (writing, listing) = (database.repositories().await, database.repositories().await);
            let nodes = contract::concurrent_lists::Nodes { writing: &writing, listing: &listing };

            nodes.list_while_writing().await;

            let metrics = database.list_index_metrics();
            let [none, used] = metrics[..] else { unreachable!("two stores: {metrics:?}") };
            assert_eq!((none.builds, none.answers), (0, 0), "{engine:?}");
            assert!(used.builds > 0 && used.answers > 100, "{engine:?}: {used:?}");
        }
    }
}

/// An index that was built before the database was replaced by another copy is dropped.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_another_history_is_dropped() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await.with_list_index(false);
        let repositories = database.repositories().await;
        let (workspace, inbox) = (a_workspace("acme"), an_inbox());
        let (id, inbox_id) = (workspace.id, inbox.id());
        repositories.workspaces.create(workspace).await.expect("a workspace");
        repositories.inboxes.create(id, Commit::of(an_origin(), inbox)).await.expect("an inbox");
        for _ in 0..5 {
            let conversation = a_conversation(inbox_id).labelled(&["refund"]).build();
            let new = ConversationToCreate { conversation, customer: None, message: None };
            let commit = Commit::of(an_origin(), new);
            repositories.conversations.create(id, commit).await.expect("stored");
        }
        repositories.feed.number_waiting().await.expect("every event has a position");
        assert_eq!(labelled(&repositories, id).await, 5);

        // No event tells of these changes, and the end of the feed is another one.
        database
            .execute(
                "UPDATE conversations SET labels = '[]'; DELETE FROM conversation_labels; \
                 DELETE FROM events; UPDATE event_heads SET seq = seq + 5, floor = seq + 5",
            )
            .await;

        assert_eq!(labelled(&repositories, id).await, 0, "{engine:?}");
        let metrics = database.list_index_metrics();
        assert_eq!(metrics.iter().map(|each| each.builds).sum::<u64>(), 2, "{metrics:?}");
        assert_eq!(metrics.iter().map(|each| each.answers).sum::<u64>(), 2, "{metrics:?}");
    }
}

/// An index that would take more memory than there is, is not built, and is counted.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_too_large_is_counted() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await.with_list_index_of(1);
        let repositories = database.repositories().await;

        contract::filters::filters_by_label(&repositories).await;

        let metrics = database.list_index_metrics();
        let counts = metrics.iter().map(|each| (each.builds, each.failures, each.answers));
        assert_eq!(counts.collect::<Vec<_>>(), [(0, 1, 0)], "{engine:?}");
    }
}

async fn labelled(repositories: &Repositories, workspace: WorkspaceId) -> u64 {
    let filter = ConversationFilter { labels: tags(&["refund"]), ..Default::default() };
    let window = PageWindow { start: PageStart::Offset(0), limit: 10 };
    let order = ConversationOrder::Newest;
    let found = repositories.conversations.list(workspace, filter, order, window).await;
    let found = found.expect("a list").content;
    assert_eq!(found.total, found.items.len() as u64);
    found.total
}
