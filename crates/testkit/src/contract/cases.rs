//! The list of all cases.

/// Gives an arm of [`contract_suite!`](crate::contract_suite) all cases, by their modules.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_cases {
    ($($arm:tt)+) => {
        $crate::contract_operator_cases! { { $($arm)+ }
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
                rejects_a_stale_update
                updating_a_deleted_conversation_is_stale
                changes_nothing_of_another_workspace
                a_new_reference_out_of_the_workspace_is_stale
                exactly_one_concurrent_update_succeeds
                batched_updates_do_what_each_does_alone
                a_failing_update_does_not_affect_its_batch
                a_stale_update_does_not_block_others
            }
            message_streams {
                a_new_message_does_not_make_an_update_stale
                a_deleted_message_does_not_make_an_update_stale
                a_reopening_message_makes_an_update_stale
                a_stream_of_messages_never_makes_an_update_stale
            }
            stored_responses {
                a_response_is_stored_once_with_its_write
                a_failed_write_stores_no_response
                a_response_reflects_the_outcome_of_its_write
                a_response_without_a_write_is_stored_once
                a_response_without_a_write_must_show_the_stored_version
                a_response_about_a_webhook_goes_with_it
                an_update_of_a_delivery_lands_once_with_its_response
                a_response_is_stored_for_a_day
                expired_responses_are_deleted
                erasing_a_subject_deletes_the_stored_response
            }
            observed_versions {
                a_conversation_must_have_the_observed_versions
                a_message_changes_the_observed_versions
                a_deletion_needs_the_observed_version
            }
            labels {
                round_trips_the_most_labels
                a_change_replaces_all_labels
                another_change_leaves_the_labels_alone
                a_stale_update_leaves_the_labels_alone
                labels_are_found_literally
                labels_elsewhere_with_the_same_ids_are_not_mixed_in
                an_erasure_takes_the_labels_along
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
                sorts_by_creation_not_by_last_change
                shows_what_a_single_read_shows
                pages_cover_everything_once
                counts_past_the_last_page
                an_empty_workspace_has_an_empty_list
                lists_one_workspace_only
            }
            text_search {
                finds_what_the_table_says
                finds_what_is_found_in_memory
                finds_phrases_anywhere_in_long_texts
                finds_the_longest_texts
                searches_one_workspace_only
                follows_messages
                finds_internal_notes
                follows_the_subject
                finds_external_ids
                forgets_what_was_erased
                a_write_that_fails_is_not_found
                goes_with_other_filters
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
                filters_by_external_id
                filtering_by_what_is_not_there_finds_nothing
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
            totals {
                every_write_keeps_the_totals
                reserved_ids_have_no_totals
                a_wrong_count_key_makes_an_update_stale
                concurrent_writes_keep_the_totals_exact
                merging_changes_no_total
                repairing_what_is_right_changes_nothing
            }
            operations { any_sequence_of_writes_keeps_the_totals_exact }
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
            message_deletion {
                a_deleted_message_is_gone
                a_deletion_is_counted
                the_newest_that_is_left_is_the_last
                an_older_deletion_moves_no_time_back
                a_number_is_never_used_again
                only_what_went_is_audited
                messages_elsewhere_with_the_same_ids_are_not_mixed_in
                exactly_one_concurrent_deletion_succeeds
                messages_that_come_and_go_at_once_add_up
                messages_that_go_at_once_are_not_the_last
            }
            history {
                round_trips_every_field
                lists_in_the_order_of_the_changes
                every_kind_of_change_has_its_place
                lists_nothing_of_an_unknown_conversation
                lists_one_conversation_only
            }
            write_records {
                an_update_and_its_history_are_stored_together
                a_write_fails_without_its_history_and_audit
                a_stale_update_leaves_no_history
                only_a_reopening_message_leaves_history
                an_erasure_takes_the_history_and_leaves_an_audit_entry
                an_erasure_of_nothing_is_not_audited
                a_revocation_of_nothing_is_not_audited
            }
            audit {
                round_trips_every_field
                lists_newest_first
                lists_one_workspace_only
                every_write_leaves_its_entries
            }
            customers {
                round_trips_a_bare_customer
                round_trips_every_field
                round_trips_every_kind_of_custom_field
                round_trips_full_and_classified_customers
                finds_nobody_out_of_the_workspace
                finds_by_email_whatever_its_case
                finds_by_email_literally
                any_number_of_customers_have_no_email
            }
            customer_changes {
                stores_every_change
                lists_show_every_field
                cleared_fields_stay_cleared
                filters_use_the_new_values
                rejects_a_stale_update
                changes_nothing_out_of_the_workspace
                a_change_leaves_the_others_alone
                a_taken_email_changes_nothing
                exactly_one_concurrent_update_succeeds
            }
            customer_filters {
                filters_by_tier
                filters_by_status
                filters_by_tag
                filters_by_email
                filters_by_external_id
                all_filters_apply_together
                counts_what_the_filter_allows
                filters_one_workspace_only
            }
            search {
                searches_five_fields
                finds_whatever_the_case
                finds_literally
                finds_nothing_across_two_fields
                finds_the_longest_text
                finds_what_an_in_memory_filter_finds
            }
            emails {
                a_customers_email_is_taken_once
                a_users_email_is_taken_once
                addresses_that_look_alike_are_two
                another_workspace_may_have_the_same_email
                exactly_one_concurrent_customer_gets_the_email
            }
            external_ids {
                finds_everything_by_external_id
                the_external_id_of_other_things_is_taken_once
                a_customers_external_id_is_taken_once
                exactly_one_concurrent_customer_gets_the_external_id
            }
            users {
                round_trips_every_field
                finds_nobody_out_of_the_workspace
                stores_every_change
                rejects_a_stale_update
                changes_nothing_out_of_the_workspace
                a_taken_email_changes_nothing
                exactly_one_concurrent_update_succeeds
            }
            user_deletion {
                deletes_once
                unassigns_with_history
                what_they_wrote_stays
                an_unassignment_makes_an_update_stale
                deletes_nothing_out_of_the_workspace
                unassigns_any_number
            }
            customer_erasure {
                erases_a_person_with_all_they_have
                leaves_the_others_alone
                audits_the_person_and_each_conversation
                erases_a_person_without_conversations
                erases_nothing_out_of_the_workspace
                erases_any_number
            }
            directory_deletion {
                deletes_a_customer_once
                a_customer_in_use_stays
                deletes_no_customer_out_of_the_workspace
                deletes_an_inbox_once
                an_inbox_in_use_stays
                deletes_no_inbox_out_of_the_workspace
            }
            races {
                nothing_refers_to_what_was_deleted
                nothing_refers_to_whom_was_erased
                nothing_is_assigned_to_a_deleted_user
                exactly_one_concurrent_deletion_succeeds
                deletions_that_meet_both_succeed
            }
            inboxes {
                round_trips_every_field
                finds_nothing_out_of_the_workspace
                stores_every_change
                rejects_a_stale_update
                changes_nothing_out_of_the_workspace
            }
            directories { lists_customers lists_users lists_inboxes lists_keys }
            cursor_pages {
                pages_through_customers_by_cursor
                pages_through_users_by_cursor
                pages_through_inboxes_by_cursor
                pages_through_keys_by_cursor
                pages_through_the_audit_by_cursor
                pages_through_messages_by_cursor
                pages_through_a_history_by_cursor
                a_cursor_outlives_its_row
            }
            large_pages {
                messages_fit_by_bytes
                customers_fit_by_bytes
                conversations_fit_by_bytes
                pages_take_room_before_they_are_read
            }
            keys {
                round_trips_every_field
                finds_nothing_for_another_hash
                finds_a_key_anywhere
                finds_a_key_with_its_workspace
                revokes_once
                revokes_nothing_out_of_the_workspace
            }
            key_changes {
                stores_every_change
                rejects_a_stale_update
                changes_nothing_out_of_the_workspace
                finds_nothing_out_of_the_workspace
                exactly_one_concurrent_update_succeeds
            }
            key_rotation {
                a_new_secret_takes_the_place_of_the_old_one
                for_a_while_both_open_it
                every_secret_has_its_own_end
                rejects_a_stale_rotation
                no_secret_outlives_its_key
            }
            key_users {
                a_user_out_of_the_workspace_is_stale
                keys_stay_without_a_deleted_user
                a_new_secret_keeps_the_user
                no_key_speaks_for_a_user_deleted_meanwhile
            }
            key_uses {
                a_use_is_shown
                the_latest_use_counts
                any_number_of_uses_counts
                only_uses_of_keys_that_are_there_count
                a_revocation_forgets_the_use
                a_revocation_of_nothing_forgets_nothing
                using_a_key_does_not_make_an_update_stale
                concurrent_uses_all_count
            }
            feed {
                every_write_creates_its_events_in_order
                refused_writes_create_no_events
                a_thread_has_events_for_its_customer_and_message
                a_message_that_reopens_has_two_events
                a_long_deletion_creates_each_event_once
                deleting_a_user_creates_events_for_their_conversations
                pages_continue_after_their_cursor
                a_filter_moves_the_cursor_past_other_events
                unknown_cursors_are_refused
                concurrent_writes_have_one_event_each_in_the_order_of_versions
                finds_events_by_their_positions
            }
            feed_upkeep {
                old_events_are_deleted_without_gaps
                a_waiting_caller_gets_new_events
                deletions_are_counted_before_they_are_acknowledged
                unread_events_are_numbered
                lists_have_few_events_to_count
                lists_have_the_position_of_the_feed
                a_recreated_workspace_starts_an_empty_feed
            }
            webhooks {
                round_trips_every_field
                finds_nothing_out_of_the_workspace
                lists_webhooks_newest_first
                a_workspace_has_a_limited_number_of_webhooks
                stores_every_change_of_a_webhook
                rejects_a_stale_change_of_a_webhook
                a_deleted_webhook_leaves_nothing
            }
            deliveries {
                a_webhook_has_one_lease_at_a_time
                a_lease_ends_unless_it_is_renewed
                processes_share_the_webhooks
                only_webhooks_with_something_to_send_are_leased
                a_change_ends_the_lease
                a_report_is_stored_whole
                a_retry_makes_a_webhook_due
                disabling_a_webhook_creates_one_event
                filters_deliveries
                an_attempt_in_between_makes_an_update_stale
                old_deliveries_expire
                deliveries_go_with_their_webhook
                counts_webhooks_by_what_they_do
            }
            health { is_ready survives_a_cancelled_caller }
        }
    };
}
