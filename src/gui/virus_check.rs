//! Whether what comes is checked for viruses, and what is done with what can’t be: chosen in a card.

use egui::{Context, Ui};

use super::{
    settings_card::{Form, SettingsCard, Typed},
    theme,
    tools::Tools,
    widgets::{Field, choice, small},
};
use crate::{
    engine::Settings,
    model::{ScannerChoice, Unscanned},
};

const PLACE: Field<'static> =
    Field { label: "Socket or address of the scanner", hint: "/run/clamav/clamd.ctl, or 127.0.0.1:3310" };

const WHICH: [(Which, &str); 3] =
    [(Which::Automatic, "Automatic"), (Which::At, "Another"), (Which::Off, "Off")];

const UNSCANNED: [(Unscanned, &str); 3] =
    [(Unscanned::LetIn, "Let in and mark"), (Unscanned::Hold, "Hold"), (Unscanned::Refuse, "Refuse")];

#[derive(Default)]
pub struct VirusCheck {
    card: Option<SettingsCard<Rules>>,
}

struct Rules {
    which: Which,
    place: String,
    unscanned: Unscanned,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Automatic,
    At,
    Off,
}

impl VirusCheck {
    pub fn open(&mut self, settings: &Settings) {
        let (which, place) = match &settings.scanner {
            ScannerChoice::Automatic => (Which::Automatic, String::new()),
            ScannerChoice::Off => (Which::Off, String::new()),
            ScannerChoice::At(place) => (Which::At, place.to_string()),
        };
        self.card = Some(SettingsCard::new(Rules { which, place, unscanned: settings.when_unscanned }));
    }

    pub fn show(&mut self, ctx: &Context, settings: &Settings, tools: &mut Tools) {
        SettingsCard::show(&mut self.card, ctx, settings, tools);
    }
}

impl Form for Rules {
    const TITLE: &'static str = "Virus check";
    const ABOUT: &'static str = "What comes is checked by the virus scanner of this device (ClamAV’s clamd) before it gets \
                                 into your folder. What something is found in goes into quarantine.";

    fn show(&mut self, ui: &mut Ui, typed: &mut Typed) {
        let faint = theme::palette(ui).faint;
        let label = |ui: &mut Ui, text: &str| ui.label(small(text, faint).family(theme::medium()));
        label(ui, "Scanner");
        choice(ui, &mut self.which, &WHICH);
        match self.which {
            Which::Automatic => {
                ui.label(small(
                    "Whichever is found here. Where none ever was, nothing is checked or marked.",
                    faint,
                ));
            }
            Which::At => typed.line(ui, &mut self.place, &PLACE),
            Which::Off => {
                ui.label(small("Nothing is checked.", faint));
            }
        }
        if self.which == Which::Off {
            return;
        }
        ui.add_space(4.0);
        label(ui, "Files that could not be checked");
        choice(ui, &mut self.unscanned, &UNSCANNED);
        let means = match self.unscanned {
            Unscanned::LetIn => "They are stored as any other, and marked “Not checked” in the history.",
            Unscanned::Hold => "They wait in quarantine until they can be checked.",
            Unscanned::Refuse => "They are not taken. The other device is told why.",
        };
        ui.label(small(means, faint));
    }

    fn settings(&self, settings: &Settings) -> Result<Settings, &'static str> {
        let scanner = match self.which {
            Which::Automatic => ScannerChoice::Automatic,
            Which::Off => ScannerChoice::Off,
            Which::At => {
                let place = self.place.trim().parse().map_err(|_| {
                    "Type the whole path of the scanner’s socket, or its address in numbers, such as 127.0.0.1:3310."
                })?;
                ScannerChoice::At(place)
            }
        };
        Ok(Settings { scanner, when_unscanned: self.unscanned, ..settings.clone() })
    }
}
