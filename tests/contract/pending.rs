//! Deletions in the smallest steps, on both databases.

use conversations_testkit::contract::{
    counts, customer_erasure, erasure, exports, operations, oracle, pending_erasures,
    user_deletion, workspaces,
};
use conversations_testkit::{Engine, TestDatabase};

/// A test of each case on both databases, where deletions go in the smallest steps.
macro_rules! in_small_steps {
    ($($module:ident { $($case:ident)* })*) => {
        $($(#[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            for engine in Engine::ALL {
                let database = TestDatabase::new(engine).await;
                let repositories = database.repositories_in_small_steps().await;
                $module::$case(&repositories).await;
                assert_eq!(database.integrity().await, "ok", "{engine:?}");
            }
        })*)*
    };
}

in_small_steps! {
    pending_erasures {
        a_long_conversation_is_gone_at_once
        a_person_is_gone_at_once
        a_user_is_gone_at_once
        a_workspace_is_gone_at_once
        an_inbox_goes_after_what_is_in_it
        what_arrives_too_late_finds_nothing
        several_carry_out_the_same
    }
    erasure {
        erases_a_conversation_with_its_messages
        an_erasure_leaves_the_others_alone
        an_erasure_counts_what_arrived_before_it
    }
    exports {
        what_is_being_erased_is_not_exported
    }
    customer_erasure {
        leaves_the_others_alone
        erases_any_number
    }
    user_deletion {
        unassigns_any_number
        what_they_wrote_stays
    }
    oracle {
        lists_what_an_in_memory_filter_finds
    }
    counts {
        counts_what_an_in_memory_filter_finds
    }
    operations {
        any_sequence_of_writes_keeps_the_totals_exact
    }
    workspaces {
        erases_a_workspace_with_all_it_has
    }
}
