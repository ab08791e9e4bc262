//! Ctrl+V: files copied in a file manager, a picture, or a text.
//!
//! Knows what the toolkit and the desktop say was pasted. Must not know what becomes of it.

use std::path::PathBuf;

use egui::{Context, Event, Key};

use super::{
    desktop::{Clipboard, Heard, Pending, question},
    notices::Notices,
};
use crate::{engine::Wake, model::Text};

pub struct Pasting {
    clipboard: Box<dyn Clipboard>,
    wake: Wake,
    waits: Option<Waits>,
    /// A key that goes up after this was a paste that has been heard of.
    was_told: bool,
    /// A key that goes up after this was a letter: of what pastes, nobody hears that it goes down.
    was_typed: bool,
}

struct Waits {
    files: Pending<Vec<PathBuf>>,
    text: Option<String>,
}

/// What was pasted.
pub enum Pasted {
    Files(Vec<PathBuf>),
    Text(Text),
}

impl Pasting {
    pub fn new(clipboard: Box<dyn Clipboard>, wake: Wake) -> Self {
        Self { clipboard, wake, waits: None, was_told: false, was_typed: false }
    }

    /// Hears of Ctrl+V, where it is for no field and no question.
    pub fn hear(&mut self, ctx: &Context) {
        let is_taken = ctx.egui_wants_keyboard_input() && ctx.text_edit_focused()
            || ctx.memory(|memory| memory.top_modal_layer().is_some());
        let mut asked = None;
        ctx.input(|i| {
            for event in &i.events {
                match event {
                    Event::Paste(text) => {
                        self.was_told = true;
                        asked = Some(Some(text.clone()));
                    }
                    Event::PasteImage(_) => {
                        self.was_told = true;
                        asked = Some(None);
                    }
                    Event::Key { key: Key::V, pressed: true, .. } => self.was_typed = true,
                    // Of what is neither text nor picture, such as files alone, only the key is heard, when it goes up. Ctrl may be
                    // up before it.
                    Event::Key { key: Key::V, pressed: false, .. } => {
                        let (was_told, was_typed) =
                            (std::mem::take(&mut self.was_told), std::mem::take(&mut self.was_typed));
                        if !was_told && !was_typed {
                            asked = Some(None);
                        }
                    }
                    _ => {}
                }
            }
        });
        if let Some(text) = asked.filter(|_| !is_taken) {
            let (files, reply) = question(self.wake.clone());
            self.clipboard.files(reply);
            self.waits = Some(Waits { files, text });
        }
    }

    /// What was pasted, once the desktop has said.
    pub fn pasted(&mut self, notices: &mut Notices) -> Option<Pasted> {
        let files = match self.waits.as_ref()?.files.hear() {
            Heard::NotYet => return None,
            Heard::Answer(files) => files,
            Heard::Nothing => Vec::new(),
        };
        let Waits { text, .. } = self.waits.take()?;
        if !files.is_empty() {
            return Some(Pasted::Files(files));
        }
        match Text::parse(text?.as_bytes()) {
            Ok(text) => Some(Pasted::Text(text)),
            Err(problem) => {
                notices.failed(problem.to_string());
                None
            }
        }
    }
}
