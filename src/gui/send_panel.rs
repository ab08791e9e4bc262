//! The Send panel: what to send, to whom, and the button that does it.

mod chosen;
mod destination;

use std::path::PathBuf;

use egui::{Align, Align2, Aligned, Label, Layout, Rect, RichText, ScrollArea, Ui, vec2};

use self::{
    chosen::{Chosen, Size},
    destination::{Destination, Entered},
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
    engine::{Command, Handle, Manner},
    model::{Address, Source},
};

/// The least height in which nothing is hidden.
pub const HEIGHT: f32 = 376.0;

const ROW: f32 = 36.0;
/// Address, what is wrong with it, and the button.
const FOOT: f32 = 138.0;
const BUTTON: f32 = 42.0;

pub struct SendPanel {
    chosen: Chosen,
    destination: Destination,
    entry: Option<PathEntry>,
}

/// Why nothing can be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Obstacle {
    NothingChosen,
    BadItem,
    NoAddress,
    BadAddress,
}

impl Obstacle {
    fn text(self) -> &'static str {
        match self {
            Self::NothingChosen => "Choose something to send",
            Self::BadItem => "Take out what can’t be sent",
            Self::NoAddress => "Type the other device’s address",
            Self::BadAddress => "Correct the address",
        }
    }
}

impl SendPanel {
    /// `last` is where the last things went.
    pub fn new(last: Option<&String>) -> Self {
        let destination = Destination::new(last.cloned().unwrap_or_default());
        Self { chosen: Chosen::default(), destination, entry: None }
    }

    pub fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        self.chosen.add(paths);
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
    fn ready(&self) -> Result<Address, Obstacle> {
        let items = self.chosen.items();
        if items.is_empty() {
            return Err(Obstacle::NothingChosen);
        }
        if items.iter().any(|item| matches!(item.size, Size::Bad(_))) {
            return Err(Obstacle::BadItem);
        }
        self.destination.address()
    }

    pub fn show(&mut self, ui: &mut Ui, rect: Rect, recent: &[String], tools: &mut Tools) {
        card(ui, rect, |ui| {
            let (above, foot) = split_bottom(ui.max_rect(), FOOT);
            let above = above.with_max_y(above.bottom() - 8.0);
            inside(ui, above, |ui| self.what(ui, tools));
            let (address, button) = split_bottom(foot, BUTTON);
            let entered = inside(ui, address, |ui| self.destination.show(ui, recent));
            inside(ui, button, |ui| self.button(ui, entered, tools));
        });
    }

    fn what(&mut self, ui: &mut Ui, tools: &mut Tools) {
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
        let over = ui.input(|i| !i.raw.hovered_files.is_empty());
        let drag = if over { Drag::Over } else { Drag::None };
        if self.chosen.items().is_empty() {
            let height = (ui.available_height() - entry - 2.0).max(46.0);
            self.empty_zone(ui, height, drag, tools);
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
        if height < 130.0 {
            return self.small_zone(ui, drag, tools);
        }
        let p = theme::palette(ui);
        let over = drag == Drag::Over;
        drop_zone(ui, height, drag, Layout::top_down(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.y = 6.0;
            let one_row = ui.available_width() >= 390.0;
            let content = if one_row { 98.0 } else { 128.0 };
            ui.add_space((ui.available_height() - content).max(0.0) / 2.0);
            icon(ui, icons::UPLOAD, 28.0, if over { p.accent } else { p.faint });
            ui.label(strong(if over { "Let go to add" } else { "Drop files or folders here" }).size(15.0));
            ui.add_space(2.0);
            let mut typed = false;
            Aligned::new(Align2::CENTER_TOP).show(ui, |ui| {
                ui.horizontal(|ui| {
                    Self::dialog_button(ui, tools, "Choose files", Pick::Files);
                    Self::dialog_button(ui, tools, "Choose folder", Pick::Folders);
                    if one_row {
                        typed = ui.add(Button::new("Type a path", Look::Quiet)).clicked();
                    }
                })
            });
            if !one_row {
                typed = ui.add(Button::new("Type a path", Look::Quiet).height(26.0)).clicked();
            }
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
            let text = if drag == Drag::Over { "Let go to add" } else { "Drop more here" };
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

    fn button(&mut self, ui: &mut Ui, entered: Entered, tools: &mut Tools) {
        match self.ready() {
            Ok(to) => {
                let text = format!("Send to {to}");
                let send =
                    Button::new(&text, Look::Primary).icon(icons::PAPER_PLANE).height(BUTTON).filling();
                if ui.add(send).clicked() || entered == Entered::Yes {
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

    fn send(&mut self, to: Address, tools: &mut Tools) {
        let sources = self.chosen.items().iter().map(|item| Source::Path(item.path.clone())).collect();
        let manner = Manner::default();
        if tools.ask(Command::Send { id: Handle::new_transfer(), to: to.into(), sources, manner }) {
            self.chosen.clear();
            self.entry = None;
        }
    }
}
