//! What is typed to be sent: a path, or a text.
//!
//! Knows the field. Must not know what becomes of what was typed in it.

use std::path::PathBuf;

use egui::{Id, Margin, TextEdit, Ui};

use crate::{
    gui::{
        path_entry::{Entered, PathEntry, Why},
        theme,
        widgets::{Button, Look, small},
    },
    model::Text,
};

pub enum Typing {
    Path(PathEntry),
    Text(TextField),
}

#[derive(Default)]
pub struct TextField {
    text: String,
    problem: Option<String>,
    has_begun: bool,
}

pub enum Typed {
    Path(PathBuf),
    Text(Text),
    Closed,
}

impl Typing {
    pub fn path(why: Why) -> Self {
        Self::Path(PathEntry::new(why))
    }

    pub fn text() -> Self {
        Self::Text(TextField::default())
    }

    pub fn show(&mut self, ui: &mut Ui) -> Option<Typed> {
        match self {
            Self::Path(entry) => match entry.show(ui, "Path of a file or folder", "Add") {
                Entered::Nothing => None,
                Entered::Path(path) => Some(Typed::Path(path)),
                Entered::Closed => Some(Typed::Closed),
            },
            Self::Text(field) => field.show(ui),
        }
    }
}

impl TextField {
    fn show(&mut self, ui: &mut Ui) -> Option<Typed> {
        let p = theme::palette(ui);
        let mut typed = None;
        let label = ui.label(small("Text to send", p.faint).family(theme::medium()));
        let edit = TextEdit::multiline(&mut self.text)
            .id(Id::unique("text to send"))
            .margin(Margin::symmetric(10, 7))
            .desired_rows(3)
            .desired_width(f32::INFINITY);
        let edit = egui::ScrollArea::vertical()
            .id_salt("text")
            .max_height(96.0)
            .show(ui, |ui| ui.add(edit))
            .inner
            .labelled_by(label.id);
        if !std::mem::replace(&mut self.has_begun, true) {
            edit.request_focus();
        }
        if edit.changed() {
            self.problem = None;
        }
        ui.horizontal(|ui| {
            if ui.add(Button::new("Add text", Look::Plain)).clicked() {
                match Text::parse(self.text.as_bytes()) {
                    Ok(text) => typed = Some(Typed::Text(text)),
                    Err(problem) => self.problem = Some(problem.to_string()),
                }
            }
            if ui.add(Button::new("Close", Look::Quiet).named("Close the text field")).clicked() {
                typed = Some(Typed::Closed);
            }
            if let Some(problem) = &self.problem {
                ui.label(small(problem, p.bad));
            }
        });
        typed
    }
}
