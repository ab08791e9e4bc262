//! The bar above every page: the mark, who this device is, and the way to the other pages.
//!
//! Knows which page is shown. Must not know what is on any of them.

use egui::{Align, Id, Layout, Popup, RectAlign, RichText, Ui};

use super::{
    icons::{self, Icon},
    page::Page,
    theme,
    widgets::{Button, Look, icon_button, line, mark, strong},
};
use crate::model::text;

/// Points.
pub const HEIGHT: f32 = 56.0;

/// Narrower than this, pages are called by their icons alone.
const ROOMY: f32 = 760.0;

/// What the bar shows.
pub struct Bar<'a> {
    pub page: Page,
    /// What this device is called.
    pub device: &'a str,
    /// Files in quarantine.
    pub quarantined: u64,
}

/// What a person wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Page(Page),
    Rename,
}

impl Bar<'_> {
    pub fn show(&self, ui: &mut Ui) -> Option<Wish> {
        let mut wish = None;
        let is_roomy = ui.available_width() >= ROOMY;
        ui.horizontal_centered(|ui| {
            mark(ui, 30.0);
            if is_roomy {
                ui.label(RichText::new("Airlift").size(17.0).family(theme::semibold()));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                wish = more(ui);
                for (page, image, name, about) in [
                    (Page::History, icons::HISTORY, "History", "What came and went, and where it is"),
                    (
                        Page::Devices,
                        icons::DEVICES,
                        "Devices",
                        "Devices that you know, and those you have blocked",
                    ),
                ] {
                    let is_shown = self.page == page;
                    if door(ui, image, name, about, is_shown, is_roomy) {
                        wish = Some(Wish::Page(if is_shown { Page::Home } else { page }));
                    }
                }
                if self.quarantined > 0 {
                    let text = if is_roomy {
                        text::count(self.quarantined, "file in quarantine", "files in quarantine")
                    } else {
                        self.quarantined.to_string()
                    };
                    let name = format!("Show the quarantine: {text}");
                    let door = Button::new(&text, Look::Danger).icon(icons::QUARANTINE).named(&name);
                    if ui.add(door).clicked() {
                        wish = Some(Wish::Page(Page::Quarantine));
                    }
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add_space(if is_roomy { 8.0 } else { 0.0 });
                    line(ui, strong(self.device)).on_hover_text("What this device is called");
                });
            });
        });
        wish
    }
}

/// True when it was pressed.
fn door(ui: &mut Ui, image: Icon, name: &str, about: &str, is_shown: bool, is_roomy: bool) -> bool {
    if is_roomy {
        let look = if is_shown { Look::Plain } else { Look::Quiet };
        ui.add(Button::new(name, look).icon(image)).on_hover_text(about).clicked()
    } else {
        icon_button(ui, image, name).clicked()
    }
}

fn more(ui: &mut Ui) -> Option<Wish> {
    let mut wish = None;
    let dots = icon_button(ui, icons::DOTS, "More");
    let menu = Popup::menu(&dots).id(Id::unique("more")).align(RectAlign::BOTTOM_END).width(200.0);
    menu.layout(Layout::top_down_justified(Align::Min)).show(|ui| {
        for (text, wanted) in [("Settings", Wish::Page(Page::Settings)), ("Rename this device", Wish::Rename)]
        {
            if ui.add(egui::Button::new(text).frame_when_inactive(false)).clicked() {
                wish = Some(wanted);
                ui.close();
            }
        }
    });
    wish
}
