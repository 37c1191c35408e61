//! The rest of the list of all cases: what operators use.

/// Gives an arm of [`contract_suite!`](crate::contract_suite) these cases beside those of the API.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_operator_cases {
    ({ $($arm:tt)+ } $($others:tt)+) => {
        $crate::contract_suite! { $($arm)+
            $($others)+
            workspaces {
                bootstraps_a_workspace_with_what_it_needs
                bootstraps_once
                does_not_bootstrap_beside_another_workspace
                makes_a_workspace_with_an_inbox_or_neither
                exactly_one_concurrent_bootstrap_succeeds
                a_name_is_taken_once
                finds_by_name_literally
                lists_oldest_first
                erases_a_workspace_with_all_it_has
                what_was_erased_can_be_stored_again
            }
            exports {
                all_records_are_exported_in_order
                any_number_is_exported
                what_is_being_erased_is_not_exported
                an_export_ends_with_its_sink
            }
            imports {
                what_was_exported_is_imported_as_it_was
                imported_things_are_counted_found_and_changed_as_others
                an_import_without_a_valid_end_stores_nothing
                an_import_into_a_workspace_that_is_not_empty_stores_nothing
                an_import_with_a_duplicate_stores_nothing
                any_number_is_imported
            }
        }
    };
}
