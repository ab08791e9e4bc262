//! One file in quarantine: in words, and painted.

use egui::{Align, Label, Layout, Ui};

use crate::{
    gui::{
        icons, paths, theme,
        widgets::{Button, Look, line, small, strong, tile},
    },
    model::{
        Caught, QuarantineDeed, QuarantineId, QuarantineItem, QuarantinePlace,
        text::{self, visible},
    },
};

pub struct Row {
    item: QuarantineItem,
    name: String,
    /// What was found, or why it waits.
    why: String,
    /// Size, sender and time.
    about: String,
    whereto: String,
    state: State,
}

/// What a person is asked, or waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Rest,
    /// Whether it is really to be released.
    Releasing,
    /// Whether it is really to be deleted.
    Deleting,
    /// The engine is at it.
    Busy,
}

impl Row {
    pub fn new(item: QuarantineItem) -> Self {
        let name = match visible(&item.name) {
            name if name.is_empty() => "(without a name)".to_owned(),
            name => name.into_owned(),
        };
        let why = match &item.why {
            Some(Caught::Infected(found)) => format!("Found: {}", visible(found)),
            Some(Caught::Held(why)) => {
                let why = why.to_string();
                format!("Held until it can be checked for viruses: {}.", visible(&why).trim_end_matches('.'))
            }
            None => "What was noted of it is lost or damaged: nobody knows what it is. It can be deleted."
                .to_owned(),
        };
        let from = match visible(&item.from_name) {
            name if name.trim().is_empty() => "a device without a name".to_owned(),
            name => name.into_owned(),
        };
        let when = crate::gui::when::moment(item.since);
        let size = text::bytes(item.size);
        let (about, whereto) = match &item.why {
            Some(_) => (
                format!("{size} · from {from} · {when}"),
                format!("Meant for {}", paths::shown(&item.folder.join(&item.path))),
            ),
            None => (format!("{size} · {when}"), "Of unknown origin".to_owned()),
        };
        Self { item, name, why, about, whereto, state: State::Rest }
    }

    /// The same row, of what is known of it now.
    pub fn with(self, item: QuarantineItem) -> Self {
        Self { state: self.state, ..Self::new(item) }
    }

    pub fn id(&self) -> &QuarantineId {
        &self.item.id
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn begin(&mut self) {
        self.state = State::Busy;
    }

    pub fn done(&mut self) {
        if self.state == State::Busy {
            self.state = State::Rest;
        }
    }

    pub fn show(&mut self, ui: &mut Ui) -> Option<QuarantineDeed> {
        let p = theme::palette(ui);
        ui.add_space(8.0);
        let rule = ui.visuals().widgets.noninteractive.bg_stroke;
        ui.painter().hline(ui.max_rect().x_range(), ui.cursor().top() - 6.0, rule);
        let is_infected = matches!(self.item.why, Some(Caught::Infected(_)));
        let (color, ground) = if is_infected { (p.bad, p.bad_soft) } else { (p.warn, p.well) };
        let mut asked = None;
        ui.horizontal_top(|ui| {
            tile(ui, icons::QUARANTINE, 40.0, color, ground);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                line(ui, strong(&self.name).size(15.0));
                ui.add(Label::new(small(&self.why, color)).wrap());
                ui.add(Label::new(small(&self.about, p.faint)).wrap());
                line(ui, small(&self.whereto, p.faint));
                if self.item.place == QuarantinePlace::Away {
                    let away =
                        "The disk that it lies on is not here. Connect it to do something with the file.";
                    ui.add(Label::new(small(away, p.warn)).wrap());
                }
                ui.add_space(6.0);
                asked = self.deeds(ui);
            });
        });
        ui.add_space(6.0);
        asked
    }

    fn deeds(&mut self, ui: &mut Ui) -> Option<QuarantineDeed> {
        let p = theme::palette(ui);
        let is_infected = matches!(self.item.why, Some(Caught::Infected(_)));
        match self.state {
            State::Busy => {
                ui.label(small("One moment…", p.faint));
                None
            }
            State::Rest => {
                let is_here = self.item.place == QuarantinePlace::Here;
                ui.add_enabled_ui(is_here, |ui| ui.horizontal_wrapped(|ui| self.choices(ui)).inner).inner
            }
            State::Releasing => {
                let warning = if is_infected {
                    "A virus was found in this file. Released, it stands in your folder, and whoever opens it may do \
                     harm to this device. Release it only if you know for certain that the scanner is wrong."
                } else {
                    "Nobody has checked this file. Released, it stands in your folder as any other. Release it only if \
                     you trust where it comes from."
                };
                ui.add(Label::new(small(warning, p.bad)).wrap());
                self.really(ui, "Release it all the same", "Really release", QuarantineDeed::Release)
            }
            State::Deleting => {
                ui.add(
                    Label::new(small("It is removed for good, and can’t be brought back.", p.faint)).wrap(),
                );
                self.really(ui, "Delete it", "Really delete", QuarantineDeed::Delete)
            }
        }
    }

    fn choices(&mut self, ui: &mut Ui) -> Option<QuarantineDeed> {
        let name = &self.name;
        let mut asked = None;
        let named = |word: &str| format!("{word} {name}");
        if ui.add(Button::new("Delete…", Look::Danger).named(&named("Delete"))).clicked() {
            self.state = State::Deleting;
        }
        // Of what nothing is known nothing else can be done.
        if self.item.why.is_none() {
            return asked;
        }
        if ui.add(Button::new("Check again", Look::Plain).named(&named("Check again:"))).clicked() {
            asked = Some(QuarantineDeed::Rescan);
        }
        if ui.add(Button::new("Release…", Look::Quiet).named(&named("Release"))).clicked() {
            self.state = State::Releasing;
        }
        asked
    }

    /// The second press, where the first was not: a double click does nothing.
    fn really(
        &mut self,
        ui: &mut Ui,
        text: &str,
        name: &str,
        deed: QuarantineDeed,
    ) -> Option<QuarantineDeed> {
        let mut asked = None;
        let name = format!("{name} {}", self.name);
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            let keep = format!("Keep {} in quarantine", self.name);
            if ui.add(Button::new("Keep it here", Look::Primary).named(&keep)).clicked() {
                self.state = State::Rest;
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.add(Button::new(text, Look::Danger).named(&name)).clicked() {
                    asked = Some(deed);
                }
            });
        });
        asked
    }
}
