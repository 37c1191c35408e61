//! The contract of the storage ports: what every storage does, as cases that run unchanged on each
//! database.
//!
//! A case takes an empty database and panics where the storage breaks the contract.
//! [`contract_suite!`](crate::contract_suite) lists them all and makes a test of each.

pub mod conversations;
pub mod directories;
pub mod emails;
pub mod erasure;
pub mod filters;
pub mod health;
pub mod inboxes;
pub mod keys;
pub mod listing;
pub mod messages;
pub mod oracle;
pub mod people;
mod tenant;
pub mod traces;
pub mod updates;
pub mod workspaces;

/// Makes a module with a test for every case of the [contract](crate::contract), each on a database
/// of its own.
///
/// The expression opens an empty database; it is evaluated once per test, in an async context, in
/// the module that is made (so paths in it start at a crate), and its value is kept until the test
/// ends. Its asynchronous method `repositories` gives the
/// [`Repositories`](conversations_persistence::Repositories).
///
/// ```no_run
/// # fn main() {}
/// conversations_testkit::contract_suite!(sqlite, conversations_testkit::TestDatabase::sqlite());
/// ```
#[macro_export]
macro_rules! contract_suite {
    ($database:ident, $open:expr) => {
        mod $database {
            $crate::contract_suite! { @cases @tests($open) }
        }
    };
    (@cases $($then:tt)+) => {
        $crate::contract_suite! { $($then)+
            conversations {
                round_trips_a_bare_conversation
                round_trips_every_field
                round_trips_every_word
                round_trips_the_longest_subject
                finds_nothing_for_an_unknown_id
                finds_nothing_of_another_workspace
                a_customer_and_a_message_land_together
                a_taken_email_stores_nothing_of_the_thread
                a_reference_out_of_the_workspace_is_stale
                a_stale_reference_stores_nothing_of_the_thread
                people_elsewhere_with_the_same_ids_are_not_mixed_in
            }
            updates {
                stores_every_change
                clearing_the_assignee_persists
                reopening_clears_the_time_of_closing
                a_change_leaves_the_others_alone
                rejects_a_stale_save
                a_message_makes_a_save_stale
                saving_what_is_gone_is_stale
                changes_nothing_of_another_workspace
                a_new_reference_out_of_the_workspace_is_stale
                of_concurrent_saves_exactly_one_wins
            }
            erasure {
                erases_a_conversation_with_its_messages
                what_was_erased_can_be_stored_again
                erases_a_conversation_without_messages
                an_erasure_leaves_the_others_alone
                erases_nothing_out_of_the_workspace
                an_erasure_counts_what_arrived_before_it
            }
            listing {
                newest_first
                the_order_is_by_making_not_by_change
                shows_what_a_single_read_shows
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
                all_filters_apply_together
                filtering_by_what_is_not_there_finds_nothing
            }
            oracle {
                lists_what_a_filter_in_memory_finds
            }
            messages {
                round_trips_every_field
                finds_a_message_where_it_is_only
                lists_by_number
                lists_nothing_of_an_unknown_conversation
                a_message_is_counted
                a_message_changes_nothing_else
                numbers_go_on_after_the_first_message
                an_older_message_moves_no_time_back
                only_a_customers_message_reopens
                appends_nothing_out_of_the_workspace
                concurrent_messages_all_land
            }
            traces {
                a_save_and_its_history_land_together
                a_stale_save_leaves_no_history
                only_a_reopening_message_leaves_history
                an_erasure_takes_the_history_and_leaves_an_audit_entry
                an_erasure_of_nothing_is_not_audited
                a_revocation_of_nothing_is_not_audited
            }
            people {
                round_trips_a_bare_customer
                round_trips_every_field_of_a_customer
                round_trips_every_kind_of_custom_field
                round_trips_full_and_classified_customers
                round_trips_every_field_of_a_user
                finds_nobody_out_of_the_workspace
                finds_by_email_whatever_its_case
                finds_by_email_literally
                any_number_of_customers_have_no_email
            }
            emails {
                a_customers_email_is_taken_once
                a_users_email_is_taken_once
                another_workspace_may_have_the_same_email
                of_concurrent_customers_exactly_one_gets_the_email
            }
            inboxes {
                round_trips_every_field
                finds_nothing_out_of_the_workspace
            }
            directories {
                lists_customers
                lists_users
                lists_inboxes
                lists_keys
            }
            keys {
                round_trips_every_field
                finds_nothing_for_another_hash
                finds_a_key_anywhere
                revokes_once
                revokes_nothing_out_of_the_workspace
            }
            workspaces {
                founds_a_workspace_with_what_it_needs
                founds_once
                founds_nothing_beside_another_workspace
                of_concurrent_foundings_exactly_one_succeeds
                a_name_is_taken_once
                finds_by_name_literally
                lists_oldest_first
                erases_a_workspace_with_all_it_has
                what_was_erased_can_be_stored_again
            }
            health {
                is_ready
                survives_a_cancelled_caller
            }
        }
    };
    (@tests($open:expr) $($group:ident { $($case:ident)+ })+) => {
        $(mod $group {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let database = $open;
                $crate::contract::$group::$case(&database.repositories().await).await;
            })+
        })+
    };
    (@sources $($group:ident { $($case:ident)+ })+) => {
        [$((
            stringify!($group),
            include_str!(concat!(stringify!($group), ".rs")),
            &[$(stringify!($case)),+][..],
        )),+]
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let mut groups = Vec::new();
        for (group, source, listed) in contract_suite! { @cases @sources } {
            groups.push(group);

            assert_eq!(declared(source, "pub async fn ", '('), listed);
        }

        groups.sort_unstable();
        assert_eq!(declared(include_str!("mod.rs"), "pub mod ", ';'), groups);
    }

    /// The names between this beginning of a line and this character.
    fn declared<'a>(source: &'a str, beginning: &str, end: char) -> Vec<&'a str> {
        let names =
            source.lines().filter_map(|line| line.strip_prefix(beginning)?.split(end).next());
        names.collect()
    }
}
