//! What stands where the list would: that there is nothing, or why it can’t be shown.
//!
//! Knows the words. Must not know what follows from a press.

use egui::{Align, Label, Layout, RichText, Ui};

use super::search::Search;
use crate::gui::{
    icons, theme,
    widgets::{Button, Look, icon, strong},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Try again.
    Again,
    /// Ask for everything.
    Clear,
    Settings,
}

/// Whether anything is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    Everything,
    Nothing,
}

/// Shows it where there is no list, or above it.
pub fn instead(ui: &mut Ui, search: &Search, recorded: Recorded) -> Option<Word> {
    let p = theme::palette(ui);
    if let Some(problem) = &search.problem {
        return message(
            ui,
            icons::WARNING,
            "The history can’t be shown",
            problem,
            Some(("Try again", Word::Again)),
        );
    }
    if !search.pages.is_empty() {
        if recorded == Recorded::Everything {
            return None;
        }
        return ui
            .horizontal(|ui| {
                icon(ui, icons::INFO, 18.0, p.warn);
                ui.label(RichText::new("Nothing is recorded any more.").color(p.warn));
                ui.add(Button::new("Change", Look::Quiet).named("Change what is recorded")).clicked()
            })
            .inner
            .then_some(Word::Settings);
    }
    if !search.is_answered {
        // The answer takes a moment: nothing flickers.
        return None;
    }
    if !search.is_unfiltered() {
        let about = "Type less, or take filters away. Every word has to be in the name, its folders or the device’s name.";
        return message(ui, icons::SEARCH, "Nothing is found", about, Some(("Show everything", Word::Clear)));
    }
    match recorded {
        Recorded::Everything => {
            let about = "What you send and receive is listed here: what it was, from whom, and where it is.";
            message(ui, icons::HISTORY, "Nothing has been recorded yet", about, None)
        }
        Recorded::Nothing => {
            let about = "You have chosen that nothing is recorded.";
            let button = Some(("Change what is recorded", Word::Settings));
            message(ui, icons::HISTORY, "The history is off", about, button)
        }
    }
}

fn message(
    ui: &mut Ui,
    image: icons::Icon,
    title: &str,
    about: &str,
    button: Option<(&str, Word)>,
) -> Option<Word> {
    let p = theme::palette(ui);
    let mut word = None;
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.add_space((ui.available_height() * 0.5 - 90.0).max(8.0));
        icon(ui, image, 34.0, p.edge);
        ui.add_space(4.0);
        ui.label(strong(title).size(16.0));
        ui.scope(|ui| {
            ui.set_max_width(420.0_f32.min(ui.available_width()));
            ui.add(Label::new(RichText::new(about).color(p.faint)).wrap().halign(Align::Center));
        });
        if let Some((text, of)) = button {
            ui.add_space(6.0);
            if ui.add(Button::new(text, Look::Plain)).clicked() {
                word = Some(of);
            }
        }
    });
    word
}
