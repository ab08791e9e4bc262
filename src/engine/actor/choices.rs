//! What a person chooses: the settings, and the folders that are received into.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};

use tokio::{sync::oneshot, task::spawn_blocking};

use super::Actor;
use crate::{
    disk::{self, DiskError},
    engine::{
        cards::InboxCard,
        command::{Consent, HistoryChange},
        event::Event,
        handle::Publisher,
        history::Work,
        report::{Choice, Internal},
    },
    identity::Change,
    model::{DeviceId, Problem, ProblemKind, Side, text},
    settings::Settings,
};

impl Actor {
    pub(super) fn change_history(&self, change: HistoryChange, reply: oneshot::Sender<Result<u64, Problem>>) {
        self.recorder.push(Work::Change { change, reply });
    }

    pub(super) fn apply(&mut self, settings: Settings) {
        let (before, chosen) = (self.settings.inbox.clone(), settings.inbox.clone());
        self.settle(settings);
        if chosen != before {
            self.look_at(Choice::Inbox { chosen, before });
        }
    }

    /// What one device sends goes to another folder from now on.
    pub(super) fn choose_folder(&mut self, id: DeviceId, chosen: PathBuf) {
        let before = self.devices.known(id).and_then(|known| known.folder);
        self.devices.change(Change::Folder { id, folder: Some(chosen.clone()) });
        self.look_at(Choice::Device { id, chosen, before });
    }

    /// Finds out whether a folder that was chosen may be received into. Until then nothing is: what comes looks, too.
    fn look_at(&mut self, choice: Choice) {
        let (off_limits, actor) = (self.off_limits.clone(), self.reports.0.clone());
        self.tasks.spawn(async move {
            let chosen = choice.chosen().to_owned();
            let looked = spawn_blocking(move || off_limits.admits(&chosen).map_err(|why| unfit(&why))).await;
            let refused = looked.unwrap_or(Ok(())).err();
            let _ = actor.send(Internal::Looked { choice, refused }).await;
        });
    }

    /// What was chosen stays, or it is as before and the person is told why.
    pub(super) fn looked(&mut self, choice: Choice, refused: Option<Problem>) {
        let is_refused = refused.is_some();
        self.publisher.publish(Event::Refused(refused));
        match choice {
            Choice::Inbox { chosen, before } if is_refused && self.settings.inbox == chosen => {
                self.settle(Settings { inbox: before, ..self.settings.clone() });
            }
            Choice::Device { id, chosen, before }
                if is_refused
                    && self.devices.known(id).is_some_and(|known| known.folder.as_ref() == Some(&chosen)) =>
            {
                self.devices.change(Change::Folder { id, folder: before });
            }
            Choice::Inbox { .. } | Choice::Device { .. } => {}
        }
    }

    fn settle(&mut self, settings: Settings) {
        if settings == self.settings {
            return;
        }
        let moved = settings.inbox != self.settings.inbox;
        if settings.device_name != self.settings.device_name {
            // Chosen now: that is newer than the name this run began with.
            self.for_this_run.name = None;
        }
        if settings.limit != self.settings.limit {
            self.for_this_run.limit = None;
            self.limiters.set(settings.limit);
        }
        if settings.history != self.settings.history {
            self.recorder.forget(settings.history);
        }
        if let Some(receiving) = self.reception.as_mut().and_then(|reception| reception.receiving.as_mut())
            && receiving.consent == Consent::Settings
        {
            receiving.landing.conflict = settings.conflict;
        }
        self.checks.apply(&settings);
        self.settings = settings.clone();
        self.publisher.publish(Event::Settings(Box::new(settings)));
        let name = self.device_name();
        if name != self.device.name {
            self.device.name = name;
            self.publisher.publish(Event::Device(self.device.clone()));
        }
        if moved {
            self.measure_inbox();
        }
        let (home, publisher, saving) = (self.home.clone(), self.publisher.clone(), Arc::clone(&self.saving));
        self.tasks.spawn_blocking(move || {
            // One at a time, and each saves the newest: an older one can't come last.
            let _one = saving.lock().unwrap_or_else(PoisonError::into_inner);
            let before = publisher.snapshot();
            let unsaved = before.settings.save(&home).err().map(|e| {
                tracing::error!(error = %e, "the settings could not be saved");
                unsaved(&e)
            });
            if unsaved != before.unsaved {
                publisher.publish(Event::Unsaved(unsaved));
            }
        });
    }

    /// Finds out how much is free in the receiving folder, and says so.
    pub(super) fn measure_inbox(&mut self) {
        let (folder, publisher) = (self.settings.inbox.clone(), self.publisher.clone());
        let off_limits = self.off_limits.clone();
        self.tasks.spawn_blocking(move || {
            if let Err(why) = off_limits.admits(&folder)
                && publisher.snapshot().settings.inbox == folder
            {
                publisher.publish(Event::Refused(Some(unfit(&why))));
            }
            tell_room(&publisher, &folder);
        });
    }
}

/// Says how much is free in the receiving folder, where that reads otherwise than before. Blocks.
pub(super) fn tell_room(publisher: &Publisher, folder: &Path) {
    let free = disk::free_space(folder);
    let now = publisher.snapshot();
    let reads = |free: Option<u64>| free.map(text::bytes);
    let is_news = now.inbox.folder != folder || reads(now.inbox.free) != reads(free);
    // Measured for nothing when another folder was chosen meanwhile.
    if is_news && now.settings.inbox == folder {
        publisher.publish(Event::Inbox(InboxCard { folder: folder.to_owned(), free }));
    }
}

/// Why a change of the settings is lost with this run, for a person.
fn unsaved(why: &io::Error) -> Problem {
    let text = format!(
        "The settings could not be saved: {}. They hold until Airlift is closed. Make room or let Airlift write into its own folder, and change one of them again.",
        text::reason(why)
    );
    Problem { side: Side::Here, kind: ProblemKind::Files, text }
}

/// Why a folder may not be received into, for a person.
fn unfit(why: &DiskError) -> Problem {
    Problem { side: Side::Here, kind: ProblemKind::Files, text: why.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{DeviceCard, Snapshot, seam},
        model::DeviceName,
    };

    #[test]
    fn what_is_free_in_the_receiving_folder_is_news_only_where_it_reads_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let card =
            DeviceCard { id: DeviceId::of_public_key(b"test"), name: DeviceName::parse("Test").unwrap() };
        let settings = Settings { inbox: folder.path().to_owned(), ..Settings::default() };
        let (handle, end) = seam(Snapshot::new(card, settings), Arc::new(|| {}));
        let mut events = handle.subscribe().1;
        tell_room(&end.publisher, folder.path());
        let free = end.publisher.snapshot().inbox.free;
        assert!(events.try_next().is_some() && free.is_some());
        // Others may fill this disk meanwhile.
        tell_room(&end.publisher, folder.path());
        let reads = |free: Option<u64>| free.map(text::bytes);
        assert_eq!(events.try_next().is_some(), reads(end.publisher.snapshot().inbox.free) != reads(free));
        tell_room(&end.publisher, &folder.path().join("another"));
        assert!(events.try_next().is_none());
    }
}
