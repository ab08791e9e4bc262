//! What is asked before something is taken out of the history.
//!
//! Knows the words and the answer. Must not know how it is carried out.

use egui::{Align, Context, Key, Layout, Modifiers, RichText};

use super::elide;
use crate::{
    engine::history::RowId,
    gui::{
        theme,
        widgets::{Button, Look, modal},
    },
    model::DeviceId,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    Remove { id: RowId, name: String },
    Clear,
    NeverRecord { id: DeviceId, name: String },
}

/// What was said to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Yes,
    No,
}

impl Question {
    fn words(&self) -> (String, String, &'static str) {
        match self {
            Self::Remove { name, .. } => (
                format!("Remove “{}” from the history?", elide::short(name)),
                "What is recorded of it is removed for good. The file itself stays where it is.".to_owned(),
                "Remove",
            ),
            Self::Clear => (
                "Clear the whole history?".to_owned(),
                "All entries are removed for good, on this device alone: they can’t be read from the history’s file any \
                 more. The files themselves stay where they are. So do the log and what is kept of transfers that have \
                 not ended, which are recorded when they do."
                    .to_owned(),
                "Clear",
            ),
            Self::NeverRecord { name, .. } => (
                format!("Never record {name}?"),
                "From now on, nothing that comes from it or goes to it is recorded here. What is recorded already \
                 stays until you remove it."
                    .to_owned(),
                "Never record",
            ),
        }
    }

    pub fn show(&self, ctx: &Context) -> Option<Said> {
        let p = theme::of(ctx.theme());
        let (title, means, yes) = self.words();
        let mut said = None;
        modal(ctx, "Question about the history", 420.0, |ui| {
            ui.label(RichText::new(title).heading());
            ui.label(RichText::new(means).color(p.faint));
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                if ui.add(Button::new(yes, Look::Danger).height(40.0)).clicked() {
                    said = Some(Said::Yes);
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.add(Button::new("Keep it", Look::Primary).height(40.0)).clicked() {
                        said = Some(Said::No);
                    }
                });
            });
        });
        if ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            said = Some(Said::No);
        }
        said
    }
}
