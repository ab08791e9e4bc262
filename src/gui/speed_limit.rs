//! The speed limit: shown and asked for above the transfers, typed in a card.

use egui::{Context, Ui};

use super::{
    line_card::{Done, LineCard, Words},
    tools::Tools,
    widgets::{Button, Field, Look},
};
use crate::{
    engine::{Command, Settings},
    model::{BadByteRate, ByteRate},
};

const WORDS: Words = Words {
    title: "Speed limit",
    about: "All transfers together send no faster than this, and receive no faster. Leave it empty for no limit.",
    field: Field { label: "The most in a second", hint: "20 MB/s" },
    keep: "Keep it as it was",
    save: "Save limit",
};

#[derive(Default)]
pub struct SpeedLimit {
    shown: String,
    card: Option<LineCard>,
}

impl SpeedLimit {
    pub fn hear(&mut self, settings: &Settings) {
        self.shown = settings
            .limit
            .map_or_else(|| "No speed limit".to_owned(), |limit| format!("Speed limit {limit}"));
    }

    /// The limit as it is, to be pressed for another.
    pub fn button(&mut self, ui: &mut Ui, settings: &Settings) {
        if ui.add(Button::new(&self.shown, Look::Quiet).height(26.0)).clicked() {
            let limit = settings.limit.map_or_else(String::new, |limit| limit.to_string());
            self.card = Some(LineCard::new(limit));
        }
    }

    pub fn show(&mut self, ctx: &Context, settings: &Settings, tools: &mut Tools) {
        let Some(card) = &mut self.card else { return };
        match card.show(ctx, &WORDS) {
            Done::Nothing => {}
            Done::Closed => self.card = None,
            Done::Saved(text) => match limit(&text) {
                Ok(limit) => {
                    if tools.ask(Command::Apply(Settings { limit, ..settings.clone() })) {
                        self.card = None;
                    }
                }
                Err(problem) => card.refuse(problem.to_string()),
            },
        }
    }
}

fn limit(text: &str) -> Result<Option<ByteRate>, BadByteRate> {
    if text.trim().is_empty() { Ok(None) } else { text.parse().map(Some) }
}
