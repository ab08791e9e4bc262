//! The page of known devices: what is thought of each, where its files go, and being rid of it.

mod row;

use std::path::PathBuf;

use egui::{Align, Context, Layout, Rect, RichText, ScrollArea, Ui};

use self::row::{Act, Row};
use super::{
    desktop::{Pick, Picked},
    icons,
    path_entry::Why,
    theme,
    tools::{Purpose, Tools},
    widgets::{Button, Look, card, escapes, placeholder, title},
};
use crate::{
    engine::{Command, DeviceChange, Snapshot},
    model::{DeviceId, Trust},
};

#[derive(Default)]
pub struct Devices {
    /// In one order for as long as the page is open.
    rows: Vec<Row>,
    /// For whom a folder dialog was opened.
    choosing: Option<DeviceId>,
}

impl Devices {
    /// Opens the page: one’s own devices first, blocked ones last.
    pub fn open(&mut self) {
        self.rows.sort_by_cached_key(|row| (rank(row.trust), row.name.to_lowercase(), row.id));
    }

    /// Takes note of who is known and who is here. What is on the screen keeps its place.
    pub fn hear(&mut self, snapshot: &Snapshot) {
        let known = &snapshot.known;
        self.rows.retain(|row| known.iter().any(|device| device.id == row.id));
        for device in known {
            let is_here = snapshot.nearby.iter().any(|nearby| nearby.id == device.id);
            match self.rows.iter_mut().find(|row| row.id == device.id) {
                Some(row) => row.hear(device, is_here),
                None => self.rows.push(Row::new(device, is_here)),
            }
        }
    }

    /// How the folder dialog has ended.
    pub fn folder_chosen(&mut self, picked: Picked, tools: &mut Tools) {
        let Some(id) = self.choosing.take() else { return };
        match picked {
            Picked::NoDialog => self.offer_typing_for(id, Why::NoDialog),
            Picked::Chosen(folders) => {
                if let Some(folder) = folders.into_iter().next() {
                    keep_in(id, Some(folder), tools);
                }
            }
        }
    }

    /// The folder dialog has not answered for a while.
    pub fn offer_typing(&mut self) {
        if let Some(id) = self.choosing {
            self.offer_typing_for(id, Why::Slow);
        }
    }

    fn offer_typing_for(&mut self, id: DeviceId, why: Why) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.id == id) {
            row.type_folder(why);
        }
    }

    /// Fills the rectangle. `usual` is where everything goes. True when the page is to be left.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, usual: &str, tools: &mut Tools) -> bool {
        let mut is_done = false;
        let p = theme::palette(ui);
        card(ui, rect, |ui| {
            ui.horizontal(|ui| {
                title(ui, "Devices");
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.add(Button::new("Done", Look::Plain)).clicked() {
                        is_done = true;
                    }
                });
            });
            if self.rows.is_empty() {
                let text =
                    "No device is known yet. Those that you have compared a code with are listed here.";
                return placeholder(ui, icons::DEVICES, text);
            }
            ui.label(RichText::new("Devices that you have met, or blocked.").color(p.faint));
            ScrollArea::vertical().id_salt("known").auto_shrink([false, false]).show(ui, |ui| {
                let mut asked = None;
                for row in &mut self.rows {
                    let act = ui.push_id(row.id, |ui| row.show(ui, usual, tools)).inner;
                    asked = act.map(|act| (row.id, act)).or(asked);
                }
                if let Some((id, act)) = asked {
                    self.act(id, act, ui.ctx(), tools);
                }
            });
        });
        is_done || escapes(ui.ctx())
    }

    fn act(&mut self, id: DeviceId, act: Act, ctx: &Context, tools: &mut Tools) {
        match act {
            Act::Trust(trust) => {
                tools.ask(Command::Device { id, change: DeviceChange::Trust(trust) });
            }
            Act::Forget => {
                tools.ask(Command::Device { id, change: DeviceChange::Trust(Trust::Stranger) });
            }
            Act::Choose(start) => {
                self.choosing = Some(id);
                tools.pick(ctx, Purpose::Folder, Pick::Destination(start));
            }
            Act::Folder(folder) => keep_in(id, folder, tools),
            Act::Copy(text) => tools.copy(ctx, &text),
        }
    }
}

fn keep_in(id: DeviceId, folder: Option<PathBuf>, tools: &mut Tools) {
    tools.ask(Command::Device { id, change: DeviceChange::Folder(folder) });
}

fn rank(trust: Trust) -> u8 {
    match trust {
        Trust::Own => 0,
        Trust::Trusted => 1,
        Trust::Known => 2,
        Trust::Stranger => 3,
        Trust::Blocked => 4,
    }
}
