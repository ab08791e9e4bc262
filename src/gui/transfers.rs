//! The list of transfers, newest on top.

mod paint;
mod row;

use std::time::Duration;

use egui::{Align, Layout, Rect, RichText, ScrollArea, Ui, vec2};

use self::row::{Act, Row};
use super::{
    bridge::Bridge,
    icons, theme,
    tools::Tools,
    widgets::{Button, Look, card, placeholder, title},
};
use crate::{
    engine::Command,
    model::{Transfer, TransferId, text},
};

/// The least height of the card.
pub const HEIGHT: f32 = 208.0;

/// What is waited for is counted down in these.
const SECOND: Duration = Duration::from_secs(1);

/// Seconds between two samples of the progress.
const BEAT: f64 = 0.1;

#[derive(Default)]
pub struct Transfers {
    rows: Vec<Row>,
    sampled: f64,
    /// What all transfers move together, for the screen.
    rate: String,
}

impl Transfers {
    /// Takes note of what a transfer has become.
    pub fn hear(&mut self, transfer: &Transfer) {
        match self.rows.iter_mut().find(|row| row.id == transfer.id) {
            Some(row) => row.hear(transfer),
            None => self.rows.insert(0, Row::new(transfer)),
        }
        // What began to flow is sampled at once.
        self.sampled = 0.0;
    }

    pub fn forget(&mut self, id: TransferId) {
        self.rows.retain(|row| row.id != id);
    }

    /// Forgets everything, to be told anew.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// How many have not ended, and would be if the program was.
    pub fn running(&self) -> usize {
        let runs = |row: &&Row| !row.is_finished() && !row.is_left() && !row.rests();
        self.rows.iter().filter(runs).count()
    }

    /// Samples what flows, ten times a second and only while something does.
    pub fn update(&mut self, ctx: &egui::Context, bridge: &Bridge) {
        if self.rows.iter().any(Row::counts_down) {
            ctx.request_repaint_after(SECOND);
        }
        if !self.rows.iter().any(Row::flows) {
            self.rate.clear();
            return;
        }
        if ctx.input(|i| i.viewport().visible() == Some(false)) {
            // It is drawn again, and sampled, when somebody looks.
            return;
        }
        let now = ctx.time();
        let due = self.sampled + BEAT;
        if now < due {
            ctx.request_repaint_after(Duration::from_secs_f64(due - now));
            return;
        }
        self.sampled = now;
        let mut rate = 0.0;
        for row in self.rows.iter_mut().filter(|row| row.flows()) {
            if let Some(progress) = bridge.progress(row.id) {
                rate += progress.rate;
                row.sample(&progress);
            }
        }
        self.rate = text::rate(rate);
        ctx.request_repaint_after(Duration::from_secs_f64(BEAT));
    }

    /// The offer whose card is to be shown again, if the person asks for one. `beside` adds what
    /// else stands in the heading.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        beside: impl FnOnce(&mut Ui),
        tools: &mut Tools,
    ) -> Option<TransferId> {
        let mut recall = None;
        card(ui, rect, |ui| {
            self.heading(ui, beside, tools);
            if self.rows.is_empty() {
                return placeholder(ui, icons::TRAY, "Nothing has been sent or received yet");
            }
            ScrollArea::vertical().id_salt("transfers").auto_shrink([false, false]).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let width = ui.available_width();
                for row in &mut self.rows {
                    // A row that is out of sight and keeps its measure needs no more than room.
                    if let Some((at, height)) = row.measured
                        && (at - width).abs() < 0.5
                    {
                        let place = Rect::from_min_size(ui.cursor().min, vec2(width, height));
                        if !ui.is_rect_visible(place) {
                            ui.allocate_space(place.size());
                            continue;
                        }
                    }
                    let top = ui.cursor().top();
                    let act = ui.push_id(row.id, |ui| paint::row(ui, row)).inner;
                    row.measured = Some((width, ui.cursor().top() - top));
                    match act {
                        None => {}
                        Some(Act::Cancel) => {
                            tools.ask(Command::Cancel(row.id));
                        }
                        Some(Act::Retry) => {
                            tools.ask(Command::Retry(row.id));
                        }
                        Some(Act::Pause) => {
                            tools.ask(Command::Pause(row.id));
                        }
                        Some(Act::Resume) => {
                            tools.ask(Command::Resume(row.id));
                        }
                        Some(Act::Forget) => {
                            tools.ask(Command::Forget(row.id));
                        }
                        Some(Act::Answer) => recall = Some(row.id),
                        Some(Act::Open(path)) => tools.open(&path),
                        Some(Act::Reveal(path)) => tools.reveal(&path),
                    }
                }
            });
        });
        recall
    }

    fn heading(&self, ui: &mut Ui, beside: impl FnOnce(&mut Ui), tools: &mut Tools) {
        let p = theme::palette(ui);
        ui.horizontal(|ui| {
            title(ui, "Transfers");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                beside(ui);
                if self.rows.iter().any(Row::is_finished)
                    && ui.add(Button::new("Clear finished", Look::Quiet).height(26.0)).clicked()
                {
                    for row in self.rows.iter().filter(|row| row.is_finished()) {
                        if !tools.ask(Command::Forget(row.id)) {
                            break;
                        }
                    }
                }
                if !self.rate.is_empty() {
                    ui.label(RichText::new(&self.rate).family(theme::semibold()).color(p.accent));
                }
            });
        });
    }
}
