//! What connections are told before they are used.

use std::time::Duration;

use super::sharding;
use crate::timeout_budget::TimeoutBudget;

/// How long settings last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SettingsScope {
    /// As long as the connection.
    Session,
    /// As long as a transaction: what lies behind the connection is used by others too.
    Transaction,
}

impl SettingsScope {
    /// The statements that set these.
    pub(super) fn set(self, settings: &[&str]) -> String {
        let set = match self {
            Self::Session => "SET",
            Self::Transaction => "SET LOCAL",
        };
        let statements: Vec<_> = settings.iter().map(|each| format!("{set} {each}")).collect();
        statements.join("; ")
    }
}

/// The setting of how long a lock is waited for.
fn lock(budget: TimeoutBudget) -> String {
    format!("lock_timeout = {}", budget.lock().as_millis())
}

/// What a write to a sharded database sets, so that it holds on the node that does the work. One connection
/// for each node: the engine refuses to write what every node has after it read over several.
pub(super) fn settings_of_node(budget: TimeoutBudget) -> String {
    let one_by_one = sharding::ONE_BY_ONE;
    SettingsScope::Transaction.set(&[&lock(budget), one_by_one])
}

/// The setting of how long a transaction may pause between two statements.
pub(super) fn pause(limit: Duration) -> String {
    format!("idle_in_transaction_session_timeout = {}", limit.as_millis())
}

/// What every connection is told first. No statement outlives the patience of those who wait for
/// it, no lock is waited for without end, and no transaction stays open behind a dead client.
///
/// A statement is planned once, whatever is bound in it: planning takes longer than carrying out, and
/// lists are bounded by literals so that a plan for all values is a good one. There is an index for
/// everything that is asked; that a table is still small, or that a value is common on average, is
/// no reason to read all of it once it has grown.
///
/// Messages are asked for in English, which is what an operator finds an explanation of. Nothing but a
/// disk quota is told by them, and a role that may not set that goes without.
pub(super) fn settings(budget: TimeoutBudget, scope: SettingsScope) -> String {
    let statement = budget.statement().as_millis();
    let settings = scope.set(&[
        &format!("statement_timeout = {statement}"),
        &lock(budget),
        &pause(budget.statement()),
        "client_encoding = 'UTF8'",
        "plan_cache_mode = force_generic_plan",
        "jit = off",
        "enable_seqscan = off",
        "random_page_cost = 1.1",
    ]);
    let local = scope == SettingsScope::Transaction;
    format!(
        "{settings}; DO $$ DECLARE is_local CONSTANT boolean := {local}; BEGIN {} \
         BEGIN PERFORM set_config('lc_messages', 'C', is_local); \
         EXCEPTION WHEN insufficient_privilege THEN NULL; END; END $$",
        sharding::SETTINGS
    )
}
