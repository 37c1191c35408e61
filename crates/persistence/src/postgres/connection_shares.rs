//! How the connections of a worker are divided between purposes.

use crate::Limits;

/// The connections of one worker, by what they are for. Beside them there is one for signs of life. More
/// only make the slowest requests slower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ConnectionShares {
    /// For what is found by its key.
    pub(super) lookups: usize,
    /// For lists. The last one is kept for workspaces that hold none.
    pub(super) lists: usize,
    /// For searches. The last one is reserved too.
    pub(super) searches: usize,
    /// For writes, which wait the longest for the server.
    pub(super) writers: usize,
}

impl ConnectionShares {
    /// Divides this many connections: more than a third of them are for writes. There is one of
    /// each at least.
    pub(super) fn of(connections: usize) -> Self {
        let left = connections.max(Limits::FEWEST_CONNECTIONS) - 1;
        let writers = (left * 4 / 11).max(1);
        let lists = (left * 3 / 11).max(1);
        let searches = (left * 2 / 11).max(1);
        Self { lookups: left - writers - lists - searches, lists, searches, writers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_shared_out_and_there_is_one_for_each_purpose() {
        for connections in 0..100 {
            let ConnectionShares { lookups, lists, searches, writers } =
                ConnectionShares::of(connections);
            let all = lookups + lists + searches + writers + 1;
            assert_eq!(all, connections.max(Limits::FEWEST_CONNECTIONS));
            assert!(
                [lookups, lists, searches, writers].iter().all(|&count| count > 0),
                "{connections}"
            );
        }
        let usual = ConnectionShares { lookups: 2, lists: 3, searches: 2, writers: 4 };
        assert_eq!(ConnectionShares::of(Limits::default().connections), usual);
    }
}
