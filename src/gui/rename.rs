//! Giving this device another name: asked for in the bar, typed in a card.

use egui::{Align, Context, Key, Layout, Modifiers, RichText};

use super::{
    theme,
    tools::Tools,
    widgets::{Button, Field, Look, field, modal, small},
};
use crate::{
    engine::{Command, Settings},
    model::{BadDeviceName, DeviceName},
};

/// The card, while it is open.
#[derive(Default)]
pub struct Rename(Option<Typing>);

struct Typing {
    text: String,
    problem: Option<BadDeviceName>,
    fresh: bool,
}

impl Rename {
    pub fn open(&mut self, name: &str) {
        self.0 = Some(Typing { text: name.to_owned(), problem: None, fresh: true });
    }

    pub fn show(&mut self, ctx: &Context, settings: &Settings, tools: &mut Tools) {
        let Some(typing) = &mut self.0 else { return };
        let p = theme::of(ctx.theme());
        let (mut save, mut close) = (false, false);
        modal(ctx, "Name this device", 400.0, |ui| {
            ui.label(RichText::new("Name this device").heading());
            ui.label(
                RichText::new("This is what other people read when it sends or receives.").color(p.faint),
            );
            ui.add_space(4.0);
            let line =
                field(ui, &mut typing.text, &Field { label: "Device name", hint: "Anna’s laptop" }, 0.0);
            if std::mem::take(&mut typing.fresh) {
                line.request_focus();
            }
            if line.changed() {
                typing.problem = None;
            }
            save |= line.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            if let Some(problem) = &typing.problem {
                ui.label(small(problem.to_string(), p.bad));
            }
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                close |= ui.add(Button::new("Keep the old name", Look::Plain).height(40.0)).clicked();
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    save |= ui.add(Button::new("Save name", Look::Primary).height(40.0)).clicked();
                });
            });
        });
        if save {
            match DeviceName::parse(&typing.text) {
                Ok(name) => {
                    let settings = Settings { device_name: Some(name), ..settings.clone() };
                    close |= tools.ask(Command::Apply(settings));
                }
                Err(problem) => typing.problem = Some(problem),
            }
        }
        if close || ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            self.0 = None;
        }
    }
}
