//! Activity: what runs on top, then what has ended, by day, and behind that what the history has.
//!
//! Knows transfers and their order. Must not know how one is told or painted.

mod act;
mod ended;
mod face;
mod paint;
mod past;
mod row;
mod sum;

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    time::{Duration, SystemTime},
};

use egui::{Align, Layout, Rect, RichText, ScrollArea, Ui, vec2};
use jiff::civil::Date;
use tokio::sync::oneshot::{self, error::TryRecvError};

use self::{
    act::Act,
    past::{Entry, Recent},
    row::Row,
};
pub use self::{
    row::{Ring, RingState},
    sum::Sum,
};
use super::{
    bridge::Bridge,
    history::Past,
    icons, paths, theme,
    tools::Tools,
    when,
    widgets::{Button, Look, inside, placeholder, small, title},
};
use crate::{
    engine::{Command, Snapshot, Wake},
    model::{DeviceId, Problem, Transfer, TransferId, text},
};

/// What is waited for is counted down in these.
const SECOND: Duration = Duration::from_secs(1);

/// Seconds between two samples of the progress: a person sees it move, and little is painted.
const BEAT: f64 = 0.5;

/// Of the height, what is kept for what has ended while much runs, in points.
const BELOW: f32 = 96.0;

pub struct Activity {
    rows: Vec<Row>,
    recent: Recent,
    /// What was taken off the list in this run: the history has it still.
    hidden: HashSet<TransferId>,
    /// Texts that are being saved.
    saving: Vec<oneshot::Receiver<Result<PathBuf, Problem>>>,
    names: HashMap<DeviceId, String>,
    /// When it was last sampled, on the window’s clock; `None` where it is to be at once.
    sampled: Option<f64>,
    sum: Sum,
}

/// What a person wants of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To answer this offer.
    Offer(TransferId),
    /// To see all that came and went.
    History,
}

impl Activity {
    pub fn new(past: &dyn Past, wake: Wake) -> Self {
        Self {
            rows: Vec::new(),
            recent: Recent::start(past, wake),
            hidden: HashSet::new(),
            saving: Vec::new(),
            names: HashMap::new(),
            sampled: None,
            sum: Sum::default(),
        }
    }

    /// Takes note of what devices are called, and of whether anything is recorded.
    pub fn meet(&mut self, snapshot: &Snapshot) {
        let known = snapshot.known.iter().map(|device| (device.id, &device.name));
        let nearby = snapshot.nearby.iter().map(|device| (device.id, &device.name));
        self.names =
            known.chain(nearby).map(|(id, name)| (id, text::visible(name.as_str()).into_owned())).collect();
        self.recent.hear(snapshot.settings.history);
    }

    /// Something was recorded or removed.
    pub fn changed(&mut self) {
        self.recent.changed();
    }

    /// Takes note of what a transfer has become.
    pub fn hear(&mut self, transfer: &Transfer) {
        match self.rows.iter_mut().find(|row| row.id == transfer.id) {
            Some(row) => row.hear(transfer, &self.names),
            None => self.rows.insert(0, Row::new(transfer, &self.names)),
        }
        // What began to flow is sampled at once.
        self.sampled = None;
        self.sum = Sum::of(&self.rows);
    }

    pub fn forget(&mut self, id: TransferId) {
        self.hidden.insert(id);
        self.rows.retain(|row| row.id != id);
        self.sum = Sum::of(&self.rows);
    }

    /// Forgets everything, to be told anew.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.sum = Sum::default();
    }

    /// How many have not ended, and would be if the program was.
    pub fn running(&self) -> usize {
        self.rows.iter().filter(|row| row.runs()).count()
    }

    /// All of it in two lines.
    pub fn sum(&self) -> &Sum {
        &self.sum
    }

    /// How far the transfer is that sends to a device, where one does.
    pub fn ring(&self, id: TransferId) -> Option<Ring> {
        self.rows.iter().find(|row| row.id == id).map(Row::ring)
    }

    /// Samples what flows, a few times a second and only while something does.
    pub fn update(&mut self, ctx: &egui::Context, bridge: &Bridge, tools: &mut Tools) {
        self.recent.update();
        self.saving.retain_mut(|saved| {
            match saved.try_recv() {
                Err(TryRecvError::Empty) => return true,
                Ok(Ok(place)) => tools.notices.done(format!("Saved as {}", paths::name(&place))),
                Ok(Err(problem)) => tools.notices.failed(text::visible(&problem.text)),
                Err(TryRecvError::Closed) => tools.notices.failed("The text could not be saved."),
            }
            false
        });
        if self.rows.iter().any(Row::counts_down) {
            ctx.request_repaint_after(SECOND);
        }
        if !self.rows.iter().any(Row::flows) {
            return;
        }
        if ctx.input(|i| i.viewport().visible() == Some(false)) {
            // It is drawn again, and sampled, when somebody looks.
            return;
        }
        let now = ctx.time();
        if let Some(due) = self.sampled.map(|sampled| sampled + BEAT)
            && now < due
        {
            ctx.request_repaint_after(Duration::from_secs_f64(due - now));
            return;
        }
        self.sampled = Some(now);
        for row in self.rows.iter_mut().filter(|row| row.flows()) {
            if let Some(progress) = bridge.progress(row.id) {
                row.sample(&progress);
            }
        }
        self.sum = Sum::of(&self.rows);
        ctx.request_repaint_after(Duration::from_secs_f64(BEAT));
    }

    /// Fills the rectangle.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, tools: &mut Tools) -> Option<Wish> {
        let mut wish = None;
        self.recent.ask_if_stale();
        inside(ui, rect, |ui| {
            self.heading(ui, tools);
            let Self { rows, recent, hidden, .. } = self;
            let told: HashSet<TransferId> =
                rows.iter().map(|row| row.id).chain(hidden.iter().copied()).collect();
            let mut before = recent.entries().iter().filter(|entry| !told.contains(&entry.id)).peekable();
            if rows.is_empty() && before.peek().is_none() {
                return placeholder(ui, icons::TRAY, "Nothing has been sent or received yet");
            }
            ui.spacing_mut().item_spacing.y = 0.0;
            let (ended, live): (Vec<_>, Vec<_>) =
                rows.iter_mut().filter(|row| !row.asks()).partition(|row| row.is_finished());
            let mut acts = Vec::new();
            if !live.is_empty() {
                let is_all = ended.is_empty() && before.peek().is_none();
                let height = ui.available_height() - if is_all { 0.0 } else { BELOW };
                let area = ScrollArea::vertical().id_salt("live").max_height(height.max(BELOW));
                area.auto_shrink([false, !is_all]).show(ui, |ui| {
                    for row in live {
                        acts.extend(one(ui, row));
                    }
                });
            }
            let area = ScrollArea::vertical().id_salt("ended").auto_shrink([false, false]);
            area.show(ui, |ui| {
                let today = when::day(SystemTime::now());
                let mut day = None;
                for row in ended {
                    heading(ui, &mut day, when::day(row.at), today);
                    acts.extend(one(ui, row));
                }
                let is_kept = before.peek().is_some();
                for entry in before {
                    heading(ui, &mut day, entry.day, today);
                    acts.extend(former(ui, entry));
                }
                if is_kept {
                    ui.add_space(4.0);
                    if ui.add(Button::new("All of it", Look::Quiet)).clicked() {
                        wish = Some(Wish::History);
                    }
                }
            });
            for (id, act) in acts {
                if let Act::SaveText = act {
                    let (reply, saved) = oneshot::channel();
                    if tools.ask(Command::SaveText { id, reply }) {
                        self.saving.push(saved);
                    }
                    continue;
                }
                wish = obey(id, act, ui, tools).or(wish);
            }
        });
        wish
    }

    fn heading(&self, ui: &mut Ui, tools: &mut Tools) {
        let p = theme::palette(ui);
        ui.horizontal(|ui| {
            title(ui, "Activity");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if self.rows.iter().any(Row::is_finished)
                    && ui.add(Button::new("Clear finished", Look::Quiet)).clicked()
                {
                    for row in self.rows.iter().filter(|row| row.is_finished()) {
                        if !tools.ask(Command::Forget(row.id)) {
                            break;
                        }
                    }
                }
                if !self.sum.rate.is_empty() {
                    ui.label(RichText::new(&self.sum.rate).family(theme::semibold()).color(p.accent));
                }
            });
        });
    }
}

/// One row, or its room where it is out of sight and keeps its measure.
fn one(ui: &mut Ui, row: &mut Row) -> Option<(TransferId, Act)> {
    let width = ui.available_width();
    if let Some((at, height)) = row.measured
        && (at - width).abs() < 0.5
    {
        let place = Rect::from_min_size(ui.cursor().min, vec2(width, height));
        if !ui.is_rect_visible(place) {
            ui.allocate_space(place.size());
            return None;
        }
    }
    let top = ui.cursor().top();
    let act = ui.push_id(row.id, |ui| paint::row(ui, row)).inner;
    row.measured = Some((width, ui.cursor().top() - top));
    act.map(|act| (row.id, act))
}

fn former(ui: &mut Ui, entry: &Entry) -> Option<(TransferId, Act)> {
    ui.push_id(entry.id, |ui| paint::entry(ui, entry)).inner.map(|act| (entry.id, act))
}

/// Says which day begins, where one does.
fn heading(ui: &mut Ui, day: &mut Option<Date>, next: Date, today: Date) {
    if day.replace(next) != Some(next) {
        let p = theme::palette(ui);
        ui.add_space(8.0);
        ui.label(small(when::heading(next, today), p.faint).family(theme::medium()));
        ui.add_space(2.0);
    }
}

fn obey(id: TransferId, act: Act, ui: &Ui, tools: &mut Tools) -> Option<Wish> {
    match act {
        Act::Cancel => {
            tools.ask(Command::Cancel(id));
        }
        Act::Retry => {
            tools.ask(Command::Retry(id));
        }
        Act::Pause => {
            tools.ask(Command::Pause(id));
        }
        Act::Resume => {
            tools.ask(Command::Resume(id));
        }
        Act::Forget => {
            tools.ask(Command::Forget(id));
        }
        Act::Answer => return Some(Wish::Offer(id)),
        Act::Open(path) => tools.open(&path),
        Act::Reveal(path) => tools.reveal(&path),
        Act::CopyText(text) => tools.copy_quietly(ui.ctx(), text.as_str(), "The text is copied"),
        Act::OpenLink(link) => ui.ctx().open_url(egui::OpenUrl::new_tab(link)),
        // It has an answer, which is waited for.
        Act::SaveText => {}
        Act::CopyReport(report) => tools.copy_quietly(ui.ctx(), &report, "The report is copied"),
    }
    None
}
