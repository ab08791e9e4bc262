//! First meetings: the code that two screens show, and the card on which it is compared.

use egui::{Align, Context, CornerRadius, Frame, Label, Layout, Margin, RichText, Ui};

use super::{
    icons,
    on_screen::{Age, OnScreen},
    theme,
    tools::Tools,
    widgets::{Button, Look, icon, modal, small, tile},
};
use crate::{
    engine::Command,
    model::{Answer, Caution, CompareCode, Direction, Transfer, TransferId, text},
};

/// The code as large as it can be read across a table, in digits and in words.
pub fn code(ui: &mut Ui, code: CompareCode) {
    let p = theme::palette(ui);
    let frame = Frame::new()
        .fill(p.accent_soft)
        .corner_radius(CornerRadius::same(10))
        .inner_margin(Margin::symmetric(10, 8));
    frame.show(ui, |ui| {
        ui.with_layout(Layout::top_down(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.label(RichText::new(code.to_string()).size(34.0).monospace().color(p.accent));
            ui.label(RichText::new(code.words().join(" ")).size(15.0).color(p.text));
        });
    });
}

/// What should make a person careful, in plain words.
#[must_use]
pub fn warning(caution: &Caution) -> String {
    match caution {
        Caution::OtherKey { name, known } => format!(
            "You know a device called {} ({}), and this is not it: it has another key. It may be another device of that name, one on which Airlift was set up anew, or somebody who pretends. Ask its person first.",
            text::visible(name.as_str()),
            known.short()
        ),
    }
}

/// The warning, where it can't be missed.
pub fn caution(ui: &mut Ui, warning: &str) {
    let p = theme::palette(ui);
    let frame = Frame::new()
        .fill(p.bad_soft)
        .corner_radius(CornerRadius::same(10))
        .inner_margin(Margin::symmetric(10, 8));
    frame.show(ui, |ui| {
        ui.horizontal_top(|ui| {
            icon(ui, icons::WARNING, 18.0, p.bad);
            ui.add(Label::new(RichText::new(warning).color(p.bad)).wrap());
        });
    });
}

/// First meetings whose codes wait to be compared.
#[derive(Default)]
pub struct Comparing {
    waiting: Vec<Met>,
    on_screen: OnScreen,
}

struct Met {
    id: TransferId,
    direction: Direction,
    peer: String,
    /// How much is to be sent: no more is known at the receiver.
    size: String,
    device_id: String,
    code: CompareCode,
    warning: Option<String>,
}

impl Comparing {
    /// Takes note of what a transfer has become. True when there is another code to compare.
    pub fn hear(&mut self, transfer: &Transfer) -> bool {
        let asked = transfer.meeting.filter(|_| transfer.compares());
        let known = self.waiting.iter().position(|waiting| waiting.id == transfer.id);
        match (known, asked) {
            (Some(at), None) => drop(self.waiting.remove(at)),
            (Some(at), Some(_)) => self.waiting[at].warning = transfer.caution.as_ref().map(warning),
            (None, Some(meeting)) => self.waiting.push(Met {
                id: transfer.id,
                direction: transfer.direction,
                size: transfer.summary.size_line(),
                peer: text::visible(transfer.peer.label()).into_owned(),
                device_id: transfer.peer.id.map_or_else(String::new, |id| id.to_string()),
                code: meeting.code,
                warning: transfer.caution.as_ref().map(warning),
            }),
            (None, None) => {}
        }
        known.is_none() && asked.is_some()
    }

    /// Forgets everything, to be told anew.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    pub fn show(&mut self, ctx: &Context, tools: &mut Tools) {
        let Some(met) = self.waiting.first() else {
            self.on_screen.clear();
            return;
        };
        let id = met.id;
        let age = self.on_screen.show(ctx, id);
        let said = modal(ctx, "First meeting", 440.0, |ui| card(ui, met, age));
        if let Some(word) = said {
            let command = match word {
                Word::Same => Command::Agree(id),
                Word::Differ => Command::Differ(id),
                Word::Cancel if met.direction == Direction::Send => Command::Cancel(id),
                Word::Cancel => Command::Answer { id, answer: Answer::Decline(None) },
            };
            if tools.ask(command) {
                self.waiting.retain(|waiting| waiting.id != id);
            }
        }
    }
}

enum Word {
    Same,
    Differ,
    Cancel,
}

fn card(ui: &mut Ui, met: &Met, age: Age) -> Option<Word> {
    let p = theme::palette(ui);
    let mut said = None;
    ui.horizontal_top(|ui| {
        tile(ui, icons::LAPTOP, 44.0, p.accent, p.accent_soft);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 3.0;
            let question = format!("Is this really {}?", met.peer);
            ui.add(Label::new(RichText::new(question).size(16.5).family(theme::semibold())).wrap());
            ui.label(RichText::new(&met.device_id).monospace().size(12.0).color(p.faint))
                .on_hover_text("The device’s id");
        });
    });
    if let Some(warning) = &met.warning {
        caution(ui, warning);
    }
    let (about, cancel) = match met.direction {
        Direction::Send => (
            format!(
                "You have not met before. The other screen must show the same code. Of {}, nothing is sent before both of you have said that it does.",
                met.size
            ),
            "Don’t send",
        ),
        Direction::Receive => (
            format!(
                "It wants to send {}. You have not met before: its screen must show the same code. What it is, you see when both of you have compared.",
                met.size
            ),
            "Decline",
        ),
    };
    ui.add(Label::new(RichText::new(about).color(p.faint)).wrap());
    code(ui, met.code);
    ui.add_space(6.0);
    ui.add_enabled_ui(age == Age::Ripe, |ui| {
        ui.horizontal(|ui| {
            if ui.add(Button::new("They differ", Look::Danger).icon(icons::X).height(40.0)).clicked() {
                said = Some(Word::Differ);
            }
            if ui.add(Button::new(cancel, Look::Plain).height(40.0)).clicked() {
                said = Some(Word::Cancel);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let same = Button::new("They are the same", Look::Primary).icon(icons::CHECK).height(40.0);
                if ui.add(same).clicked() {
                    said = Some(Word::Same);
                }
            });
        });
    });
    ui.label(small("Once compared, this device is known, whatever address or name it has.", p.faint));
    said
}
