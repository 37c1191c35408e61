//! The console at `/console`: an inbox that a team of agents works in.

use crate::routing::ResourceRoutes;

/// The page, and what it is made of.
pub(crate) fn routes() -> impl Iterator<Item = ResourceRoutes> {
    std::iter::empty()
}
