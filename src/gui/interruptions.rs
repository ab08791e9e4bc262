//! What is done about interrupted transfers: asked for above the transfers, chosen in a card.

use egui::{Align, Context, Key, Layout, Modifiers, RichText, Ui};

use super::{
    theme,
    tools::Tools,
    widgets::{Button, Field, Look, choice, field, modal, small},
};
use crate::engine::{Command, GoOn, Settings};

const TITLE: &str = "Interrupted transfers";
const HOURS: Field<'static> = Field { label: "Hours for which one is tried by itself", hint: "24" };
const DAYS: Field<'static> = Field { label: "Days after which what is left of it is removed", hint: "30" };

/// A year.
const MOST_HOURS: u32 = 8_760;
/// Ten years.
const MOST_DAYS: u32 = 3_650;

#[derive(Default)]
pub struct Interruptions {
    card: Option<Card>,
}

struct Card {
    go_on: GoOn,
    hours: String,
    days: String,
    problem: Option<&'static str>,
}

impl Interruptions {
    /// To be pressed for the card.
    pub fn button(&mut self, ui: &mut Ui, settings: &Settings) {
        if ui.add(Button::new("If interrupted…", Look::Quiet).named(TITLE).height(26.0)).clicked() {
            self.card = Some(Card {
                go_on: settings.go_on,
                hours: settings.patience.to_string(),
                days: settings.leftovers.to_string(),
                problem: None,
            });
        }
    }

    pub fn show(&mut self, ctx: &Context, settings: &Settings, tools: &mut Tools) {
        let Some(card) = &mut self.card else { return };
        let (mut save, mut close) = (false, false);
        modal(ctx, TITLE, 420.0, |ui| (save, close) = card.show(ui));
        close |= ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape));
        if save {
            match card.settings(settings) {
                Ok(settings) => close |= tools.ask(Command::Apply(settings)),
                Err(problem) => card.problem = Some(problem),
            }
        }
        if close {
            self.card = None;
        }
    }
}

impl Card {
    /// Whether it is to be saved, and whether it is put aside.
    fn show(&mut self, ui: &mut Ui) -> (bool, bool) {
        let p = theme::palette(ui);
        ui.label(RichText::new(TITLE).heading());
        let about = "When a link breaks, both devices go on by themselves as soon as they meet. What an earlier \
                     run of Airlift has left can wait for you instead.";
        ui.label(RichText::new(about).color(p.faint));
        ui.add_space(4.0);
        ui.label(small("After a restart of Airlift", p.faint).family(theme::medium()));
        choice(ui, &mut self.go_on, &[(GoOn::Always, "Go on by itself"), (GoOn::Ask, "Ask first")]);
        let hours = field(ui, &mut self.hours, &HOURS, 0.0);
        let days = field(ui, &mut self.days, &DAYS, 0.0);
        if hours.changed() || days.changed() {
            self.problem = None;
        }
        let entered = hours.lost_focus() || days.lost_focus();
        let mut save = entered && ui.input(|i| i.key_pressed(Key::Enter));
        if let Some(problem) = self.problem {
            ui.label(small(problem, p.bad));
        }
        ui.add_space(8.0);
        let mut close = false;
        ui.horizontal(|ui| {
            close = ui.add(Button::new("Keep it as it was", Look::Plain).height(40.0)).clicked();
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                save |= ui.add(Button::new("Save", Look::Primary).height(40.0)).clicked();
            });
        });
        (save, close)
    }

    fn settings(&self, settings: &Settings) -> Result<Settings, &'static str> {
        let number =
            |text: &str, most| text.trim().parse::<u32>().ok().filter(|number| (1..=most).contains(number));
        let patience = number(&self.hours, MOST_HOURS).ok_or("Type the hours as a number from 1 to 8760.")?;
        let leftovers = number(&self.days, MOST_DAYS).ok_or("Type the days as a number from 1 to 3650.")?;
        Ok(Settings { go_on: self.go_on, patience, leftovers, ..settings.clone() })
    }
}
