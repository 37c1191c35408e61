//! Values in scope of a piece of work, on any thread that continues it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::thread::LocalKey;

/// The value of the work that goes on in a thread, if it has one.
pub(crate) type Current<T> = RefCell<Option<T>>;

/// Puts back the value that there was before.
struct RestoreOnDrop<T: 'static>(&'static LocalKey<Current<T>>, Option<T>);

impl<T> Drop for RestoreOnDrop<T> {
    fn drop(&mut self) {
        let Self(current, before) = self;
        current.set(before.take());
    }
}

/// Does this with a value. What it spawns as a task of its own has none.
pub(crate) async fn scope<T: Clone, F: Future>(
    current: &'static LocalKey<Current<T>>,
    value: T,
    future: F,
) -> F::Output {
    let mut future = pin!(future);
    poll_fn(move |context| {
        let _before = RestoreOnDrop(current, current.replace(Some(value.clone())));
        future.as_mut().poll(context)
    })
    .await
}
