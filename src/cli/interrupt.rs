//! Ctrl-C, and whatever else asks the program to end.

use std::{io, process};

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::exit::Exit;

/// Listens for as long as it lives.
pub struct Interrupts {
    _task: AbortOnDropHandle<()>,
}

impl Interrupts {
    /// The first interrupt is handed on, so that what runs can be cancelled properly. A second one
    /// ends the program where it stands: it must help even when the rest is stuck, so it does not
    /// go through the rest.
    ///
    /// # Errors
    /// When the system hands over no signals.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn listen() -> io::Result<(Self, mpsc::Receiver<()>)> {
        let (to, first) = mpsc::channel(1);
        let mut requests = Requests::new()?;
        #[expect(clippy::disallowed_methods, reason = "owned by what is returned; leaves at once on purpose")]
        let task = tokio::spawn(async move {
            requests.next().await;
            // The command has ended by itself: there is nothing left to cancel.
            let _ = to.send(()).await;
            requests.next().await;
            tracing::warn!("interrupted twice: leaving at once");
            process::exit(Exit::Cancelled as i32);
        });
        Ok((Self { _task: AbortOnDropHandle::new(task) }, first))
    }
}

#[cfg(unix)]
struct Requests {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Requests {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Requests {
    ctrl_c: tokio::signal::windows::CtrlC,
    close: tokio::signal::windows::CtrlClose,
}

#[cfg(windows)]
impl Requests {
    fn new() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_c, ctrl_close};
        Ok(Self { ctrl_c: ctrl_c()?, close: ctrl_close()? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.ctrl_c.recv() => {}
            _ = self.close.recv() => {}
        }
    }
}
