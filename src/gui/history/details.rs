//! Everything that is recorded of one file, and what can be done with it.
//!
//! Knows one row and how it is read. Must not know the list it stands in, or how its wishes come true.

use std::{path::PathBuf, time::Duration};

use egui::{Align, Label, Layout, RichText, TextWrapMode, Ui, vec2};

use super::{
    elide,
    line::{self, Line},
    rechecking::Rechecking,
    there::There,
    verifying::Verifying,
};
use crate::{
    engine::{
        history::{Became, Ending, Item, Row},
        is_marked,
    },
    gui::{
        icons, paths, theme, when,
        widgets::{Button, Look, icon, icon_button, progress, small, strong, tile},
    },
    model::{
        Direction, Screening, Side,
        text::{self, visible},
    },
};

/// How often a bar moves.
const PULSE: Duration = Duration::from_millis(250);
/// Width of what stands left of a fact.
const LABEL: f32 = 88.0;

/// What a person asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Close,
    Open(PathBuf),
    Reveal(PathBuf),
    Again(PathBuf),
    Verify,
    StopVerifying,
    /// To be shown to the virus scanner once more.
    CheckAgain,
    StopChecking,
    /// To be asked whether it is to be removed.
    Remove,
    /// To be asked whether its device is to be left out from now on.
    NeverRecord,
    Quarantine,
    Copy(String),
}

/// What is known beside the row.
pub struct Aside<'a> {
    pub there: There,
    pub verifying: &'a Verifying,
    pub rechecking: &'a Rechecking,
    /// Whether its device can be left out: it is known by its key, and is not left out yet.
    pub can_leave_out: bool,
}

pub fn details(ui: &mut Ui, line: &Line, aside: &Aside<'_>) -> Option<Act> {
    let p = theme::palette(ui);
    let row = &line.row;
    let mut act = None;
    ui.horizontal_top(|ui| {
        tile(ui, line.icon(), 40.0, p.accent, p.accent_soft);
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            if icon_button(ui, icons::X, "Close the details").clicked() {
                act = Some(Act::Close);
            }
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                let shown = elide::short(&line.name);
                let name =
                    Label::new(strong(shown).size(15.0)).wrap_mode(TextWrapMode::Wrap).selectable(true);
                ui.add(name).on_hover_text(&line.name);
                ui.add(Label::new(small(outcome(row, aside.there), tone(ui, row, aside.there))).wrap());
            });
        });
    });
    ui.add_space(2.0);
    act = file_deeds(ui, row, aside).or(act);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        act = facts(ui, row, aside).or(act.take());
    });
    ui.add_space(4.0);
    record_deeds(ui, row, aside).or(act)
}

/// What became of it, as a sentence.
fn outcome(row: &Row, there: There) -> String {
    let name = line::device(row);
    let peer = |side| match side {
        Some(Side::Here) => " on this device",
        Some(Side::There) => " on the other device",
        None => "",
    };
    match (row.became, row.direction) {
        (Became::Stored, Direction::Receive) if matches!(row.screening, Screening::Infected(_)) => {
            if row.why.is_some() {
                "A virus was found in it, and it can’t be moved away.".to_owned()
            } else {
                "A virus was found in it, and it was released all the same.".to_owned()
            }
        }
        (Became::Stored, Direction::Receive) if there == There::Gone => {
            "Arrived whole, and is not there any more.".to_owned()
        }
        (Became::Stored, Direction::Receive) => "Arrived, and the content is what was sent.".to_owned(),
        (Became::Stored, Direction::Send) => format!("Stored at {name}, and the content is what was sent."),
        (Became::Already, Direction::Receive) => "It was here already, and is the same.".to_owned(),
        (Became::Already, Direction::Send) => format!("{name} had it already, and it is the same."),
        (Became::Infected, Direction::Receive) if row.why.is_some() => {
            "A virus was found in it, and it was deleted.".to_owned()
        }
        (Became::Held, Direction::Receive) if row.why.is_some() => {
            "It was held until it could be checked for viruses, and deleted.".to_owned()
        }
        (Became::Held, Direction::Receive) => {
            "Held in quarantine until it can be checked for viruses.".to_owned()
        }
        (Became::Held, Direction::Send) => format!("{name} holds it until it can be checked for viruses."),
        (Became::Infected, Direction::Receive) => "A virus was found in it: it is in quarantine.".to_owned(),
        (Became::Infected, Direction::Send) => {
            format!("{name} has found a virus in it, and did not let it in.")
        }
        (Became::Failed, _) => format!("Failed{}.", peer(row.side)),
        (Became::LeftOut, _) => "Offered, and not wanted.".to_owned(),
        (Became::Declined, _) => match row.transfer.ending {
            Ending::Declined(Side::Here) => "Declined on this device.".to_owned(),
            _ => "Declined on the other device.".to_owned(),
        },
        (Became::Cancelled, _) => match row.transfer.ending {
            Ending::Cancelled(Side::Here) => "Cancelled on this device.".to_owned(),
            _ => "Cancelled on the other device.".to_owned(),
        },
        (Became::Unsettled, _) => "It has not ended.".to_owned(),
    }
}

fn tone(ui: &Ui, row: &Row, there: There) -> egui::Color32 {
    let p = theme::palette(ui);
    match row.became {
        Became::Stored | Became::Already if matches!(row.screening, Screening::Infected(_)) => p.bad,
        Became::Stored if row.direction == Direction::Receive && there == There::Gone => p.faint,
        Became::Stored | Became::Already => p.good,
        Became::Held => p.warn,
        Became::Infected | Became::Failed => p.bad,
        Became::LeftOut | Became::Declined | Became::Cancelled | Became::Unsettled => p.faint,
    }
}

fn facts(ui: &mut Ui, row: &Row, aside: &Aside<'_>) -> Option<Act> {
    let mut act = None;
    let general = row.transfer.why.as_ref().filter(|_| row.item == Item::Transfer);
    let why = row.why.as_ref().or(general);
    if let Some(why) = why {
        fact(ui, "Why", &visible(why));
    }
    let size = row.size.map_or_else(
        || "Not known".to_owned(),
        |size| match size {
            0..1000 => text::bytes(size),
            _ => format!("{} ({})", text::bytes(size), text::count(size, "byte", "bytes")),
        },
    );
    if row.item == Item::File || row.size.is_some() {
        fact(ui, "Size", &size);
    }
    let whose = match row.direction {
        Direction::Receive => "From",
        Direction::Send => "To",
    };
    fact(ui, whose, &line::device(row));
    fact(ui, "When", &when::moment(row.when));
    if let Some(place) = &row.place {
        let whose = match row.direction {
            Direction::Receive => "Saved in",
            Direction::Send => "Sent from",
        };
        let folder = place.parent().map_or_else(|| paths::shown(place), paths::shown);
        match aside.there {
            There::Gone => fact(ui, whose, &format!("{folder} (the file is gone)")),
            There::Yes | There::Unknown => fact(ui, whose, &folder),
        }
    }
    if !row.folder.is_empty() {
        fact(ui, "In the folder", &visible(&row.folder));
    }
    if row.transfer.ended.is_some() && row.transfer.bytes > 0 {
        let rate = row.transfer.rate().map_or(String::new(), |rate| format!(", {}", text::rate(rate)));
        let took = text::duration(row.transfer.took);
        fact(ui, "Transfer", &format!("{} in {took}{rate}", text::bytes(row.transfer.bytes)));
    }
    fact(ui, "Virus check", &screening(&row.screening));
    if let Some(digest) = &row.digest {
        let digest = digest.to_string();
        let text = RichText::new(&digest).monospace().size(12.0);
        labelled(ui, "BLAKE3", |ui| {
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                ui.spacing_mut().interact_size.y = 24.0;
                if icon_button(ui, icons::COPY, "Copy the digest").clicked() {
                    act = Some(Act::Copy(digest.clone()));
                }
                ui.with_layout(Layout::top_down(Align::Min), |ui| {
                    ui.add(Label::new(text).wrap_mode(TextWrapMode::Wrap).selectable(true));
                });
            });
        });
    }
    act
}

fn screening(screening: &Screening) -> String {
    match screening {
        Screening::Off => "Not done: no scanner was there, or it was off.".to_owned(),
        Screening::Clean => "Nothing was found.".to_owned(),
        Screening::NotScanned(why) => {
            format!("Not checked: {}.", visible(&why.to_string()).trim_end_matches('.'))
        }
        Screening::Infected(name) => format!("Found: {}", visible(name)),
    }
}

/// What it is about stands left of it.
fn labelled(ui: &mut Ui, about: &str, add: impl FnOnce(&mut Ui)) {
    let p = theme::palette(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let about = Label::new(small(about, p.faint)).truncate();
        ui.allocate_ui_with_layout(vec2(LABEL, 18.0), Layout::left_to_right(Align::Min), |ui| {
            ui.set_width(LABEL);
            ui.add(about);
        });
        ui.vertical(add);
    });
}

fn fact(ui: &mut Ui, about: &str, text: &str) {
    let text = RichText::new(text).size(13.0);
    labelled(ui, about, |ui| {
        ui.add(Label::new(text).wrap().selectable(true));
    });
}

/// What can be done with the file.
fn file_deeds(ui: &mut Ui, row: &Row, aside: &Aside<'_>) -> Option<Act> {
    let mut act = None;
    if row.direction == Direction::Receive && matches!(row.became, Became::Infected | Became::Held) {
        // It was deleted there.
        if row.why.is_some() {
            return None;
        }
        let show = Button::new("Show the quarantine", Look::Primary).icon(icons::QUARANTINE).filling();
        return ui.add(show).clicked().then_some(Act::Quarantine);
    }
    let place = row.place.as_ref()?;
    let is_gone = aside.there == There::Gone;
    ui.add_enabled_ui(!is_gone, |ui| {
        ui.horizontal_wrapped(|ui| {
            let open = Button::new("Open", Look::Primary);
            if ui.add(open).clicked() {
                act = Some(Act::Open(place.clone()));
            }
            if ui.add(Button::new("Show in folder", Look::Plain)).clicked() {
                act = Some(Act::Reveal(place.clone()));
            }
            if ui.add(Button::new("Send again…", Look::Plain)).clicked() {
                act = Some(Act::Again(place.clone()));
            }
        });
    });
    act = verify(ui, row, aside).or(act);
    check_again(ui, row, aside).or(act)
}

fn check_again(ui: &mut Ui, row: &Row, aside: &Aside<'_>) -> Option<Act> {
    let p = theme::palette(ui);
    if matches!(aside.rechecking, Rechecking::Not) && !is_marked(row) {
        return None;
    }
    let mut act = None;
    ui.horizontal(|ui| match aside.rechecking {
        Rechecking::Not => {
            let again = Button::new("Check again", Look::Quiet).icon(icons::QUARANTINE);
            let again = ui.add_enabled(aside.there != There::Gone, again);
            let about = "Shows it to the virus scanner, which could not look into it when it came";
            if again.on_hover_text(about).clicked() {
                act = Some(Act::CheckAgain);
            }
        }
        Rechecking::Asked(_) => {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.add(Button::new("Stop", Look::Quiet).named("Stop checking")).clicked() {
                    act = Some(Act::StopChecking);
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(Label::new(small("Checking for viruses…", p.faint)));
                });
            });
        }
        Rechecking::Said { text, is_good } => {
            let (image, color) =
                if *is_good { (icons::CHECK_CIRCLE, p.good) } else { (icons::WARNING, p.bad) };
            icon(ui, image, 18.0, color);
            ui.add(Label::new(small(text, color)).wrap());
        }
    });
    act
}

fn verify(ui: &mut Ui, row: &Row, aside: &Aside<'_>) -> Option<Act> {
    let p = theme::palette(ui);
    row.digest?;
    let mut act = None;
    ui.horizontal(|ui| match aside.verifying {
        Verifying::Not => {
            let verify = Button::new("Verify", Look::Quiet).icon(icons::CHECK_CIRCLE);
            let verify = ui.add_enabled(aside.there != There::Gone, verify);
            if verify.on_hover_text("Reads it, and compares it with what was transferred").clicked() {
                act = Some(Act::Verify);
            }
        }
        Verifying::Reading(_) => {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.add(Button::new("Stop", Look::Quiet).named("Stop verifying")).clicked() {
                    act = Some(Act::StopVerifying);
                }
                progress(ui, aside.verifying.fraction(row.size), p.accent, "Verifying");
            });
            ui.ctx().request_repaint_after(PULSE);
        }
        Verifying::Said { text, is_good } => {
            let (image, color) =
                if *is_good { (icons::CHECK_CIRCLE, p.good) } else { (icons::WARNING, p.bad) };
            icon(ui, image, 18.0, color);
            ui.add(Label::new(small(text, color)).wrap());
        }
    });
    act
}

/// What can be done with what is recorded of it.
fn record_deeds(ui: &mut Ui, row: &Row, aside: &Aside<'_>) -> Option<Act> {
    let mut act = None;
    ui.horizontal_wrapped(|ui| {
        let remove = Button::new("Remove from history…", Look::Quiet).icon(icons::TRASH);
        if ui.add(remove).clicked() {
            act = Some(Act::Remove);
        }
        if aside.can_leave_out {
            let name = format!("Never record {}", line::device(row));
            let never = Button::new("Never record this device…", Look::Quiet).named(&name);
            if ui.add(never).clicked() {
                act = Some(Act::NeverRecord);
            }
        }
    });
    act
}
