//! What a panel may do to the world outside it: ask the engine, ask the desktop, tell the person.

use std::{path::Path, time::Duration};

use egui::Context;

use super::{
    desktop::{FilePicker, Heard, Opener, Pending, Pick, Picked, question},
    notices::Notices,
    paths,
};
use crate::engine::{Command, Handle, Wake};

/// Seconds after which a file dialog that has not answered may well be one that nobody sees.
const SLOW: f64 = 10.0;

pub struct Tools {
    pub notices: Notices,
    handle: Handle,
    picker: Box<dyn FilePicker>,
    opener: Box<dyn Opener>,
    wake: Wake,
    dialog: Option<Dialog>,
    errands: Vec<Errand>,
}

/// Whom a file dialog was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Things to send.
    Sending,
    /// The receiving folder.
    Inbox,
    /// The folder of one offer.
    Landing,
    /// The folder of one device.
    Folder,
}

struct Dialog {
    purpose: Purpose,
    pending: Pending<Picked>,
    /// When it becomes slow, on the window's clock; `None` once that has been told.
    slow_at: Option<f64>,
}

struct Errand {
    what: String,
    place: String,
    pending: Pending<Result<(), String>>,
}

impl Errand {
    fn about(path: &Path, pending: Pending<Result<(), String>>) -> Self {
        Self { what: paths::name(path), place: paths::shown(path), pending }
    }
}

impl Tools {
    pub fn new(handle: Handle, picker: Box<dyn FilePicker>, opener: Box<dyn Opener>, wake: Wake) -> Self {
        Self { notices: Notices::default(), handle, picker, opener, wake, dialog: None, errands: Vec::new() }
    }

    /// True when the engine took the command; if not, the person has been told why.
    pub fn ask(&mut self, command: Command) -> bool {
        let heard = self.handle.try_send(command);
        if let Err(unheard) = heard {
            self.notices.failed(unheard.to_string());
        }
        heard.is_ok()
    }

    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// What wakes the window from another thread.
    pub fn wake(&self) -> Wake {
        self.wake.clone()
    }

    pub fn copy(&mut self, ctx: &Context, text: &str) {
        ctx.copy_text(text.to_owned());
        self.notices.done(format!("Copied {text}"));
    }

    /// Copies what is too long to be repeated, and says `done`.
    pub fn copy_quietly(&mut self, ctx: &Context, text: &str, done: &str) {
        ctx.copy_text(text.to_owned());
        self.notices.done(done);
    }

    pub fn pick(&mut self, ctx: &Context, purpose: Purpose, what: Pick) {
        let (pending, reply) = question(self.wake.clone());
        self.dialog = Some(Dialog { purpose, pending, slow_at: Some(ctx.time() + SLOW) });
        self.picker.pick(what, reply);
    }

    /// True while a file dialog is open; there is one at a time.
    pub fn dialog_is_open(&self) -> bool {
        self.dialog.is_some()
    }

    /// For whom a file dialog has been open so long that another way should be offered. Told once.
    pub fn grown_slow(&mut self, ctx: &Context) -> Option<Purpose> {
        let dialog = self.dialog.as_mut()?;
        let left = dialog.slow_at? - ctx.time();
        if left > 0.0 {
            ctx.request_repaint_after(Duration::from_secs_f64(left));
            return None;
        }
        dialog.slow_at = None;
        Some(dialog.purpose)
    }

    /// The answer of the file dialog, once it is there.
    pub fn picked(&mut self) -> Option<(Purpose, Picked)> {
        let picked = match self.dialog.as_ref()?.pending.hear() {
            Heard::NotYet => return None,
            Heard::Answer(picked) => picked,
            Heard::Nothing => Picked::NoDialog,
        };
        self.dialog.take().map(|dialog| (dialog.purpose, picked))
    }

    pub fn open(&mut self, path: &Path) {
        let (pending, reply) = question(self.wake.clone());
        self.errands.push(Errand::about(path, pending));
        self.opener.open(path, reply);
    }

    pub fn reveal(&mut self, path: &Path) {
        let (pending, reply) = question(self.wake.clone());
        self.errands.push(Errand::about(path, pending));
        self.opener.reveal(path, reply);
    }

    /// Tells of what could not be opened.
    pub fn hear_errands(&mut self) {
        let Self { errands, notices, .. } = self;
        errands.retain(|errand| {
            let why = match errand.pending.hear() {
                Heard::NotYet => return true,
                Heard::Answer(Ok(())) => return false,
                Heard::Answer(Err(why)) => why,
                Heard::Nothing => "nothing answered".to_owned(),
            };
            tracing::info!(%why, "another program could not be opened");
            notices.failed(format!("{} could not be opened: {why} ({}).", errand.what, errand.place));
            false
        });
    }
}
