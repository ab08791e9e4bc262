//! The page while it is open.
//!
//! Knows what a person does on it. Must not know how the history is kept: it asks a finder, which answers on a thread of
//! its own. Its threads live as long as it does.

use std::path::PathBuf;

use egui::{Context, Event, Key, Modifiers, Rect, ScrollArea, Ui, pos2};

use super::{
    around::Around,
    changes::Changes,
    chips::{self, Choice},
    details::{self, Act, Aside},
    filters::Filters,
    keeping::Keeping,
    line::{self, Line},
    list::{self, List, Pressed, Sights},
    questions::Question,
    rechecking::{self, Rechecking},
    search::{News, Search},
    states,
    there::{Looking, There},
    thumbnails::Thumbnails,
    toolbar::{self, Bar, Focus},
    verifying::Verifying,
};
use crate::{
    engine::{
        HistoryChange, Settings,
        history::{DeviceIs, RowId},
    },
    gui::{
        tools::Tools,
        widgets::{card, inside, modal},
    },
    model::{DeviceId, text},
};

/// From this width on, an entry is shown beside the list.
const WIDE: f32 = 820.0;
const PANE: f32 = 330.0;
/// Devices that can be chosen in the filter.
const DEVICES: usize = 200;

/// The page while it is open.
pub struct Page {
    search: Search,
    list: List,
    sights: Sights,
    devices: Vec<Choice>,
    opened: Option<Opened>,
    changes: Changes,
    focus: Focus,
}

/// An entry that is shown closely.
struct Opened {
    line: Line,
    verifying: Verifying,
    rechecking: Rechecking,
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

impl Page {
    pub fn open(around: &Around) -> Self {
        let wake = || around.wake.clone();
        Self {
            search: Search::start(around.past.as_ref(), wake()),
            list: List::default(),
            sights: Sights { looking: Looking::start(wake()), thumbnails: Thumbnails::start(wake()) },
            devices: Vec::new(),
            opened: None,
            changes: Changes::default(),
            focus: Focus::Wanted,
        }
    }

    /// Something was recorded or removed.
    pub fn changed(&mut self) {
        self.search.changed();
        self.sights.looking.forget();
    }

    pub fn update(&mut self, ctx: &Context, tools: &mut Tools) {
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
            if let Some(rechecked) = opened.rechecking.update() {
                opened.line = Line::new(rechecking::after(opened.line.row.clone(), &rechecked));
            }
        }
        for change in self.changes.done(tools) {
            match change {
                HistoryChange::Remove(ids) => {
                    for id in ids {
                        self.search.pages.remove(id);
                        self.opened.take_if(|opened| opened.line.row.id == id);
                    }
                }
                HistoryChange::Clear => {
                    self.opened = None;
                    self.search.find();
                }
            }
        }
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

    pub fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        around: &mut Around,
        settings: &Settings,
        tools: &mut Tools,
    ) -> Option<Wish> {
        if ui.input(|i| i.events.iter().any(|event| matches!(event, Event::WindowFocused(true)))) {
            // Files may have been moved in another window.
            self.sights.looking.forget();
        }
        // Before the menu that stands is shown: it closes at the key that would be the page’s otherwise.
        let is_covered = is_covered(ui);
        let devices = self.choices(around);
        let (is_wide, has_pane) = (rect.width() >= WIDE, self.opened.is_some());
        let mut wish = None;
        let mut act = None;
        card(ui, rect, |ui| {
            wish = self.bar(ui, around, settings);
            if toolbar::field(ui, &mut self.search.words, std::mem::take(&mut self.focus)) {
                self.search.find();
            }
            if chips::chips(ui, &mut self.search.filters, &mut self.search.order, &devices) {
                self.search.find();
            }
            if around.settings.is_none() && !self.changes.is_asking() && !is_covered {
                wish = self.keys(ui).or(wish.take());
            }
            let body = ui.available_rect_before_wrap();
            let split = if is_wide && has_pane { body.right() - PANE - 16.0 } else { body.right() };
            let list = body.with_max_x(split);
            inside(ui, list, |ui| self.body(ui, around, settings));
            if is_wide && has_pane {
                let pane = Rect::from_min_max(pos2(split + 16.0, body.top()), body.max);
                let line = ui.visuals().widgets.noninteractive.bg_stroke;
                ui.painter().vline(split + 4.0, body.y_range(), line);
                act = inside(ui, pane, |ui| self.details(ui, around));
            }
        });
        if !is_wide && has_pane {
            act = modal(ui.ctx(), "Details", 460.0, |ui| {
                ui.set_max_height((ui.ctx().content_rect().height() - 120.0).min(560.0));
                self.details(ui, around)
            });
            let is_topmost = !self.changes.is_asking() && !egui::Popup::is_any_open(ui.ctx());
            if is_topmost && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
                self.opened = None;
            }
        }
        wish = act.and_then(|act| self.act(act, ui.ctx(), tools)).or(wish);
        self.changes.show(ui.ctx(), tools);
        wish
    }

    fn bar(&mut self, ui: &mut Ui, around: &mut Around, settings: &Settings) -> Option<Wish> {
        let bar = Bar {
            counted: &self.search.counted(),
            quarantined: around.quarantined,
            unrecorded: around.unrecorded.as_deref(),
            has_entries: !self.search.pages.is_empty() || !self.search.is_unfiltered(),
        };
        match toolbar::bar(ui, &bar)? {
            toolbar::Word::Close => return Some(Wish::Close),
            toolbar::Word::Quarantine => return Some(Wish::Quarantine),
            toolbar::Word::Settings => around.settings = Some(Keeping::card(settings)),
            toolbar::Word::Clear => self.changes.ask(Question::Clear),
        }
        None
    }

    /// The devices that can be chosen: those that are known, and those that were found.
    fn choices(&self, around: &Around) -> Vec<Choice> {
        let known =
            around.known.iter().map(|known| Choice { is: DeviceIs::Id(known.id), name: known.name.clone() });
        let mut choices: Vec<_> = known.collect();
        let met = self
            .devices
            .iter()
            .filter(|choice| !around.known.iter().any(|known| choice.is == DeviceIs::Id(known.id)));
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
            // The toolkit has taken the keyboard from the field by now.
            self.focus = Focus::Wanted;
            if self.opened.take().is_some() {
                return None;
            }
            if self.search.is_unfiltered() {
                return Some(Wish::Close);
            }
            self.search.words.clear();
            self.search.filters = Filters::default();
            self.search.find();
            return None;
        }
        if self.list.keys(ui, &self.search.pages)
            && let (Some(id), true) = (self.list.chosen, self.opened.is_some())
        {
            self.look_at(id);
        }
        // A button that has the keyboard is pressed by this key.
        let is_on_button = ui.memory(egui::Memory::focused).is_some_and(|id| !self.is_own(id));
        if !is_on_button && ui.input(|i| i.key_pressed(Key::Enter)) {
            let first = self.search.pages.beside(self.list.chosen, 0);
            self.list.chosen = first;
            if let Some(id) = first {
                self.look_at(id);
            }
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
        let line = Line::new(line.row.clone());
        self.opened = Some(Opened { line, verifying: Verifying::Not, rechecking: Rechecking::Not });
    }

    fn body(&mut self, ui: &mut Ui, around: &mut Around, settings: &Settings) {
        if let Some(word) = states::instead(ui, &self.search, around.recorded) {
            match word {
                states::Word::Again => self.search = Search::start(around.past.as_ref(), around.wake.clone()),
                states::Word::Clear => {
                    self.search.words.clear();
                    self.search.filters = Filters::default();
                    self.search.find();
                }
                states::Word::Settings => around.settings = Some(Keeping::card(settings)),
            }
        }
        if self.search.problem.is_none() && !self.search.pages.is_empty() {
            let pressed = self.list.show(ui, &self.search.pages, &mut self.sights);
            if let Some(Pressed::Row(id)) = pressed {
                self.look_at(id);
            }
        }
    }

    fn details(&mut self, ui: &mut Ui, around: &Around) -> Option<Act> {
        let opened = self.opened.as_ref()?;
        let row = &opened.line.row;
        let there = row.place.as_deref().map_or(There::Unknown, |place| self.sights.looking.of(place));
        let can_leave_out = around.can_leave_out(row.device.id);
        let (verifying, rechecking) = (&opened.verifying, &opened.rechecking);
        let aside = Aside { there, verifying, rechecking, can_leave_out };
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
            Act::CheckAgain => opened.rechecking = Rechecking::start(row, tools),
            Act::StopChecking => opened.rechecking = Rechecking::Not,
            Act::Remove => {
                self.changes.ask(Question::Remove { id: row.id, name: opened.line.name.clone() });
            }
            Act::NeverRecord => {
                let id = row.device.id?;
                self.changes.ask(Question::NeverRecord { id, name: line::device(row) });
            }
            Act::Quarantine => return Some(Wish::Quarantine),
            Act::Copy(text) => tools.copy(ctx, &text),
        }
        None
    }
}

/// Whether a question or a menu stands over the page.
fn is_covered(ui: &Ui) -> bool {
    egui::Popup::is_any_open(ui.ctx()) || ui.memory(|m| m.top_modal_layer().is_some())
}
