//! What a connection and the stream of events on it tell each other.
//!
//! When a client closes its side, the framework goes on with the reply, because the client may still read
//! it. A stream would go on until a write fails, and keep its place until then. And when the process stops,
//! a stream whose client does not read cannot end by itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use actix_web::HttpRequest;
use tokio::sync::watch;

/// What a connection and the stream on it tell each other. The server has to put it into the data of each
/// connection.
#[derive(Debug, Clone, Default)]
pub struct ConnectionSignals(Rc<Signals>);

#[derive(Debug, Default)]
struct Signals {
    hung_up: Cell<bool>,
    ending: RefCell<Option<watch::Receiver<bool>>>,
}

impl ConnectionSignals {
    /// Notes that the client has closed its side.
    pub fn hang_up(&self) {
        self.0.hung_up.set(true);
    }

    /// Whether the process has told the stream on this connection to end.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.0.ending.borrow().as_ref().is_some_and(|ending| *ending.borrow())
    }

    /// Those of the connection of a request.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        request.conn_data::<Self>().cloned().unwrap_or_default()
    }

    pub(crate) fn is_hung_up(&self) -> bool {
        self.0.hung_up.get()
    }

    /// The stream on the connection ends when this becomes true.
    pub(crate) fn end_with(&self, ending: watch::Receiver<bool>) {
        self.0.ending.replace(Some(ending));
    }
}
