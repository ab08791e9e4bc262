//! The page of what came and went: a field to search, chips to filter, the list, and one entry closely.
//!
//! Knows when the page is open, and what it has to hear of. Must not know what is on it.

mod around;
mod changes;
mod chips;
mod details;
mod elide;
mod filters;
mod keeping;
mod line;
mod list;
mod page;
mod pages;
mod questions;
mod rechecking;
mod search;
mod source;
mod states;
mod there;
mod thumbnails;
mod toolbar;
mod verifying;
mod worker;

use egui::{Context, Rect, Ui};

use self::{around::Around, page::Page};
pub use self::{
    page::Wish,
    source::{Find, Home, Past},
    thumbnails::Thumbnails,
};
use super::{settings_card::SettingsCard, tools::Tools};
use crate::engine::{Settings, Snapshot, Wake};

pub struct History {
    around: Around,
    page: Option<Page>,
}

impl History {
    pub fn new(past: Box<dyn Past>, wake: Wake) -> Self {
        Self { around: Around::new(past, wake), page: None }
    }

    pub fn is_open(&self) -> bool {
        self.page.is_some()
    }

    pub fn open(&mut self) {
        self.page = Some(Page::open(&self.around));
    }

    pub fn close(&mut self) {
        self.page = None;
        self.around.settings = None;
    }

    /// Takes note of who is known, and of what is recorded.
    pub fn hear(&mut self, snapshot: &Snapshot) {
        self.around.hear(snapshot);
    }

    /// Something was recorded or removed.
    pub fn changed(&mut self) {
        if let Some(page) = &mut self.page {
            page.changed();
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
        let wish = self.page.as_mut()?.show(ui, rect, &mut self.around, settings, tools);
        SettingsCard::show(&mut self.around.settings, ui.ctx(), settings, tools);
        wish
    }
}
