//! When a person is asked about an offer: asked for in the Receive panel, chosen in a card.

use egui::{Context, Ui};

use super::{
    settings_card::{Form, SettingsCard, Typed},
    theme,
    tools::Tools,
    widgets::{Field, choice, small},
};
use crate::{
    engine::{AcceptRule, QuietHours, Settings},
    model::text,
};

const RULES: [(AcceptRule, &str); 2] =
    [(AcceptRule::Trusted, "Not about trusted devices"), (AcceptRule::Ask, "About every offer")];

const ABOVE: Field<'static> = Field { label: "Asked even so from this size on", hint: "Never, or 10 GB" };
const FROM: Field<'static> = Field { label: "Quiet from", hint: "22:00" };
const TO: Field<'static> = Field { label: "Quiet until", hint: "07:00" };

#[derive(Default)]
pub struct Accepting {
    card: Option<SettingsCard<Rules>>,
}

struct Rules {
    rule: AcceptRule,
    above: String,
    from: String,
    to: String,
}

impl Accepting {
    pub fn open(&mut self, settings: &Settings) {
        let time =
            |pick: fn(QuietHours) -> u16| settings.quiet.map_or_else(String::new, |quiet| clock(pick(quiet)));
        self.card = Some(SettingsCard::new(Rules {
            rule: settings.accept,
            above: settings.ask_above.map_or_else(String::new, amount),
            from: time(|quiet| quiet.from),
            to: time(|quiet| quiet.to),
        }));
    }

    pub fn show(&mut self, ctx: &Context, settings: &Settings, tools: &mut Tools) {
        SettingsCard::show(&mut self.card, ctx, settings, tools);
    }
}

impl Form for Rules {
    const TITLE: &'static str = "When you are asked";
    const ABOUT: &'static str = "Which devices are trusted is set on the page Devices. What a device sends that \
                                 has the name of another one you know is always asked about.";

    fn show(&mut self, ui: &mut Ui, typed: &mut Typed) {
        choice(ui, &mut self.rule, &RULES);
        typed.line(ui, &mut self.above, &ABOVE);
        ui.columns(2, |sides| {
            typed.line(&mut sides[0], &mut self.from, &FROM);
            typed.line(&mut sides[1], &mut self.to, &TO);
        });
        let faint = theme::palette(ui).faint;
        ui.label(small(
            "In quiet hours, what you would be asked about is declined. Empty: there are none.",
            faint,
        ));
    }

    fn settings(&self, settings: &Settings) -> Result<Settings, &'static str> {
        let ask_above = match self.above.trim() {
            "" => None,
            typed => match parse_size::parse_size(typed) {
                Ok(size) if size > 0 => Some(size),
                _ => return Err("Type the size like 500 MB or 10 GB, or leave it empty."),
            },
        };
        let quiet = match (self.from.trim(), self.to.trim()) {
            ("", "") => None,
            (from, to) => {
                let times = minute(from).zip(minute(to)).filter(|(from, to)| from != to);
                let (from, to) =
                    times.ok_or("Type both times, such as 22:00 and 07:00, or leave both empty.")?;
                Some(QuietHours { from, to })
            }
        };
        Ok(Settings { accept: self.rule, ask_above, quiet, ..settings.clone() })
    }
}

/// A number of bytes that reads back as it is.
fn amount(bytes: u64) -> String {
    let shown = text::bytes(bytes);
    if parse_size::parse_size(&shown) == Ok(bytes) { shown } else { bytes.to_string() }
}

/// `22:00`
fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Minutes after midnight of `22:00`, `7:5` or `22`.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once([':', '.']).unwrap_or((text, "0"));
    let number = |text: &str, below| text.trim().parse::<u16>().ok().filter(|number| *number < below);
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_understood_as_it_is_shown_and_as_people_type_it() {
        for (typed, expected) in
            [("22:00", 1320), ("7:05", 425), ("7.05", 425), ("0:00", 0), ("23:59", 1439), ("6", 360)]
        {
            assert_eq!(minute(typed), Some(expected), "{typed}");
            assert_eq!(minute(&clock(expected)), Some(expected));
        }
        for bad in ["", "24:00", "7:60", "-1:00", "seven", "7:", ":30"] {
            assert_eq!(minute(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_size_reads_back_as_it_was() {
        for bytes in [1, 999, 1000, 1_234_567, 10_000_000_000, u64::MAX] {
            assert_eq!(parse_size::parse_size(amount(bytes)), Ok(bytes));
        }
    }
}
