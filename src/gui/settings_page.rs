//! The page of settings: the doors to everything that a person can choose.
//!
//! Knows the cards behind them. Must not know who obeys what is chosen.

use egui::{Align, Context, Key, Layout, Modifiers, Rect, ScrollArea, Ui};

use super::{
    accepting::Accepting,
    interruptions::Interruptions,
    rename::Rename,
    speed_limit::SpeedLimit,
    tools::Tools,
    virus_check::VirusCheck,
    widgets::{Button, Look, card, title},
};
use crate::engine::Settings;

#[derive(Default)]
pub struct SettingsPage {
    rename: Rename,
    accepting: Accepting,
    virus_check: VirusCheck,
    speed_limit: SpeedLimit,
    interruptions: Interruptions,
}

/// What a person wants that is not the page's to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Close,
}

impl SettingsPage {
    pub fn hear(&mut self, settings: &Settings) {
        self.speed_limit.hear(settings);
    }

    /// Asks for another name of this device.
    pub fn rename(&mut self, name: &str) {
        self.rename.open(name);
    }

    /// Asks when a person is to be asked.
    pub fn ask_when_to_ask(&mut self, settings: &Settings) {
        self.accepting.open(settings);
    }

    /// Asks how viruses are looked for.
    pub fn ask_for_scanner(&mut self, settings: &Settings) {
        self.virus_check.open(settings);
    }

    /// Fills the rectangle.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, device: &str, settings: &Settings) -> Option<Wish> {
        let mut wish = None;
        card(ui, rect, |ui| {
            ui.horizontal(|ui| {
                title(ui, "Settings");
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.add(Button::new("Done", Look::Plain)).clicked() {
                        wish = Some(Wish::Close);
                    }
                });
            });
            ScrollArea::vertical().id_salt("settings").auto_shrink([false, false]).show(ui, |ui| {
                if ui.add(Button::new("Rename this device", Look::Plain)).clicked() {
                    self.rename.open(device);
                }
                if ui.add(Button::new("When to ask…", Look::Plain)).clicked() {
                    self.accepting.open(settings);
                }
                if ui.add(Button::new("Virus check…", Look::Plain)).clicked() {
                    self.virus_check.open(settings);
                }
                self.speed_limit.button(ui, settings);
                self.interruptions.button(ui, settings);
            });
        });
        if ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            wish = Some(Wish::Close);
        }
        wish
    }

    /// The cards that are open, over whatever page is shown.
    pub fn cards(&mut self, ctx: &Context, settings: &Settings, tools: &mut Tools) {
        self.rename.show(ctx, settings, tools);
        self.speed_limit.show(ctx, settings, tools);
        self.accepting.show(ctx, settings, tools);
        self.virus_check.show(ctx, settings, tools);
        self.interruptions.show(ctx, settings, tools);
    }
}
