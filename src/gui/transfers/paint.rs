//! Paints one row and says what was pressed in it.

use egui::{Align, Color32, Label, Layout, Role, Ui, WidgetInfo};

use super::row::{Act, Answerable, Body, Ended, Row, Tone};
use crate::{
    gui::{
        icons::{self, Icon},
        theme,
        widgets::{Button, Look, badge, icon_button, line, progress, small, strong, tile},
    },
    model::{Direction, Pause, Rest, Retry, Side},
};

const TILE: f32 = 38.0;

pub fn row(ui: &mut Ui, row: &mut Row) -> Option<Act> {
    let p = theme::palette(ui);
    let mut act = None;
    let (image, color, ground) = match (&row.body, row.direction) {
        (Body::Finished(Ended { tone: Tone::Bad, icon, .. }), _) => (*icon, p.bad, p.bad_soft),
        (Body::Finished(Ended { tone: Tone::Neutral, icon, .. }), _) => (*icon, p.faint, p.well),
        (_, Direction::Send) => (icons::ARROW_UP, p.accent, p.accent_soft),
        (_, Direction::Receive) => (icons::ARROW_DOWN, p.good, p.good_soft),
    };
    ui.add_space(6.0);
    ui.horizontal_top(|ui| {
        tile(ui, image, TILE, color, ground);
        ui.add_space(2.0);
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            act = buttons(ui, row);
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 4.0;
                text(ui, row, color);
            });
        });
    });
    ui.add_space(6.0);
    act
}

fn buttons(ui: &mut Ui, row: &Row) -> Option<Act> {
    let names = &row.names;
    match &row.body {
        Body::Before { answer: Answerable::Here, .. } => {
            let answer = Button::new("Answer…", Look::Plain).named(&names.answer);
            ui.add(answer).clicked().then_some(Act::Answer)
        }
        Body::Before { .. } | Body::Flowing { .. } => {
            let mut act = icon_button(ui, icons::X, &names.cancel).clicked().then_some(Act::Cancel);
            if row.can_pause && press(ui, "Pause", &names.pause) {
                act = Some(Act::Pause);
            }
            act
        }
        Body::Interrupted { .. } | Body::Paused { .. } => {
            let is_paused_here = matches!(row.body, Body::Paused { why: Pause::Person(Side::Here), .. });
            // Where the cross of a row that flows is, there is nothing, and Give up is far from it: a second
            // click on Pause must not end a transfer.
            ui.add_space(theme::CONTROL_HEIGHT + ui.spacing().item_spacing.x);
            let mut act = None;
            if is_paused_here && press(ui, "Resume", &names.resume) {
                act = Some(Act::Resume);
            }
            if row.can_pause && press(ui, "Pause", &names.pause) {
                act = Some(Act::Pause);
            }
            if row.direction == Direction::Send && !is_paused_here && press(ui, "Try now", &names.retry) {
                act = Some(Act::Retry);
            }
            if press(ui, "Give up", &names.give_up) {
                act = Some(Act::Cancel);
            }
            act
        }
        Body::Left { rest, .. } => {
            let mut act = None;
            let (word, name) = match rest {
                Rest::Asks => ("Give up", &names.give_up),
                Rest::Over | Rest::Scraps => ("Remove", &names.remove),
            };
            if ui.add(Button::new(word, Look::Plain).named(name)).clicked() {
                act = Some(Act::Cancel);
            }
            if *rest != Rest::Scraps
                && ui.add(Button::new("Go on", Look::Plain).named(&names.go_on)).clicked()
            {
                act = Some(Act::Retry);
            }
            act
        }
        Body::Finished(ended) => {
            let mut act = icon_button(ui, icons::X, &names.forget).clicked().then_some(Act::Forget);
            if ended.retry == Retry::Possible {
                let button = Button::new("Retry what failed", Look::Plain).named(&names.retry_failed);
                if ui.add(button).clicked() {
                    act = Some(Act::Retry);
                }
            }
            if let Some(path) = &ended.reveal {
                let button = Button::new("Show in folder", Look::Plain).named(&names.reveal);
                if ui.add(button).clicked() {
                    act = Some(Act::Reveal(path.clone()));
                }
            }
            if let Some(path) = &ended.open
                && ui.add(Button::new("Open", Look::Plain).named(&names.open)).clicked()
            {
                act = Some(Act::Open(path.clone()));
            }
            act
        }
    }
}

/// True when a button was pressed that shows a word and is called by more than that.
fn press(ui: &mut Ui, word: &str, name: &str) -> bool {
    ui.add(Button::new(word, Look::Plain).named(name)).clicked()
}

fn text(ui: &mut Ui, row: &mut Row, color: Color32) {
    let p = theme::palette(ui);
    ui.spacing_mut().interact_size.y = 18.0;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            match &row.body {
                Body::Flowing { percent, .. } => {
                    ui.label(small(percent, p.faint));
                }
                Body::Finished(Ended { verified: Some(how), .. }) => {
                    badge(ui, "Verified", p.good, p.good_soft).on_hover_text(how);
                }
                _ => {}
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| line(ui, strong(&row.title)));
        });
    });
    match &row.body {
        Body::Before { text, .. } => {
            line(ui, small(text, p.faint));
        }
        Body::Flowing { fraction, text, limit, .. } => {
            progress(ui, *fraction, color, &row.names.progress);
            line(ui, small(text, p.faint));
            // Its room is kept while nothing can be told, so that nothing below it moves.
            line(ui, small(limit, p.faint));
        }
        Body::Interrupted { why, again } => {
            line(ui, small(row.prospect(*again), p.warn));
            ui.add(Label::new(small(why, p.faint)).wrap());
        }
        Body::Left { prospect, why, .. } => {
            line(ui, small(prospect, p.warn));
            ui.add(Label::new(small(why, p.faint)).wrap());
        }
        Body::Paused { text, .. } => {
            ui.add(Label::new(small(text, p.warn)).wrap());
        }
        Body::Finished(ended) => {
            let color = if ended.tone == Tone::Bad { p.bad } else { p.faint };
            ui.add(Label::new(small(&ended.text, color)).wrap());
            for note in &ended.notes {
                ui.add(Label::new(small(note, p.faint)).wrap());
            }
            if let Some(failed) = &ended.failed {
                if disclosure(ui, failed, row.expanded) {
                    row.expanded = !row.expanded;
                }
                if row.expanded {
                    for problem in &ended.problems {
                        ui.add(Label::new(small(problem, p.faint)).wrap());
                    }
                }
            }
        }
    }
}

/// True when it was pressed.
fn disclosure(ui: &mut Ui, text: &str, open: bool) -> bool {
    let image: Icon = if open { icons::CARET_DOWN } else { icons::CARET_RIGHT };
    let button = ui.add(Button::new(text, Look::Quiet).icon(image).height(24.0));
    button.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, open, text));
    button.clicked()
}
