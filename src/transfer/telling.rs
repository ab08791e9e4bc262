//! What is told to whoever keeps account beside the flow, which waits for none of it.
//!
//! Knows that it goes on. Must not know what is told.

use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};

use super::{Ended, stages::Halt};
use crate::wire::limits;

/// A task at work.
pub struct Telling {
    work: JoinHandle<()>,
    halt: Halt,
}

impl Telling {
    pub fn start(work: impl FnOnce(&Halt) + Send + 'static) -> Self {
        let halt = Halt::default();
        let theirs = halt.clone();
        Self { work: spawn_blocking(move || work(&theirs)), halt }
    }

    /// Waits for it, for a while. Where another attempt follows, that tells the rest; else it comes to its end by itself.
    pub async fn end(self, ended: &Ended) {
        if ended.may_go_on() {
            self.halt.tell();
        }
        let _ = timeout(limits::ENDING, self.work).await;
    }
}
