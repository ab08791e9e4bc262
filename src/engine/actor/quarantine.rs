//! What is in quarantine is shown, and dealt with as a person wants.

use std::{path::Path, sync::Arc};

use tokio::{sync::oneshot, task::spawn_blocking};

use super::Actor;
use crate::{
    engine::{
        command::QuarantineAnswer,
        event::Event,
        handle::Publisher,
        history::{Reader, RowId, Work},
        quarantine,
        recheck::recheck,
    },
    model::{Problem, QuarantineDeed, QuarantineId, QuarantineItem, Rechecked},
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
        let recorder = self.recorder.clone();
        self.tasks.spawn(async move {
            let dealing = spawn_blocking(move || {
                let mut answers = Vec::with_capacity(items.len());
                let mut note = |which, later| recorder.push(Work::Later { which, later });
                // Whoever wants it checked may have started the scanner just now.
                checks.scanner().look_anew();
                for id in items {
                    // Nobody waits for it any more.
                    if reply.is_closed() {
                        break;
                    }
                    let done =
                        quarantine::deal(&home, &checks, (&id, deed), &|| reply.is_closed(), &mut note);
                    answers.push((id, done));
                }
                count_anew(&publisher, &home);
                let _ = reply.send(answers);
                publisher.wake();
            });
            if let Err(broke) = dealing.await {
                tracing::error!(%broke, "what is in quarantine was not dealt with");
            }
        });
    }

    /// Looks once more into files that were let in though nobody could look into them.
    pub(super) fn check_again(&mut self, rows: Vec<RowId>, reply: oneshot::Sender<Vec<(RowId, Rechecked)>>) {
        let (home, publisher, checks) = (self.home.clone(), self.publisher.clone(), Arc::clone(&self.checks));
        let recorder = self.recorder.clone();
        self.tasks.spawn(async move {
            let looking = spawn_blocking(move || {
                let is_over = || reply.is_closed();
                let mut note = |which, later| recorder.push(Work::Later { which, later });
                let mut answers = Vec::with_capacity(rows.len());
                // Whoever wants it checked may have started the scanner just now.
                checks.scanner().look_anew();
                let mut reader = Reader::open(&home).map_err(|why| why.to_string());
                for id in rows {
                    let row = match &mut reader {
                        Ok(reader) => reader.row(id).map_err(|why| why.to_string()),
                        Err(why) => Err(why.clone()),
                    };
                    let answer = match row {
                        Ok(Some(row)) => recheck(&home, &checks, &row, &is_over, &mut note),
                        Ok(None) => Some(Rechecked::NotMarked),
                        Err(why) => Some(Rechecked::Unreadable(why)),
                    };
                    // Nobody waits for it any more.
                    let Some(answer) = answer else { break };
                    answers.push((id, answer));
                }
                count_anew(&publisher, &home);
                let _ = reply.send(answers);
                publisher.wake();
            });
            if let Err(broke) = looking.await {
                tracing::error!(%broke, "what was marked was not looked into again");
            }
        });
    }

    /// Finds out how many files are in quarantine, and says so.
    pub(super) fn count_quarantine(&mut self) {
        let (home, publisher) = (self.home.clone(), self.publisher.clone());
        self.measures.spawn_blocking(move || count_anew(&publisher, &home));
    }
}

/// To be called after whatever may have put something there. Blocks.
pub(super) fn count_anew(publisher: &Publisher, home: &Path) {
    tell_count(publisher, quarantine::list(home).ok().as_ref());
}

fn tell_count(publisher: &Publisher, items: Option<&Vec<QuarantineItem>>) {
    if let Some(count) = items.map(|items| items.len() as u64)
        && publisher.snapshot().quarantined != count
    {
        publisher.publish(Event::Quarantined(count));
    }
}
