//! Paints one row and says what was pressed in it.
//!
//! Knows rows and widgets. Must not know what becomes of a press.

use egui::{
    Align, Label, Layout, RichText, Role, ScrollArea, TextStyle, TextWrapMode, Ui, WidgetInfo, WidgetText,
};

use super::{
    act::Act,
    ended::Ended,
    face::Face,
    past::Entry,
    row::{Row, Stage},
};
use crate::{
    gui::{
        icons::{self, Icon},
        links::is_link,
        theme,
        widgets::{Button, Look, icon_button, line, progress, small, strong, tile},
    },
    model::{Direction, Pause, Rest, Retry, Side, Text, text},
};

const TILE: f32 = 36.0;
/// Of the title's line, at most so much is the other device's name.
const PEER: f32 = 0.45;

pub fn row(ui: &mut Ui, row: &mut Row) -> Option<Act> {
    let mut waits = String::new();
    let face = row.face(&mut waits);
    let unfolds = !row.details.is_empty();
    let mut fold = false;
    let act = frame(ui, &face, |ui| {
        let act = buttons(ui, row);
        if unfolds && !matches!(row.stage, Stage::Before | Stage::Asks | Stage::Flowing) {
            fold = disclosure(ui, &row.names.details, row.is_unfolded);
        }
        act
    });
    row.is_unfolded ^= fold;
    let act = match row.text.clone() {
        Some(text) if row.is_finished() && row.direction == Direction::Receive => {
            told(ui, row, &text).or(act)
        }
        _ => act,
    };
    if row.is_unfolded && unfolds { details(ui, row).or(act) } else { act }
}

/// What the history has of one.
pub fn entry(ui: &mut Ui, entry: &Entry) -> Option<Act> {
    frame(ui, &entry.face(), |ui| {
        let mut act = None;
        if let Some(path) = &entry.place {
            if press(ui, "Folder", &entry.reveal) {
                act = Some(Act::Reveal(path.clone()));
            }
            if entry.opens && press(ui, "Open", &entry.open) {
                act = Some(Act::Open(path.clone()));
            }
        }
        act
    })
}

/// Paints what is told, with buttons at the right of its last line.
fn frame(ui: &mut Ui, face: &Face<'_>, buttons: impl FnOnce(&mut Ui) -> Option<Act>) -> Option<Act> {
    let p = theme::palette(ui);
    let (color, ground) = face.tone.colors(p);
    let mut act = None;
    ui.add_space(5.0);
    ui.horizontal_top(|ui| {
        tile(ui, face.icon, TILE, color, ground);
        ui.add_space(2.0);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 3.0;
            // The scroll bar floats over the right edge.
            ui.set_max_width(ui.available_width() - 8.0);
            title(ui, face);
            if let Some(bar) = face.bar {
                let shown = progress(ui, bar.fraction, color, bar.name);
                if !face.hint.is_empty() {
                    ui.ctx().accesskit_node_builder(shown.id, |node| node.set_description(face.hint));
                }
            }
            if let Some((sentence, tone)) = face.status {
                ui.add(Label::new(small(sentence, tone.ink(p))).wrap());
            }
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    act = buttons(ui);
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        if !face.line.is_empty() {
                            let shown = line(ui, small(face.line, p.faint));
                            if !face.hint.is_empty() {
                                shown.on_hover_text(face.hint);
                            }
                        }
                    });
                });
            });
        });
    });
    ui.add_space(5.0);
    act
}

/// The name, whom with, and what stands at the right.
fn title(ui: &mut Ui, face: &Face<'_>) {
    let p = theme::palette(ui);
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if !face.aside.is_empty() {
                    ui.label(small(face.aside, p.faint));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let room = ui.available_width();
                    let peer = WidgetText::from(RichText::new(face.peer).size(theme::SMALL));
                    let peer =
                        peer.into_galley(ui, Some(TextWrapMode::Extend), room, TextStyle::Body).size().x;
                    ui.scope(|ui| {
                        ui.set_max_width((room - peer.min(room * PEER) - 8.0).max(0.0));
                        line(ui, strong(face.title));
                    });
                    line(ui, small(face.peer, p.faint));
                });
            });
        });
    });
}

/// From the right.
fn buttons(ui: &mut Ui, row: &Row) -> Option<Act> {
    let names = &row.names;
    match &row.stage {
        Stage::Asks => press(ui, "Answer…", &names.answer).then_some(Act::Answer),
        Stage::Before | Stage::Flowing => {
            let mut act = icon_button(ui, icons::X, &names.cancel).clicked().then_some(Act::Cancel);
            if row.can_pause && press(ui, "Pause", &names.pause) {
                act = Some(Act::Pause);
            }
            act
        }
        Stage::Interrupted(_) | Stage::Paused(_) => {
            let is_paused_here = matches!(row.stage, Stage::Paused(Pause::Person(Side::Here)));
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
        Stage::Left(rest) => {
            let (word, name) = match rest {
                Rest::Asks => ("Give up", &names.give_up),
                Rest::Over | Rest::Scraps => ("Remove", &names.remove),
            };
            let mut act = press(ui, word, name).then_some(Act::Cancel);
            if *rest != Rest::Scraps && press(ui, "Go on", &names.go_on) {
                act = Some(Act::Retry);
            }
            act
        }
        Stage::Finished(ended) => ended_buttons(ui, row, ended),
    }
}

fn ended_buttons(ui: &mut Ui, row: &Row, ended: &Ended) -> Option<Act> {
    let names = &row.names;
    let mut act = icon_button(ui, icons::X, &names.forget).clicked().then_some(Act::Forget);
    if ended.retry == Retry::Possible && press(ui, "Try again", &names.again) {
        act = Some(Act::Retry);
    }
    if let Some(path) = &ended.reveal
        && press(ui, "Folder", &names.reveal)
    {
        act = Some(Act::Reveal(path.clone()));
    }
    if let Some(path) = &ended.open
        && press(ui, "Open", &names.open)
    {
        act = Some(Act::Open(path.clone()));
    }
    if let Some(how) = &ended.verified {
        let p = theme::palette(ui);
        icon_label(ui, icons::SHIELD, "Verified", p.good).on_hover_text(how);
    }
    act
}

/// A text that has come, whole, and what can be done with it.
fn told(ui: &mut Ui, row: &Row, text: &Text) -> Option<Act> {
    /// Points; what is longer is scrolled.
    const HIGHEST: f32 = 120.0;
    let mut act = None;
    ui.horizontal_top(|ui| {
        ui.add_space(TILE + 10.0);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            ui.set_max_width(ui.available_width() - 8.0);
            let whole = lines(text.as_str());
            ScrollArea::vertical().id_salt("text").max_height(HIGHEST).auto_shrink([false, true]).show(
                ui,
                |ui| {
                    ui.add(Label::new(whole).wrap().selectable(true));
                },
            );
            ui.horizontal_wrapped(|ui| {
                if ui.add(Button::new("Copy", Look::Primary).named(&row.names.copy)).clicked() {
                    act = Some(Act::CopyText(text.clone()));
                }
                if is_link(text.as_str()) && press(ui, "Open link", &row.names.link) {
                    act = Some(Act::OpenLink(text.as_str().trim().to_owned()));
                }
                if press(ui, "Save as .txt", &row.names.save) {
                    act = Some(Act::SaveText);
                }
            });
        });
    });
    ui.add_space(6.0);
    act
}

/// What is behind the fold.
fn details(ui: &mut Ui, row: &Row) -> Option<Act> {
    let p = theme::palette(ui);
    let mut act = None;
    ui.horizontal_top(|ui| {
        ui.add_space(TILE + 10.0);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            ui.set_max_width(ui.available_width() - 8.0);
            for detail in &row.details {
                ui.add(Label::new(small(detail, p.faint)).wrap());
            }
            if let Stage::Finished(ended) = &row.stage
                && let Some(report) = &ended.report
                && press(ui, "Copy report", &row.names.report)
            {
                act = Some(Act::CopyReport(report.clone()));
            }
        });
    });
    ui.add_space(6.0);
    act
}

/// True when a button was pressed that shows a word and is called by more than that.
fn press(ui: &mut Ui, word: &str, name: &str) -> bool {
    ui.add(Button::new(word, Look::Plain).named(name)).clicked()
}

/// A picture that says a word.
fn icon_label(ui: &mut Ui, image: Icon, word: &str, color: egui::Color32) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(20.0, 20.0), egui::Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, word));
    image.paint(ui.painter(), rect.center(), 17.0, color);
    response
}

/// True when it was pressed.
fn disclosure(ui: &mut Ui, name: &str, open: bool) -> bool {
    let image: Icon = if open { icons::CARET_DOWN } else { icons::CARET_RIGHT };
    let button = ui.add(Button::new("Details", Look::Quiet).icon(image));
    button.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, open, name));
    button.clicked()
}

/// A text fit for the screen, line by line: what can't be seen, or deceives, is shown as what it is.
fn lines(whole: &str) -> String {
    whole.lines().map(text::visible).collect::<Vec<_>>().join("\n")
}
