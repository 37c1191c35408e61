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
pub(crate) struct WorkerBarrier(Arc<Mutex<Vec<mpsc::UnboundedSender<Answer>>>>);

impl WorkerBarrier {
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
    pub(crate) async fn wait_for_all(&self) {
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

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpStream;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use actix_web::{App, HttpServer, web};

    use super::*;

    static SEEN: AtomicUsize = AtomicUsize::new(0);

    async fn see() -> &'static str {
        SEEN.fetch_add(1, Ordering::SeqCst);
        ""
    }

    /// Keeps the worker from looking for a while, after the reply.
    async fn block() -> &'static str {
        actix_web::rt::spawn(async { std::thread::sleep(Duration::from_millis(500)) });
        ""
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_worker_that_answers_has_read_everything_that_arrived() {
        let barrier = WorkerBarrier::default();
        let workers = barrier.clone();
        let server = HttpServer::new(move || {
            workers.join();
            App::new().route("/see", web::get().to(see)).route("/block", web::get().to(block))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").expect("a port");
        let address = server.addrs()[0];
        tokio::spawn(server.run());
        let mut connections: Vec<_> =
            (0..50).map(|_| TcpStream::connect(address).expect("a connection")).collect();
        connections[0]
            .write_all(b"GET /block HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .expect("a request");
        tokio::time::sleep(Duration::from_millis(100)).await;

        for connection in &mut connections[1..] {
            connection
                .write_all(b"GET /see HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .expect("a request");
        }
        let before = SEEN.load(Ordering::SeqCst);
        barrier.wait_for_all().await;

        assert_eq!([before, SEEN.load(Ordering::SeqCst)], [0, 49]);
    }
}
