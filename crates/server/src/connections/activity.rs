//! What a connection is doing, as far as the deadline of its next head depends on it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use conversations_http::ConnectionSignals;
use tokio::time::Instant;

use super::HEAD_TIMEOUT;

/// What a connection is doing. It is shared by its stream, which sees bytes, and by the service,
/// which sees requests.
pub(super) struct Activity {
    phase: Cell<Phase>,
    /// How long it may be idle between two requests.
    keep_alive: Duration,
    signals: ConnectionSignals,
}

#[derive(Debug, Default, Clone, Copy)]
enum Phase {
    /// The first head is on its way, whose deadline is the framework's.
    #[default]
    First,
    /// The number of requests in progress: what arrives belongs to a body, or comes too early.
    Serving(usize),
    /// All that came was answered. A part of the next head may have come before the last reply.
    Idle { due: Instant },
    /// The next head has begun.
    Head { due: Instant },
}

/// A request that is worked on. It is over when this value is dropped.
pub(super) struct InService(Rc<Activity>);

impl Activity {
    pub(super) fn new(keep_alive: Duration) -> Self {
        Self { phase: Cell::default(), keep_alive, signals: ConnectionSignals::default() }
    }

    /// What it and a stream on it tell each other.
    pub(super) fn signals(&self) -> &ConnectionSignals {
        &self.signals
    }

    /// A head is complete, and is handed to the service.
    pub(super) fn begin_request(self: &Rc<Self>) -> InService {
        let others = match self.phase.get() {
            Phase::Serving(others) => others,
            _ => 0,
        };
        self.phase.set(Phase::Serving(others + 1));
        InService(Rc::clone(self))
    }

    /// Bytes have arrived.
    pub(super) fn bytes_arrived(&self) {
        if let Phase::Idle { .. } = self.phase.get() {
            self.phase.set(Phase::Head { due: Instant::now() + HEAD_TIMEOUT });
        }
    }

    /// By when the next head has to be complete, if it is waited for.
    pub(super) fn head_due(&self) -> Option<Instant> {
        match self.phase.get() {
            Phase::First | Phase::Serving(_) => None,
            Phase::Idle { due } | Phase::Head { due } => Some(due),
        }
    }

    /// Starts to wait for the next head now: while a reply is being sent, none is expected.
    pub(super) fn wait_for_head(&self) {
        self.phase.set(Phase::Idle { due: Instant::now() + self.keep_alive + HEAD_TIMEOUT });
    }
}

impl Drop for InService {
    fn drop(&mut self) {
        match self.0.phase.get() {
            Phase::Serving(count) if count > 1 => self.0.phase.set(Phase::Serving(count - 1)),
            _ => self.0.wait_for_head(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP_ALIVE: Duration = Duration::from_secs(75);

    /// How many seconds are left for the next head, rounded.
    fn left(activity: &Activity) -> Option<u64> {
        let left = activity.head_due()?.saturating_duration_since(Instant::now());
        Some((left + Duration::from_millis(500)).as_secs())
    }

    #[test]
    fn the_framework_times_the_first_head() {
        let activity = Activity::new(KEEP_ALIVE);

        activity.bytes_arrived();

        assert_eq!(left(&activity), None);
    }

    #[test]
    fn no_deadline_runs_while_a_request_is_served() {
        let activity = Rc::new(Activity::new(KEEP_ALIVE));

        let first = activity.begin_request();
        let second = activity.begin_request();
        activity.bytes_arrived();
        drop(first);
        activity.bytes_arrived();

        assert_eq!(left(&activity), None);
        drop(second);
        assert_eq!(left(&activity), Some(80));
    }

    #[test]
    fn a_request_head_has_a_fixed_deadline() {
        let activity = Rc::new(Activity::new(KEEP_ALIVE));
        drop(activity.begin_request());

        activity.bytes_arrived();
        let due = activity.head_due();
        std::thread::sleep(Duration::from_millis(5));
        activity.bytes_arrived();

        assert_eq!(left(&activity), Some(5));
        assert_eq!(activity.head_due(), due);
    }
}
