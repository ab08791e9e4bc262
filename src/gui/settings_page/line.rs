//! A setting that is typed: kept as soon as the line is left, or refused in place.
//!
//! Knows how one is typed. Must not know what it is for.

use egui::{Key, Ui};

use crate::gui::{
    theme,
    widgets::{Field, field, small},
};

#[derive(Default)]
pub struct Line {
    text: String,
    state: State,
}

#[derive(Default)]
enum State {
    /// As it is kept.
    #[default]
    Kept,
    Typing,
    Refused(String),
}

impl Line {
    /// `kept` is what stands there while nobody types. What was typed, once it is to be kept.
    pub fn show(&mut self, ui: &mut Ui, about: &Field<'_>, kept: &str, beside: f32) -> Option<String> {
        if matches!(self.state, State::Kept) && self.text != kept {
            kept.clone_into(&mut self.text);
        }
        let line = field(ui, &mut self.text, about, beside);
        if line.changed() {
            self.state = State::Typing;
        }
        if line.lost_focus() && ui.input(|i| i.key_pressed(Key::Escape)) {
            self.state = State::Kept;
        }
        if let State::Refused(why) = &self.state {
            ui.label(small(why.as_str(), theme::palette(ui).bad));
        }
        (matches!(self.state, State::Typing) && line.lost_focus()).then(|| self.text.clone())
    }

    /// Has it take the keyboard; true once it has it.
    pub fn takes_keyboard(ui: &Ui, about: &Field<'_>) -> bool {
        let id = egui::Id::unique(("field", about.label));
        ui.memory_mut(|memory| {
            let has_it = memory.has_focus(id);
            memory.request_focus(id);
            has_it
        })
    }

    /// What was typed is kept from now on.
    pub fn settle(&mut self) {
        self.state = State::Kept;
    }

    /// It can’t be kept, and what to type instead.
    pub fn refuse(&mut self, why: impl Into<String>) {
        self.state = State::Refused(why.into());
    }
}
