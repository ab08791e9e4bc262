//! The Receive panel: one big button, then who and where this machine is, and where files go.

use std::path::PathBuf;

use egui::{Align, Layout, Rect, RichText, ScrollArea, Ui};

use super::{
    desktop::Pick,
    icons,
    path_entry::{Entered, PathEntry, Why},
    paths, theme,
    tools::{Purpose, Tools},
    widgets::{
        Button, Look, badge, card, icon_button, inside, line, small, split_bottom, strong, tile, title,
    },
};
use crate::{
    engine::{Command, Consent, PortChoice, Receiving, ReceivingState, Settings, Snapshot, Visibility},
    model::{Address, Landing, text},
};

/// The least height in which nothing is hidden.
pub const HEIGHT: f32 = 352.0;

pub struct ReceivePanel {
    state: State,
    name: String,
    id: String,
    folder: PathBuf,
    folder_shown: String,
    free: String,
    /// Nobody can see it, whoever is to.
    is_unseen: bool,
    entry: Option<PathEntry>,
    /// A command is on its way; until its effect is heard, the button waits.
    waits: bool,
}

enum State {
    Off,
    On { addresses: Vec<Line> },
    Failed(String),
}

/// What a person wants of the window beyond the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Nothing,
    /// To see how others find this device.
    Invitation,
    /// To choose when a person is asked.
    Rules,
}

/// Something to copy.
struct Line {
    text: String,
    copy: String,
}

impl ReceivePanel {
    pub fn new(snapshot: &Snapshot) -> Self {
        let mut panel = Self {
            state: State::Off,
            name: String::new(),
            id: String::new(),
            folder: PathBuf::new(),
            folder_shown: String::new(),
            free: String::new(),
            is_unseen: false,
            entry: None,
            waits: false,
        };
        panel.hear(snapshot);
        panel
    }

    /// Prepares what is shown.
    pub fn hear(&mut self, snapshot: &Snapshot) {
        self.name = snapshot.device.name.to_string();
        self.id = snapshot.device.id.to_string();
        self.is_unseen = snapshot.deaf.is_some();
        self.folder.clone_from(&snapshot.inbox.folder);
        self.folder_shown = paths::shown(&self.folder);
        self.free = snapshot.inbox.free.map_or(String::new(), |free| format!("{} free", text::bytes(free)));
        self.state = match &snapshot.receiving {
            ReceivingState::Off => State::Off,
            ReceivingState::Failed(problem) => State::Failed(text::visible(&problem.text).into_owned()),
            ReceivingState::On { port, addresses } => {
                let lines = addresses.iter().map(|ip| {
                    let text = Address { host: ip.to_string(), port: Some(*port) }.to_string();
                    Line { copy: format!("Copy {text}"), text }
                });
                State::On { addresses: lines.collect() }
            }
        };
    }

    /// The engine spoke of receiving: whatever was asked of it has had its effect.
    pub fn settled(&mut self) {
        self.waits = false;
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

    pub fn show(&mut self, ui: &mut Ui, rect: Rect, settings: &Settings, tools: &mut Tools) -> Wanted {
        let mut wanted = Wanted::Nothing;
        card(ui, rect, |ui| {
            let foot = self.entry.as_ref().map_or(52.0, |entry| entry.height() + 8.0);
            let (above, foot) = split_bottom(ui.max_rect(), foot);
            inside(ui, above, |ui| {
                wanted = self.heading(ui);
                match &self.state {
                    State::Off => self.invitation(ui, None, settings, tools),
                    State::Failed(why) => self.invitation(ui, Some(why.clone()), settings, tools),
                    State::On { .. } => {
                        if self.presence(ui, settings.visibility, tools) == Wanted::Invitation {
                            wanted = Wanted::Invitation;
                        }
                    }
                }
            });
            ui.painter().hline(
                foot.x_range(),
                foot.top() - 2.0,
                ui.visuals().widgets.noninteractive.bg_stroke,
            );
            inside(ui, foot, |ui| self.landing(ui, settings, tools));
        });
        wanted
    }

    fn heading(&self, ui: &mut Ui) -> Wanted {
        let p = theme::palette(ui);
        let mut wanted = Wanted::Nothing;
        ui.horizontal(|ui| {
            title(ui, "Receive");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                match self.state {
                    State::Off => {}
                    State::On { .. } => {
                        badge(ui, "Waiting for offers", p.good, p.good_soft);
                    }
                    State::Failed(_) => {
                        badge(ui, "Not receiving", p.bad, p.bad_soft);
                    }
                }
                let rules = Button::new("When to ask…", Look::Quiet).height(26.0);
                if ui.add(rules).on_hover_text("About which offers you are asked").clicked() {
                    wanted = Wanted::Rules;
                }
            });
        });
        wanted
    }

    fn invitation(&mut self, ui: &mut Ui, problem: Option<String>, settings: &Settings, tools: &mut Tools) {
        let p = theme::palette(ui);
        ui.add_space(((ui.available_height() - 150.0) * 0.4).max(2.0));
        let big = Button::new("Receive", Look::Primary).icon(icons::DOWNLOAD).height(56.0).filling();
        if ui.add_enabled(!self.waits, big).clicked() {
            let landing = Landing { conflict: settings.conflict, ..Landing::default() };
            let how = Receiving { port: PortChoice::Default, consent: Consent::Settings, landing };
            self.waits = tools.ask(Command::Receive(how));
        }
        ui.add_space(4.0);
        match problem {
            Some(problem) => ui.label(RichText::new(problem).color(p.bad)),
            None => ui.label(
                RichText::new("This machine then waits for offers. Nothing is stored before you accept it.")
                    .color(p.faint),
            ),
        };
    }

    fn presence(&mut self, ui: &mut Ui, visibility: Visibility, tools: &mut Tools) -> Wanted {
        let mut wanted = Wanted::Nothing;
        let p = theme::palette(ui);
        ui.horizontal(|ui| {
            tile(ui, icons::LAPTOP, 40.0, p.good, p.good_soft);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                line(ui, RichText::new(&self.name).size(18.0).family(theme::semibold()));
                let seen = match visibility {
                    _ if self.is_unseen => "Nobody can see it now. Others must know an address.",
                    Visibility::Everyone => "Everyone here sees it. It can be reached by address, too.",
                    Visibility::Known => "Devices you know see it. Others must know an address or a code.",
                    Visibility::Hidden => "Nobody sees it. Others must know an address or a code.",
                };
                line(ui, small(seen, if self.is_unseen { p.warn } else { p.faint }));
            });
        });
        let (list, button) = split_bottom(ui.available_rect_before_wrap(), theme::CONTROL_HEIGHT + 12.0);
        inside(ui, list, |ui| {
            ScrollArea::vertical().id_salt("addresses").auto_shrink([false, false]).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 4.0;
                let State::On { addresses } = &self.state else { return };
                if addresses.is_empty() {
                    ui.label(RichText::new("This machine is on no network.").color(p.warn));
                }
                for address in addresses {
                    let text =
                        RichText::new(&address.text).size(15.0).family(theme::medium()).color(p.accent);
                    copyable(ui, text, &address.text, &address.copy, tools);
                }
                let id = RichText::new(&self.id).monospace().size(12.0).color(p.faint);
                copyable(ui, id, &self.id, "Copy id", tools);
            });
        });
        inside(ui, button, |ui| {
            ui.columns(2, |sides| {
                let code = Button::new("Code and QR", Look::Plain).filling();
                if sides[0].add(code).on_hover_text("How others find this device").clicked() {
                    wanted = Wanted::Invitation;
                }
                let stop = Button::new("Stop receiving", Look::Plain).filling();
                if sides[1].add_enabled(!self.waits, stop).clicked() {
                    self.waits = tools.ask(Command::StopReceiving);
                }
            });
        });
        wanted
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
        ui.add_space(10.0);
        ui.horizontal(|ui| {
            tile(ui, icons::FOLDER_OPEN, 36.0, p.faint, p.well);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let change = Button::new("Change", Look::Plain).named("Change the receiving folder");
                let change = ui
                    .add_enabled(!tools.dialog_is_open(), change)
                    .on_disabled_hover_text("A file dialog is open");
                if change.clicked() {
                    tools.pick(ui.ctx(), Purpose::Inbox, Pick::Destination(self.folder.clone()));
                }
                if self.free.is_empty() {
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        line(ui, strong(&self.folder_shown));
                    });
                    return;
                }
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    line(ui, strong(&self.folder_shown));
                    ui.label(small(&self.free, p.faint));
                });
            });
        });
    }
}

/// A text with a button that copies it.
fn copyable(ui: &mut Ui, shown: RichText, text: &str, name: &str, tools: &mut Tools) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if icon_button(ui, icons::COPY, name).clicked() {
                tools.copy(ui.ctx(), text);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                line(ui, shown);
            });
        });
    });
}
