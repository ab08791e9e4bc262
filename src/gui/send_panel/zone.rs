//! The place to drop things, and the other ways to choose them.
//!
//! Knows what can be asked for. Must not know what is done about it.

use egui::{Align, Layout, Ui};

use crate::gui::{
    desktop::Pick,
    icons, theme,
    widgets::{Button, Drag, Look, drop_zone, icon, icon_button, line, small, strong},
};

/// Height with what has been chosen below it, and while nothing has been.
const SMALL: f32 = 50.0;
const LARGE: f32 = 96.0;
/// Narrower than this, buttons are icons alone.
const ROOMY: f32 = 470.0;

/// What a person wants to put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    Dialog(Pick),
    /// To type a path.
    Path,
    /// To type a text.
    Text,
}

pub fn show(ui: &mut Ui, is_large: bool, drag: Drag, dialog_is_open: bool) -> Option<Wanted> {
    let p = theme::palette(ui);
    let mut wanted = None;
    let is_roomy = ui.available_width() >= ROOMY;
    let height = if is_large { LARGE } else { SMALL };
    drop_zone(ui, height, drag, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        if is_roomy {
            icon(ui, icons::UPLOAD, 24.0, p.accent);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if icon_button(ui, icons::KEYBOARD, "Type a path").clicked() {
                wanted = Some(Wanted::Path);
            }
            if choice(ui, is_roomy, icons::FILE_TEXT, "Text") {
                wanted = Some(Wanted::Text);
            }
            ui.add_enabled_ui(!dialog_is_open, |ui| {
                if choice(ui, is_roomy, icons::FOLDER, "Folder") {
                    wanted = Some(Wanted::Dialog(Pick::Folders));
                }
                if choice(ui, is_roomy, icons::FILE, "Files") {
                    wanted = Some(Wanted::Dialog(Pick::Files));
                }
            });
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let text = match (drag, is_roomy) {
                    (Drag::Over, _) => "Let go here, or on a device",
                    (Drag::None, true) => "Drop files here, or paste",
                    (Drag::None, false) => "Drop or paste",
                };
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    let is_told = is_large && is_roomy;
                    ui.add_space(
                        ((ui.available_height() - if is_told { 38.0 } else { 20.0 }) / 2.0).max(0.0),
                    );
                    line(ui, strong(text));
                    if is_told {
                        line(ui, small("Ctrl+V takes files, pictures and text", p.faint));
                    }
                });
            });
        });
    });
    wanted
}

/// True when it was pressed.
fn choice(ui: &mut Ui, is_roomy: bool, image: icons::Icon, word: &str) -> bool {
    let name = match word {
        "Files" => "Choose files",
        "Folder" => "Choose folder",
        _ => "Type a text",
    };
    if is_roomy {
        ui.add(Button::new(word, Look::Plain).icon(image).named(name)).clicked()
    } else {
        icon_button(ui, image, name).clicked()
    }
}
