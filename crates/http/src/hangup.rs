//! Whether the client of a connection has closed its side.
//!
//! The framework goes on with a reply then, because the client may still read it. A stream of events
//! would go on until a write fails, and keep its place until then.

use std::cell::Cell;
use std::rc::Rc;

use actix_web::HttpRequest;

/// Whether the client of a connection has closed its side. The server has to put it into the data of each
/// connection, and to [set](Self::set) it.
#[derive(Debug, Clone, Default)]
pub struct Hangup(Rc<Cell<bool>>);

impl Hangup {
    /// Notes that the client has closed its side.
    pub fn set(&self) {
        self.0.set(true);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.get()
    }

    /// That of the connection of a request.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        request.conn_data::<Self>().cloned().unwrap_or_default()
    }
}
