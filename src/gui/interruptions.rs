//! What is done about interrupted transfers: asked for above the transfers, chosen in a card.

use egui::{Context, Ui};

use super::{
    settings_card::{Form, SettingsCard, Typed},
    theme,
    tools::Tools,
    widgets::{Button, Field, Look, choice, small},
};
use crate::engine::{GoOn, Settings};

const HOURS: Field<'static> = Field { label: "Hours for which one is tried by itself", hint: "24" };
const DAYS: Field<'static> = Field { label: "Days after which what is left of it is removed", hint: "30" };

/// A year.
const MOST_HOURS: u32 = 8_760;
/// Ten years.
const MOST_DAYS: u32 = 3_650;

#[derive(Default)]
pub struct Interruptions {
    card: Option<SettingsCard<Rules>>,
}

struct Rules {
    go_on: GoOn,
    hours: String,
    days: String,
}

impl Interruptions {
    /// To be pressed for the card.
    pub fn button(&mut self, ui: &mut Ui, settings: &Settings) {
        if ui.add(Button::new("If interrupted…", Look::Quiet).named(Rules::TITLE).height(26.0)).clicked() {
            self.card = Some(SettingsCard::new(Rules {
                go_on: settings.go_on,
                hours: settings.patience.to_string(),
                days: settings.leftovers.to_string(),
            }));
        }
    }

    pub fn show(&mut self, ctx: &Context, settings: &Settings, tools: &mut Tools) {
        SettingsCard::show(&mut self.card, ctx, settings, tools);
    }
}

impl Form for Rules {
    const TITLE: &'static str = "Interrupted transfers";
    const ABOUT: &'static str = "When a link breaks, both devices go on by themselves as soon as they meet. What \
                                 an earlier run of Airlift has left can wait for you instead.";

    fn show(&mut self, ui: &mut Ui, typed: &mut Typed) {
        let faint = theme::palette(ui).faint;
        ui.label(small("After a restart of Airlift", faint).family(theme::medium()));
        choice(ui, &mut self.go_on, &[(GoOn::Always, "Go on by itself"), (GoOn::Ask, "Ask first")]);
        typed.line(ui, &mut self.hours, &HOURS);
        typed.line(ui, &mut self.days, &DAYS);
    }

    fn settings(&self, settings: &Settings) -> Result<Settings, &'static str> {
        let number =
            |text: &str, most| text.trim().parse::<u32>().ok().filter(|number| (1..=most).contains(number));
        let patience = number(&self.hours, MOST_HOURS).ok_or("Type the hours as a number from 1 to 8760.")?;
        let leftovers = number(&self.days, MOST_DAYS).ok_or("Type the days as a number from 1 to 3650.")?;
        Ok(Settings { go_on: self.go_on, patience, leftovers, ..settings.clone() })
    }
}
