//! The page of what came and went: a field to search, chips to filter, the list, and one entry closely.
//!
//! Knows what a person does on the page and who is asked for it. Must not know how the history is kept: it asks the
//! engine’s finder, which answers on a thread of its own. Its threads live as long as the page is open.

mod chips;
mod details;
mod elide;
mod filters;
mod keeping;
mod line;
mod list;
mod pages;
mod questions;
mod search;
mod source;
mod states;
mod there;
mod thumbnails;
mod toolbar;
mod verifying;
mod worker;

use std::path::PathBuf;

use egui::{Context, Key, Modifiers, Rect, ScrollArea, Ui, pos2};
use tokio::sync::oneshot::{self, error::TryRecvError};

pub use self::source::{Find, Home, Past};
use self::{
    chips::Choice,
    details::{Act, Aside},
    keeping::Keeping,
    line::Line,
    list::{List, Pressed, Sights},
    questions::{Question, Said},
    search::{News, Search},
    there::{Looking, There},
    thumbnails::Thumbnails,
    toolbar::{Bar, Focus},
    verifying::Verifying,
};
use super::{
    settings_card::SettingsCard,
    tools::Tools,
    widgets::{card, inside, modal},
};
use crate::{
    engine::{
        Command, DeviceChange, HistoryChange, Keep, Settings, Snapshot, Wake,
        history::{DeviceIs, RowId},
    },
    model::{DeviceId, Problem, Recording, text},
};

/// From this width on, an entry is shown beside the list.
const WIDE: f32 = 820.0;
const PANE: f32 = 330.0;
/// Devices that can be chosen in the filter.
const DEVICES: usize = 200;

pub struct History {
    past: Box<dyn Past>,
    wake: Wake,
    page: Option<Page>,
    settings: Option<SettingsCard<Keeping>>,
    known: Vec<Known>,
    quarantined: u64,
    unrecorded: Option<String>,
    /// Whether anything is recorded.
    recording: states::Recording,
}

struct Known {
    id: DeviceId,
    name: String,
    recording: Recording,
}

/// The page while it is open.
struct Page {
    search: Search,
    list: List,
    sights: Sights,
    devices: Vec<Choice>,
    opened: Option<Opened>,
    question: Option<Question>,
    asked: Vec<Change>,
    focus: Focus,
}

/// An entry that is shown closely.
struct Opened {
    line: Line,
    verifying: Verifying,
}

/// What the engine was asked to change.
struct Change {
    what: HistoryChange,
    reply: oneshot::Receiver<Result<u64, Problem>>,
}

/// What a person wants that is not the page’s to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    Close,
    Quarantine,
    /// To send it once more, to this device or another.
    Again {
        path: PathBuf,
        device: Option<DeviceId>,
    },
}

impl History {
    pub fn new(past: Box<dyn Past>, wake: Wake) -> Self {
        Self {
            past,
            wake,
            page: None,
            settings: None,
            known: Vec::new(),
            quarantined: 0,
            unrecorded: None,
            recording: states::Recording::On,
        }
    }

    pub fn is_open(&self) -> bool {
        self.page.is_some()
    }

    pub fn open(&mut self) {
        let search = Search::start(self.past.as_ref(), self.wake.clone());
        let sights = Sights {
            looking: Looking::start(self.wake.clone()),
            thumbnails: Thumbnails::start(self.wake.clone()),
        };
        self.page = Some(Page {
            search,
            list: List::default(),
            sights,
            devices: Vec::new(),
            opened: None,
            question: None,
            asked: Vec::new(),
            focus: Focus::Wanted,
        });
    }

    pub fn close(&mut self) {
        self.page = None;
        self.settings = None;
    }

    /// Takes note of who is known, and of what is recorded.
    pub fn hear(&mut self, snapshot: &Snapshot) {
        let known = snapshot.known.iter().map(|device| Known {
            id: device.id,
            name: text::visible(device.name.as_str()).into_owned(),
            recording: device.recording,
        });
        self.known = known.collect();
        self.quarantined = snapshot.quarantined;
        self.unrecorded =
            snapshot.unrecorded.as_ref().map(|problem| text::visible(&problem.text).into_owned());
        self.recording = match snapshot.settings.history {
            Keep::Off => states::Recording::Off,
            Keep::ForEver | Keep::Days(_) => states::Recording::On,
        };
    }

    /// Something was recorded or removed.
    pub fn changed(&mut self) {
        if let Some(page) = &mut self.page {
            page.search.changed();
            page.sights.looking.forget();
        }
    }

    /// Takes the answers that are there.
    pub fn update(&mut self, ctx: &Context, tools: &mut Tools) {
        if let Some(page) = &mut self.page {
            page.update(ctx, tools);
        }
    }

    /// Fills the rectangle.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, settings: &Settings, tools: &mut Tools) -> Option<Wish> {
        let mut page = self.page.take()?;
        let is_free = self.settings.is_none() && page.question.is_none();
        let wish = page.show(ui, rect, self, is_free, settings, tools);
        self.page = Some(page);
        SettingsCard::show(&mut self.settings, ui.ctx(), settings, tools);
        wish
    }

    fn can_leave_out(&self, device: Option<DeviceId>) -> bool {
        let known = device.and_then(|id| self.known.iter().find(|known| known.id == id));
        known.is_some_and(|known| known.recording == Recording::Usual)
    }
}

impl Page {
    fn update(&mut self, ctx: &Context, tools: &mut Tools) {
        match self.search.update() {
            News::None => {}
            News::Rows => self.meet(),
            News::Else => {
                self.meet();
                self.list.rewind();
            }
        }
        self.search.follow(self.list.view, self.list.is_at_top());
        self.sights.looking.update();
        self.sights.thumbnails.update(ctx);
        if let Some(opened) = &mut self.opened {
            opened.verifying.update();
        }
        self.hear_changes(tools);
    }

    /// Takes note of the devices in what was found, so that they can be chosen.
    fn meet(&mut self) {
        for device in self.search.pages.devices() {
            let is = match device.id {
                Some(id) => DeviceIs::Id(id),
                None => DeviceIs::Called(device.name.clone()),
            };
            if self.devices.len() < DEVICES && !self.devices.iter().any(|choice| choice.is == is) {
                self.devices.push(Choice { is, name: text::visible(&device.name).into_owned() });
            }
        }
    }

    fn hear_changes(&mut self, tools: &mut Tools) {
        let (search, opened) = (&mut self.search, &mut self.opened);
        self.asked.retain_mut(|change| {
            let said = match change.reply.try_recv() {
                Err(TryRecvError::Empty) => return true,
                Ok(said) => said,
                Err(TryRecvError::Closed) => return false,
            };
            match (said, &change.what) {
                (Err(problem), _) => tools.notices.failed(text::visible(&problem.text)),
                (Ok(_), HistoryChange::Remove(ids)) => {
                    for id in ids {
                        search.pages.remove(*id);
                        opened.take_if(|opened| opened.line.row.id == *id);
                    }
                    tools.notices.done("Removed from the history. The file is where it was.");
                }
                (Ok(count), HistoryChange::Clear) => {
                    *opened = None;
                    search.find();
                    let entries = text::count(count, "entry", "entries");
                    tools.notices.done(format!("The history is clear: {entries} removed."));
                }
            }
            false
        });
    }

    fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        whole: &mut History,
        is_free: bool,
        settings: &Settings,
        tools: &mut Tools,
    ) -> Option<Wish> {
        let devices = self.choices(whole);
        let (is_wide, has_pane) = (rect.width() >= WIDE, self.opened.is_some());
        let mut wish = None;
        let mut act = None;
        card(ui, rect, |ui| {
            wish = self.bar(ui, whole, settings);
            if toolbar::field(ui, &mut self.search.words, std::mem::take(&mut self.focus)) {
                self.search.find();
            }
            if chips::chips(ui, &mut self.search.filters, &mut self.search.order, &devices) {
                self.search.find();
            }
            if is_free && !is_covered(ui) {
                wish = self.keys(ui).or(wish.take());
            }
            let body = ui.available_rect_before_wrap();
            let split = if is_wide && has_pane { body.right() - PANE - 16.0 } else { body.right() };
            let list = body.with_max_x(split);
            inside(ui, list, |ui| self.body(ui, whole, settings));
            if is_wide && has_pane {
                let pane = Rect::from_min_max(pos2(split + 16.0, body.top()), body.max);
                let line = ui.visuals().widgets.noninteractive.bg_stroke;
                ui.painter().vline(split + 4.0, body.y_range(), line);
                act = inside(ui, pane, |ui| self.details(ui, whole));
            }
        });
        if !is_wide && has_pane {
            act = modal(ui.ctx(), "Details", 460.0, |ui| {
                ui.set_height((ui.ctx().content_rect().height() - 120.0).min(560.0));
                self.details(ui, whole)
            });
            let is_topmost = self.question.is_none();
            if is_topmost && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
                self.opened = None;
            }
        }
        wish = act.and_then(|act| self.act(act, ui.ctx(), tools)).or(wish);
        self.ask(ui.ctx(), tools);
        wish
    }

    fn bar(&mut self, ui: &mut Ui, whole: &mut History, settings: &Settings) -> Option<Wish> {
        let bar = Bar {
            counted: &self.search.counted(),
            quarantined: whole.quarantined,
            unrecorded: whole.unrecorded.as_deref(),
            has_entries: !self.search.pages.is_empty() || !self.search.is_unfiltered(),
        };
        match toolbar::bar(ui, &bar)? {
            toolbar::Word::Close => return Some(Wish::Close),
            toolbar::Word::Quarantine => return Some(Wish::Quarantine),
            toolbar::Word::Settings => whole.settings = Some(Keeping::card(settings)),
            toolbar::Word::Clear => self.question = Some(Question::Clear),
        }
        None
    }

    /// The devices that can be chosen: those that are known, and those that were found.
    fn choices(&self, whole: &History) -> Vec<Choice> {
        let known =
            whole.known.iter().map(|known| Choice { is: DeviceIs::Id(known.id), name: known.name.clone() });
        let mut choices: Vec<_> = known.collect();
        let met = self
            .devices
            .iter()
            .filter(|choice| !whole.known.iter().any(|known| choice.is == DeviceIs::Id(known.id)));
        choices.extend(met.cloned());
        choices
    }

    /// What the keyboard does on the page.
    fn keys(&mut self, ui: &mut Ui) -> Option<Wish> {
        let pressed = |modifiers, key| ui.input_mut(|i| i.consume_key(modifiers, key));
        if pressed(Modifiers::COMMAND, Key::F) {
            self.focus = Focus::Wanted;
        }
        if pressed(Modifiers::NONE, Key::Escape) {
            if self.opened.take().is_some() {
                return None;
            }
            if self.search.is_unfiltered() {
                return Some(Wish::Close);
            }
            self.search.words.clear();
            self.search.filters = filters::Filters::default();
            self.search.find();
            return None;
        }
        if self.list.keys(ui, &self.search.pages)
            && let (Some(id), true) = (self.list.chosen, self.opened.is_some())
        {
            self.look_at(id);
        }
        // A button that has the keyboard is pressed by this key.
        let is_on_button = ui.memory(|m| m.focused()).is_some_and(|id| !self.is_own(id));
        if !is_on_button && ui.input(|i| i.key_pressed(Key::Enter)) {
            let first = self.search.pages.beside(self.list.chosen, 0);
            self.list.chosen = first;
            first.into_iter().for_each(|id| self.look_at(id));
        }
        None
    }

    /// True for what leaves the Enter key to the list: the field, and the list’s own rows.
    fn is_own(&self, id: egui::Id) -> bool {
        id == toolbar::field_id() || self.list.chosen.is_some_and(|row| id == list::id(row))
    }

    fn look_at(&mut self, id: RowId) {
        if self.opened.as_ref().is_some_and(|opened| opened.line.row.id == id) {
            return;
        }
        let Some(line) = self.search.pages.line(id) else { return };
        self.opened = Some(Opened { line: Line::new(line.row.clone()), verifying: Verifying::Not });
    }

    fn body(&mut self, ui: &mut Ui, whole: &mut History, settings: &Settings) {
        if let Some(word) = states::instead(ui, &self.search, whole.recording) {
            match word {
                states::Word::Again => self.search = Search::start(whole.past.as_ref(), whole.wake.clone()),
                states::Word::Clear => {
                    self.search.words.clear();
                    self.search.filters = filters::Filters::default();
                    self.search.find();
                }
                states::Word::Settings => whole.settings = Some(Keeping::card(settings)),
            }
        }
        if self.search.problem.is_none() && !self.search.pages.is_empty() {
            let pressed = self.list.show(ui, &self.search.pages, &mut self.sights);
            if let Some(Pressed::Row(id)) = pressed {
                self.look_at(id);
            }
        }
    }

    fn details(&mut self, ui: &mut Ui, whole: &History) -> Option<Act> {
        let opened = self.opened.as_ref()?;
        let row = &opened.line.row;
        let there = row.place.as_deref().map_or(There::Unknown, |place| self.sights.looking.of(place));
        let can_leave_out = whole.can_leave_out(row.device.id);
        let aside = Aside { there, verifying: &opened.verifying, can_leave_out };
        ScrollArea::vertical()
            .id_salt("details")
            .show(ui, |ui| details::details(ui, &opened.line, &aside))
            .inner
    }

    fn act(&mut self, act: Act, ctx: &Context, tools: &mut Tools) -> Option<Wish> {
        let opened = self.opened.as_mut()?;
        let row = &opened.line.row;
        match act {
            Act::Close => self.opened = None,
            Act::Open(place) => tools.open(&place),
            Act::Reveal(place) => tools.reveal(&place),
            Act::Again(path) => return Some(Wish::Again { path, device: row.device.id }),
            Act::Verify => opened.verifying = Verifying::start(row, tools.wake()),
            Act::StopVerifying => opened.verifying = Verifying::Not,
            Act::Remove => {
                self.question = Some(Question::Remove { id: row.id, name: opened.line.name.clone() });
            }
            Act::NeverRecord => {
                let id = row.device.id?;
                self.question = Some(Question::NeverRecord { id, name: line::device(row) });
            }
            Act::Quarantine => return Some(Wish::Quarantine),
            Act::Copy(text) => tools.copy(ctx, &text),
        }
        None
    }

    /// Shows the question that stands, and does what was answered.
    fn ask(&mut self, ctx: &Context, tools: &mut Tools) {
        let Some(said) = self.question.as_ref().and_then(|question| question.show(ctx)) else { return };
        let Some(question) = self.question.take() else { return };
        if said == Said::No {
            return;
        }
        let what = match question {
            Question::Remove { id, .. } => HistoryChange::Remove(vec![id]),
            Question::Clear => HistoryChange::Clear,
            Question::NeverRecord { id, name } => {
                let change = DeviceChange::Recording(Recording::Never);
                if tools.ask(Command::Device { id, change }) {
                    tools.notices.done(format!("Nothing of {name} is recorded from now on."));
                }
                return;
            }
        };
        let (reply, answer) = oneshot::channel();
        if tools.ask(Command::History { change: what.clone(), reply }) {
            self.asked.push(Change { what, reply: answer });
        }
    }
}

/// Whether a question or a menu stands over the page.
fn is_covered(ui: &Ui) -> bool {
    egui::Popup::is_any_open(ui.ctx()) || ui.memory(|m| m.top_modal_layer().is_some())
}
