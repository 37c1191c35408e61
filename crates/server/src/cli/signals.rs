//! The signals that a server obeys.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::Certificates;

/// Has the certificate read again whenever the process is told so by SIGHUP. What cannot be used
/// changes nothing.
pub(super) fn reload_on_hang_up(certificates: Arc<Certificates>) -> std::io::Result<()> {
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hang_up.recv().await.is_some() {
            match certificates.read_again() {
                Ok(()) => tracing::info!("reloaded the certificate"),
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::error!(
                        error,
                        "could not reload the certificate; still using the previous one"
                    );
                }
            }
        }
    });
    Ok(())
}

/// The first signal to stop, and the second one.
pub(super) fn signals() -> std::io::Result<(oneshot::Receiver<()>, oneshot::Receiver<()>)> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let ((first, stop), (second, at_once)) = (oneshot::channel(), oneshot::channel());
    tokio::spawn(async move {
        for told in [first, second] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            let _gone = told.send(());
        }
    });
    Ok((stop, at_once))
}
