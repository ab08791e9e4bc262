//! Work that other programs may never let end: it is waited for, and no longer than that.

use std::{sync::mpsc::sync_channel, thread, time::Duration};

/// What comes of it in time. Its thread ends when the system gives up on it, or with the process.
pub fn within<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (tell, told) = sync_channel(1);
    let working = thread::Builder::new().name("errand".to_owned()).spawn(move || {
        // Nobody waits any more: it has taken too long.
        let _ = tell.send(work());
    });
    match working {
        Ok(_) => told.recv_timeout(limit).ok(),
        Err(problem) => {
            tracing::error!(%problem, "the system gives no thread");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_left_to_itself() {
        assert_eq!(within(Duration::from_secs(30), || 7), Some(7));
        let (end, held) = sync_channel::<()>(0);
        assert_eq!(within(Duration::from_millis(1), move || held.recv().is_ok()), None);
        drop(end);
    }
}
