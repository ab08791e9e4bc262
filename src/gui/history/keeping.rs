//! For how long the history keeps what it has recorded: chosen in a card.

use egui::Ui;

use crate::{
    engine::{Keep, Settings},
    gui::{
        settings_card::{Form, SettingsCard, Typed},
        theme,
        widgets::{choice, small},
    },
};

const CHOICES: [(Keep, &str); 5] = [
    (Keep::ForEver, "For ever"),
    (Keep::Days(365), "1 year"),
    (Keep::Days(90), "90 days"),
    (Keep::Days(30), "30 days"),
    (Keep::Off, "Never"),
];

pub struct Keeping {
    keep: Keep,
    /// What else it is: chosen elsewhere.
    other: Option<(Keep, String)>,
}

impl Keeping {
    pub fn card(settings: &Settings) -> SettingsCard<Self> {
        let keep = settings.history;
        let other = match keep {
            Keep::Days(days) if CHOICES.iter().all(|(choice, _)| *choice != keep) => {
                Some((keep, crate::model::text::count(days.into(), "day", "days")))
            }
            _ => None,
        };
        SettingsCard::new(Self { keep, other })
    }
}

impl Form for Keeping {
    const TITLE: &'static str = "Keep the history";
    const ABOUT: &'static str = "What is recorded of transfers stays on this device. The files themselves are never touched \
                                 by it.";

    fn show(&mut self, ui: &mut Ui, _: &mut Typed) {
        let faint = theme::palette(ui).faint;
        let mut among: Vec<(Keep, &str)> = CHOICES.to_vec();
        if let Some((keep, name)) = &self.other {
            among.insert(1, (*keep, name));
        }
        choice(ui, &mut self.keep, &among);
        let means = match self.keep {
            Keep::ForEver => "Everything stays until you remove it.",
            Keep::Days(_) => "What is older is removed for good.",
            Keep::Off => "Nothing is recorded from now on. What is there stays until you clear it.",
        };
        ui.label(small(means, faint));
    }

    fn settings(&self, settings: &Settings) -> Result<Settings, &'static str> {
        Ok(Settings { history: self.keep, ..settings.clone() })
    }
}
