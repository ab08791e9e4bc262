//! What is in quarantine is shown, and dealt with as a person wants.

use std::sync::Arc;

use tokio::{sync::oneshot, task::spawn_blocking};

use super::Actor;
use crate::{
    engine::{command::QuarantineAnswer, event::Event, handle::Publisher, quarantine},
    model::{Problem, QuarantineDeed, QuarantineId, QuarantineItem},
};

impl Actor {
    pub(super) fn list_quarantine(&mut self, reply: oneshot::Sender<Result<Vec<QuarantineItem>, Problem>>) {
        let (home, publisher) = (self.home.clone(), self.publisher.clone());
        self.measures.spawn_blocking(move || {
            let items = quarantine::list(&home);
            tell_count(&publisher, items.as_ref().ok());
            // A face that no longer wants to know has dropped its end.
            let _ = reply.send(items);
            publisher.wake();
        });
    }

    pub(super) fn deal_with_quarantine(
        &mut self,
        items: Vec<QuarantineId>,
        deed: QuarantineDeed,
        reply: oneshot::Sender<Vec<QuarantineAnswer>>,
    ) {
        let (home, publisher, checks) = (self.home.clone(), self.publisher.clone(), Arc::clone(&self.checks));
        self.tasks.spawn(async move {
            let dealing = spawn_blocking(move || {
                let mut answers = Vec::with_capacity(items.len());
                for id in items {
                    // Nobody waits for it any more.
                    if reply.is_closed() {
                        break;
                    }
                    let done = quarantine::deal(&home, &checks, (&id, deed), &|| reply.is_closed());
                    answers.push((id, done));
                }
                tell_count(&publisher, quarantine::list(&home).ok().as_ref());
                let _ = reply.send(answers);
                publisher.wake();
            });
            if let Err(broke) = dealing.await {
                tracing::error!(%broke, "what is in quarantine was not dealt with");
            }
        });
    }

    /// Finds out how many files are in quarantine, and says so.
    pub(super) fn count_quarantine(&mut self) {
        let (home, publisher) = (self.home.clone(), self.publisher.clone());
        self.measures.spawn_blocking(move || tell_count(&publisher, quarantine::list(&home).ok().as_ref()));
    }
}

fn tell_count(publisher: &Publisher, items: Option<&Vec<QuarantineItem>>) {
    if let Some(count) = items.map(|items| items.len() as u64)
        && publisher.snapshot().quarantined != count
    {
        publisher.publish(Event::Quarantined(count));
    }
}
