//! The Receive panel: whether this device receives, what runs and what came, and where it goes.
//!
//! Knows the engine’s word on receiving, and the folder. Must not know what a transfer is: Activity does.

use std::path::PathBuf;

use egui::{Align, Layout, Rect, RichText, Ui};

use super::{
    activity::{self, Activity},
    desktop::Pick,
    icons,
    offer::Offers,
    path_entry::{Entered, PathEntry, Why},
    paths,
    receive_pill::Pill,
    receiving, theme,
    tools::{Purpose, Tools},
    widgets::{Button, Look, card, icon, inside, line, small, split_bottom, strong, title},
};
use crate::{
    engine::{Command, ReceivingState, Settings, Snapshot},
    model::{TransferId, text},
};

/// Height of what says where files go.
const FOOT: f32 = 44.0;

pub struct ReceivePanel {
    state: State,
    pill: Pill,
    folder: PathBuf,
    folder_shown: String,
    free: String,
    entry: Option<PathEntry>,
    /// A command is on its way; until its effect is heard, the button waits.
    waits: bool,
}

enum State {
    Off,
    On,
    Failed(String),
}

/// What a person wants of the window beyond the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To see how others find this device.
    Invitation,
    /// To answer this offer.
    Offer(TransferId),
    /// To see all that came and went.
    History,
}

impl ReceivePanel {
    pub fn new(snapshot: &Snapshot) -> Self {
        let mut panel = Self {
            state: State::Off,
            pill: Pill::default(),
            folder: PathBuf::new(),
            folder_shown: String::new(),
            free: String::new(),
            entry: None,
            waits: false,
        };
        panel.hear(snapshot);
        panel
    }

    /// Prepares what is shown.
    pub fn hear(&mut self, snapshot: &Snapshot) {
        self.pill.hear(snapshot);
        self.folder.clone_from(&snapshot.inbox.folder);
        self.folder_shown = paths::shown(&self.folder);
        self.free = snapshot.inbox.free.map_or(String::new(), |free| format!("{} free", text::bytes(free)));
        self.state = match &snapshot.receiving {
            ReceivingState::Off => State::Off,
            ReceivingState::Failed(problem) => State::Failed(text::visible(&problem.text).into_owned()),
            ReceivingState::On { .. } => State::On,
        };
    }

    /// The engine spoke of receiving: whatever was asked of it has had its effect.
    pub fn settled(&mut self) {
        self.waits = false;
    }

    pub fn is_on(&self) -> bool {
        matches!(self.state, State::On)
    }

    pub fn offer_typing(&mut self, why: Why) {
        self.entry = Some(PathEntry::new(why));
    }

    /// Makes a folder the one to receive into.
    pub fn settle_in(&mut self, folder: PathBuf, settings: &Settings, tools: &mut Tools) {
        let settled = folder == settings.inbox
            || tools.ask(Command::Apply(Settings { inbox: folder, ..settings.clone() }));
        if settled {
            self.entry = None;
        }
    }

    /// Fills the rectangle.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        settings: &Settings,
        (activity, offers): (&mut Activity, &mut Offers),
        tools: &mut Tools,
    ) -> Option<Wish> {
        card(ui, rect, |ui| {
            let foot = self.entry.as_ref().map_or(FOOT, |entry| entry.height() + 8.0);
            let (above, foot) = split_bottom(ui.max_rect(), foot);
            let mut wish = None;
            inside(ui, above.with_max_y(above.bottom() - 8.0), |ui| {
                ui.horizontal(|ui| title(ui, "Receive"));
                wish = self.state(ui, settings, tools);
                ui.add_space(4.0);
                offers.above(ui, tools);
                let below = ui.available_rect_before_wrap();
                wish = match activity.show(ui, below, tools) {
                    Some(activity::Wish::Offer(id)) => Some(Wish::Offer(id)),
                    Some(activity::Wish::History) => Some(Wish::History),
                    None => wish,
                };
            });
            let border = ui.visuals().widgets.noninteractive.bg_stroke;
            ui.painter().hline(foot.x_range(), foot.top() - 2.0, border);
            inside(ui, foot, |ui| self.landing(ui, settings, tools));
            wish
        })
    }

    fn state(&mut self, ui: &mut Ui, settings: &Settings, tools: &mut Tools) -> Option<Wish> {
        let p = theme::palette(ui);
        let problem = match &self.state {
            State::On => {
                return self.pill.show(ui).then_some(Wish::Invitation);
            }
            State::Off => None,
            State::Failed(why) => Some(why.clone()),
        };
        self.receive_button(ui, 52.0, settings, tools);
        let about = "Others on this network can then send to you. Nothing is stored before you accept it.";
        let (words, color) = problem.map_or((about.to_owned(), p.faint), |problem| (problem, p.bad));
        ui.label(small(words, color));
        None
    }

    /// The button that makes this device receive.
    pub fn receive_button(&mut self, ui: &mut Ui, height: f32, settings: &Settings, tools: &mut Tools) {
        let big = Button::new("Receive", Look::Primary).icon(icons::DOWNLOAD).height(height).filling();
        if ui.add_enabled(!self.waits, big).clicked() {
            self.waits = receiving::begin(settings, tools);
        }
    }

    fn landing(&mut self, ui: &mut Ui, settings: &Settings, tools: &mut Tools) {
        let p = theme::palette(ui);
        if let Some(entry) = &mut self.entry {
            match entry.show(ui, "Folder to receive into", "Use") {
                Entered::Nothing => {}
                Entered::Path(folder) => self.settle_in(folder, settings, tools),
                Entered::Closed => self.entry = None,
            }
            return;
        }
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            icon(ui, icons::FOLDER_OPEN, 22.0, p.faint);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let change = Button::new("Change", Look::Plain).named("Change the receiving folder");
                let change = ui
                    .add_enabled(!tools.dialog_is_open(), change)
                    .on_disabled_hover_text("A file dialog is open");
                if change.clicked() {
                    tools.pick(ui.ctx(), Purpose::Inbox, Pick::Destination(self.folder.clone()));
                }
                let open = Button::new("Open", Look::Plain).named("Open the receiving folder");
                if ui.add(open).clicked() {
                    tools.open(&self.folder);
                }
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    if self.free.is_empty() {
                        ui.add_space(8.0);
                    }
                    line(ui, strong(&self.folder_shown));
                    if !self.free.is_empty() {
                        line(ui, RichText::new(&self.free).size(theme::SMALL).color(p.faint));
                    }
                });
            });
        });
    }
}
