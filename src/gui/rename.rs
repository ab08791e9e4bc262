//! Giving this device another name: asked for in the bar, typed in a card.

use egui::Context;

use super::{
    line_card::{Done, LineCard, Words},
    tools::Tools,
    widgets::Field,
};
use crate::{
    engine::{Command, Settings},
    model::DeviceName,
};

const WORDS: Words = Words {
    title: "Name this device",
    about: "This is what other people read when it sends or receives.",
    field: Field { label: "Device name", hint: "Anna’s laptop" },
    keep: "Keep the old name",
    save: "Save name",
};

/// The card, while it is open.
#[derive(Default)]
pub struct Rename(Option<LineCard>);

impl Rename {
    pub fn open(&mut self, name: &str) {
        self.0 = Some(LineCard::new(name.to_owned()));
    }

    pub fn show(&mut self, ctx: &Context, settings: &Settings, tools: &mut Tools) {
        let Some(card) = &mut self.0 else { return };
        match card.show(ctx, &WORDS) {
            Done::Nothing => {}
            Done::Closed => self.0 = None,
            Done::Saved(text) => match DeviceName::parse(&text) {
                Ok(name) => {
                    let settings = Settings { device_name: Some(name), ..settings.clone() };
                    if tools.ask(Command::Apply(settings)) {
                        self.0 = None;
                    }
                }
                Err(problem) => card.refuse(problem.to_string()),
            },
        }
    }
}
