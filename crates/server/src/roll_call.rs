//! Whether the workers have seen everything that has arrived. No request is lost between the socket
//! and the count of requests if each worker has had its turns after the bytes were there, and only a
//! task of the worker's own can tell.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};

/// How often a worker looks before it answers: the first time it finds what has arrived, the next
/// times it works on it. A look finds up to a thousand sockets.
const TURNS: usize = 32;

type Answer = oneshot::Sender<()>;

/// The workers that can be called.
#[derive(Clone, Default)]
pub(crate) struct RollCall(Arc<Mutex<Vec<mpsc::UnboundedSender<Answer>>>>);

impl RollCall {
    /// Makes the worker of this thread one of them.
    pub(crate) fn join(&self) {
        let (calls, mut called) = mpsc::unbounded_channel::<Answer>();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(calls);
        actix_web::rt::spawn(async move {
            while let Some(answer) = called.recv().await {
                for _ in 0..TURNS {
                    // Comes back after the runtime has asked for news of its sockets.
                    tokio::task::yield_now().await;
                }
                let _gone = answer.send(());
            }
        });
    }

    /// Waits until each worker has looked.
    pub(crate) async fn call(&self) {
        let call = |worker: &mpsc::UnboundedSender<Answer>| {
            let (answer, answered) = oneshot::channel();
            worker.send(answer).ok().map(|()| answered)
        };
        let workers = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let answers: Vec<_> = workers.iter().filter_map(call).collect();
        for answer in answers {
            let _gone = answer.await;
        }
    }
}
