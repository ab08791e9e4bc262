//! The Send panel: what to send, to whom, and the button that does it.

mod cards;
mod chosen;
mod destination;

use std::path::PathBuf;

use egui::{Align, Align2, Aligned, Label, Layout, Rect, RichText, ScrollArea, Ui, vec2};

use self::{
    cards::{Asked, Sight},
    chosen::{Chosen, Size},
    destination::{Destination, Done},
};
use super::{
    desktop::Pick,
    icons,
    path_entry::{self, PathEntry, Why},
    theme,
    tools::{Purpose, Tools},
    widgets::{
        Button, Drag, Look, card, drop_zone, icon, icon_button, inside, line, split_bottom, strong, tile,
        title,
    },
};
use crate::{
    engine::{Command, DeviceChange, Handle, Manner, Snapshot},
    model::{DeviceId, Source, Target, Trust},
};

/// The least height in which nothing is hidden.
pub const HEIGHT: f32 = 440.0;

const ROW: f32 = 36.0;
const BUTTON: f32 = 42.0;
/// Seconds after a drop in which the pointer may still be heard of: while something is dragged from
/// elsewhere, its place is not told.
const DROP: f64 = 0.5;

pub struct SendPanel {
    chosen: Chosen,
    destination: Destination,
    entry: Option<PathEntry>,
    dropped: Option<Dropped>,
}

/// What was dropped a moment ago, and not on a card as far as was told.
struct Dropped {
    paths: Vec<PathBuf>,
    /// On the window's clock.
    until: f64,
}

/// What a person wants that is not the panel's to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To know why a device is not in sight.
    Unseen,
    /// To see what is kept of devices.
    Devices,
}

/// Why nothing can be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Obstacle {
    NothingChosen,
    BadItem,
    NoAddress,
    BadAddress,
    NotVerified,
}

impl Obstacle {
    fn text(self) -> &'static str {
        match self {
            Self::NothingChosen => "Choose something to send",
            Self::BadItem => "Take out what can’t be sent",
            Self::NoAddress => "Choose a device, or type where to",
            Self::BadAddress => "Correct the address",
            Self::NotVerified => "This device could not be verified",
        }
    }
}

impl SendPanel {
    /// `last` is where the last things went.
    pub fn new(last: Option<&String>) -> Self {
        let destination = Destination::new(last.cloned().unwrap_or_default());
        Self { chosen: Chosen::default(), destination, entry: None, dropped: None }
    }

    pub fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        self.chosen.add(paths);
    }

    /// Makes ready to send something once more: to that device, if it can be told which one it was.
    pub fn again(&mut self, path: PathBuf, device: Option<DeviceId>) {
        self.add([path]);
        if let Some(id) = device {
            self.destination.aim(id);
        }
    }

    /// Takes what was dropped: it is sent where it was dropped on a device, and else kept to be sent.
    pub fn drop_in(&mut self, paths: Vec<PathBuf>, ctx: &egui::Context, tools: &mut Tools) {
        if !paths.is_empty() {
            self.add(paths.iter().cloned());
            self.dropped = Some(Dropped { paths, until: ctx.time() + DROP });
        }
        let Some(dropped) = &self.dropped else { return };
        if ctx.time() > dropped.until {
            self.dropped = None;
        } else if let Some(at) = ctx.input(|i| i.pointer.latest_pos())
            && let Some(dropped) = self.dropped.take()
            // A question may stand over the cards.
            && ctx.layer_id_at(at).is_none_or(|layer| layer.order == egui::Order::Background)
            && let Some(id) = self.destination.cards.at(at)
        {
            let sources = dropped.paths.iter().cloned().map(Source::Path).collect();
            if ask_to_send(Target::Device(id), sources, tools) {
                self.chosen.take_out(&dropped.paths);
            }
        }
    }

    /// Takes note of who is here and who is known.
    pub fn hear(&mut self, snapshot: &Snapshot) {
        self.destination.hear(&snapshot.nearby, &snapshot.known);
        self.destination.sees(if snapshot.deaf.is_some() { Sight::Barred } else { Sight::Clear });
    }

    /// What to do where no file dialog can be shown.
    pub fn offer_typing(&mut self, why: Why) {
        self.entry = Some(PathEntry::new(why));
    }

    /// Asks for sizes and hears the answers.
    pub fn update(&mut self, ctx: &egui::Context, tools: &Tools) {
        self.chosen.measure(ctx, tools.handle());
    }

    /// Where to send, or why not.
    fn ready(&self) -> Result<Target, Obstacle> {
        let items = self.chosen.items();
        if items.is_empty() {
            return Err(Obstacle::NothingChosen);
        }
        if items.iter().any(|item| matches!(item.size, Size::Bad(_))) {
            return Err(Obstacle::BadItem);
        }
        self.destination.target()
    }

    pub fn show(&mut self, ui: &mut Ui, rect: Rect, recent: &[String], tools: &mut Tools) -> Option<Wish> {
        let over = self.dropped.is_some() || ui.input(|i| !i.raw.hovered_files.is_empty());
        let drag = if over { Drag::Over } else { Drag::None };
        card(ui, rect, |ui| {
            let (above, button) = split_bottom(ui.max_rect(), BUTTON);
            let rows = rows(rect.height());
            let (above, whom) = split_bottom(above, destination::AROUND + cards::height(rows));
            inside(ui, above.with_max_y(above.bottom() - 8.0), |ui| self.what(ui, drag, tools));
            let done = inside(ui, whom, |ui| self.destination.show(ui, whom, recent, drag));
            let entered = matches!(done, Done::Entered);
            inside(ui, button, |ui| self.button(ui, entered, tools));
            match done {
                Done::Nothing | Done::Entered => None,
                Done::Unseen => Some(Wish::Unseen),
                Done::Asked(asked) => self.asked(asked, ui, tools),
            }
        })
    }

    fn asked(&mut self, asked: Asked, ui: &Ui, tools: &mut Tools) -> Option<Wish> {
        match asked {
            Asked::Pick(id) => self.destination.pick(id),
            Asked::Copy(text) => tools.copy(ui.ctx(), &text),
            Asked::Details => return Some(Wish::Devices),
            Asked::Block(id) => {
                tools.ask(Command::Device { id, change: DeviceChange::Trust(Trust::Blocked) });
            }
        }
        None
    }

    fn what(&mut self, ui: &mut Ui, drag: Drag, tools: &mut Tools) {
        let p = theme::palette(ui);
        ui.horizontal(|ui| {
            title(ui, "Send");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if !self.chosen.total().is_empty() {
                    line(ui, RichText::new(self.chosen.total()).color(p.faint));
                }
            });
        });
        let entry = self.entry.as_ref().map_or(0.0, |entry| entry.height() + 8.0);
        let over = drag == Drag::Over;
        let room = ui.available_height() - entry - 2.0;
        if self.chosen.items().is_empty() && room >= 46.0 {
            self.empty_zone(ui, room, drag, tools);
        } else if self.entry.is_none() || over {
            self.small_zone(ui, drag, tools);
        }
        if let Some(entry) = &mut self.entry {
            match entry.show(ui, "Path of a file or folder", "Add") {
                path_entry::Entered::Nothing => {}
                path_entry::Entered::Path(path) => self.chosen.add([path]),
                path_entry::Entered::Closed => self.entry = None,
            }
        }
        if !self.chosen.items().is_empty() {
            self.list(ui);
        }
    }

    fn empty_zone(&mut self, ui: &mut Ui, height: f32, drag: Drag, tools: &mut Tools) {
        if height < 84.0 {
            return self.small_zone(ui, drag, tools);
        }
        let p = theme::palette(ui);
        let over = drag == Drag::Over;
        drop_zone(ui, height, drag, Layout::top_down(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.y = 6.0;
            let is_wide = ui.available_width() >= 390.0;
            let has_icon = height >= 124.0;
            let content = if has_icon { 98.0 } else { 64.0 };
            ui.add_space((ui.available_height() - content).max(0.0) / 2.0);
            if has_icon {
                icon(ui, icons::UPLOAD, 28.0, if over { p.accent } else { p.faint });
            }
            let text = if over { "Let go here, or on a device" } else { "Drop files or folders here" };
            ui.label(strong(text).size(15.0));
            ui.add_space(2.0);
            let mut typed = false;
            Aligned::new(Align2::CENTER_TOP).show(ui, |ui| {
                ui.horizontal(|ui| {
                    Self::dialog_button(ui, tools, "Choose files", Pick::Files);
                    Self::dialog_button(ui, tools, "Choose folder", Pick::Folders);
                    typed = if is_wide {
                        ui.add(Button::new("Type a path", Look::Quiet)).clicked()
                    } else {
                        icon_button(ui, icons::KEYBOARD, "Type a path").clicked()
                    };
                })
            });
            if typed {
                self.offer_typing(Why::Asked);
            }
        });
    }

    fn dialog_button(ui: &mut Ui, tools: &mut Tools, text: &str, what: Pick) {
        let image = if what == Pick::Files { icons::FILE } else { icons::FOLDER };
        let button = ui.add_enabled(!tools.dialog_is_open(), Button::new(text, Look::Plain).icon(image));
        if button.on_disabled_hover_text("A file dialog is open").clicked() {
            tools.pick(ui.ctx(), Purpose::Sending, what);
        }
    }

    fn small_zone(&mut self, ui: &mut Ui, drag: Drag, tools: &mut Tools) {
        let p = theme::palette(ui);
        drop_zone(ui, 46.0, drag, Layout::left_to_right(Align::Center), |ui| {
            icon(ui, icons::UPLOAD, 18.0, p.faint);
            let text = if drag == Drag::Over { "Let go here, or on a device" } else { "Drop more here" };
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 2.0;
                if icon_button(ui, icons::KEYBOARD, "Type a path").clicked() {
                    self.offer_typing(Why::Asked);
                }
                ui.add_enabled_ui(!tools.dialog_is_open(), |ui| {
                    if icon_button(ui, icons::FOLDER_PLUS, "Choose folder").clicked() {
                        tools.pick(ui.ctx(), Purpose::Sending, Pick::Folders);
                    }
                    if icon_button(ui, icons::FILE, "Choose files").clicked() {
                        tools.pick(ui.ctx(), Purpose::Sending, Pick::Files);
                    }
                });
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    line(ui, strong(text).color(p.faint));
                });
            });
        });
    }

    fn list(&mut self, ui: &mut Ui) {
        let p = theme::palette(ui);
        let mut removed = None;
        let items = self.chosen.items();
        ui.spacing_mut().item_spacing.y = 2.0;
        ScrollArea::vertical().id_salt("chosen").auto_shrink([false, false]).show_rows(
            ui,
            ROW,
            items.len(),
            |ui, range| {
                for (i, item) in items.iter().enumerate().take(range.end).skip(range.start) {
                    let row = vec2(ui.available_width(), ROW);
                    ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
                        tile(ui, item.icon, 28.0, p.accent, p.accent_soft);
                        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                            if icon_button(ui, icons::X, &item.remove).clicked() {
                                removed = Some(i);
                            }
                            let (size, color) = match &item.size {
                                Size::Unasked | Size::Counting(_) => ("counting…", p.faint),
                                Size::Known { shown, .. } => (shown.as_str(), p.faint),
                                Size::Unknown => ("size unknown", p.faint),
                                Size::Bad(why) => (why.as_str(), p.bad),
                            };
                            let room = ui.available_width() * 0.6;
                            let label = Label::new(RichText::new(size).color(color)).truncate();
                            ui.scope(|ui| {
                                ui.set_max_width(room);
                                ui.add(label);
                            });
                            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                                line(ui, RichText::new(&item.name)).on_hover_text(&item.path_shown);
                            });
                        });
                    });
                }
            },
        );
        if let Some(i) = removed {
            self.chosen.remove(i);
        }
    }

    fn button(&mut self, ui: &mut Ui, entered: bool, tools: &mut Tools) {
        match self.ready() {
            Ok(to) => {
                let text = self.destination.invitation(&to);
                let send =
                    Button::new(&text, Look::Primary).icon(icons::PAPER_PLANE).height(BUTTON).filling();
                if ui.add(send).clicked() || entered {
                    self.send(to, tools);
                }
            }
            Err(obstacle) => {
                // It says why, so it must be as legible as what can be pressed.
                ui.visuals_mut().disabled_alpha = 1.0;
                let why = Button::new(obstacle.text(), Look::Muted).height(BUTTON).filling();
                ui.add_enabled(false, why);
            }
        }
    }

    fn send(&mut self, to: Target, tools: &mut Tools) {
        let sources = self.chosen.items().iter().map(|item| Source::Path(item.path.clone())).collect();
        if ask_to_send(to, sources, tools) {
            self.chosen.clear();
            self.entry = None;
            self.destination.used();
        }
    }
}

/// True when the engine has heard of it.
fn ask_to_send(to: Target, sources: Vec<Source>, tools: &mut Tools) -> bool {
    tools.ask(Command::Send { id: Handle::new_transfer(), to, sources, manner: Manner::default() })
}

/// How many rows of devices a panel of this height has room for: of what is more than the least, half.
fn rows(height: f32) -> usize {
    let more = (height - HEIGHT).max(0.0) / 2.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few rows")]
    let rows = (more / (cards::height(2) - cards::height(1))) as usize;
    2 + rows
}
