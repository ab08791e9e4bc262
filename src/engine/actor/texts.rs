//! Texts that have come: how many are kept to be read, and that one is written into a file when a person asks for it.
//!
//! Knows the list that faces see. Must not know how a text has come.

use std::path::PathBuf;

use tokio::{sync::oneshot, task::spawn_blocking};

use super::{Actor, quarantine::count_anew};
use crate::{
    disk::{self, SavedText, SentBy},
    engine::event::Event,
    model::{Caught, Direction, Problem, ProblemKind, Side, Transfer, TransferId},
    wire::limits,
};

impl Actor {
    /// Of those that are over, the latest are kept: all that others send must find a place in memory.
    pub(super) fn let_go_of_texts(&mut self) {
        let mut room = limits::MAX_WORDS_KEPT;
        for transfer in self.publisher.snapshot().transfers.into_iter().rev().filter(Transfer::is_finished) {
            let Some(text) = &transfer.text else { continue };
            if let Some(left) = room.checked_sub(text.bytes()) {
                room = left;
                continue;
            }
            self.publisher.publish(Event::Transfer(Box::new(Transfer { text: None, ..transfer })));
        }
    }

    pub(super) fn save_text(&mut self, id: TransferId, reply: oneshot::Sender<Result<PathBuf, Problem>>) {
        let known = self.publisher.snapshot();
        let publisher = self.publisher.clone();
        let Some((transfer, text)) = known.transfer(id).and_then(|t| Some((t, t.text.clone()?))) else {
            let text = "This text is not kept any more. Have it sent again.".to_owned();
            // A face that no longer wants to know has dropped its end.
            let _ = reply.send(Err(Problem { side: Side::Here, kind: ProblemKind::Files, text }));
            return publisher.wake();
        };
        let peer = &transfer.peer;
        let from = SentBy { id: peer.id, name: peer.label().to_owned() };
        let name = name(transfer);
        let watch = self.watch(from);
        let (inbox, off_limits) = (self.settings.inbox.clone(), self.off_limits.clone());
        let (home, counting) = (self.home.clone(), publisher.clone());
        self.tasks.spawn(async move {
            let saving = spawn_blocking(move || {
                let of_its_own = TransferId(crate::identity::random());
                let saved = disk::save_text(&text, (&name, &inbox), &off_limits, (of_its_own, watch));
                if let Ok(SavedText::Apart(_)) = &saved {
                    count_anew(&counting, &home);
                }
                saved
            });
            let saved = match saving.await {
                Ok(Ok(SavedText::At(path))) => Ok(path),
                Ok(Ok(SavedText::Apart(why))) => Err(apart(&why)),
                Ok(Err(why)) => Err(why.to_string()),
                Err(broke) => {
                    tracing::error!(%broke, "a text was not saved");
                    Err("Airlift itself broke down when it saved the text. Its log says more.".to_owned())
                }
            };
            let problem = |text| Problem { side: Side::Here, kind: ProblemKind::Files, text };
            let _ = reply.send(saved.map_err(problem));
            publisher.wake();
        });
    }
}

/// `Text from Anna’s laptop.txt`. What its file system can’t hold in it is replaced when it is planned.
fn name(transfer: &Transfer) -> String {
    let way = match transfer.direction {
        Direction::Receive => "from",
        Direction::Send => "to",
    };
    format!("Text {way} {}.txt", transfer.peer.label().replace('/', "-"))
}

fn apart(why: &Caught) -> String {
    match why {
        Caught::Infected(name) => {
            let name = crate::model::text::visible(name);
            format!("A virus was found in it ({name}), so it was not saved: it is in quarantine.")
        }
        Caught::Held(why) => {
            format!(
                "It could not be checked for viruses ({why}), so it is held in quarantine until it can be."
            )
        }
    }
}
