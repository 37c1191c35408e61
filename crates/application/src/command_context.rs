//! The context of a command: one reading of the clock, and the ids generated in it.

use std::sync::Arc;

use conversations_domain::Timestamp;
use uuid::Uuid;

use crate::ports::{Clock, IdGenerator};

/// Makes the context of each command.
#[derive(Clone)]
pub struct ContextFactory {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

/// The time of one command, and where its new ids come from. Everything that the command makes has this time.
pub struct CommandContext<'a> {
    now: Timestamp,
    ids: &'a dyn IdGenerator,
}

impl ContextFactory {
    /// Makes contexts with the time of this clock and ids of this generator.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, ids: Arc<dyn IdGenerator>) -> Self {
        Self { clock, ids }
    }

    /// The context of a command that starts now: the clock is read once, here.
    #[must_use]
    pub fn begin(&self) -> CommandContext<'_> {
        CommandContext { now: self.clock.now(), ids: &*self.ids }
    }
}

impl CommandContext<'_> {
    /// The time of the command.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A new id that carries the time of the command, or a later one for which another command has
    /// an id already: the ids of a process increase.
    #[must_use]
    pub fn next_id(&self) -> Uuid {
        self.ids.next(self.now)
    }
}
