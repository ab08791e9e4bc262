//! A card with a few settings that belong together. Knows how they are saved, refused and left as
//! they were; must not know which ones they are.

use egui::{Align, Context, Key, Layout, Modifiers, Response, RichText, Ui};

use super::{
    theme,
    tools::Tools,
    widgets::{Button, Field, Look, field, modal, small},
};
use crate::engine::{Command, Settings};

/// What is on the card.
pub trait Form {
    const TITLE: &'static str;
    const ABOUT: &'static str;

    fn show(&mut self, ui: &mut Ui, typed: &mut Typed);

    /// These settings, with what the form says.
    ///
    /// # Errors
    /// What is to be typed instead.
    fn settings(&self, settings: &Settings) -> Result<Settings, &'static str>;
}

/// What a person did in the lines of a form in this frame.
#[derive(Default)]
pub struct Typed {
    changed: bool,
    left: bool,
}

impl Typed {
    pub fn line(&mut self, ui: &mut Ui, text: &mut String, about: &Field<'_>) {
        let line: Response = field(ui, text, about, 0.0);
        self.changed |= line.changed();
        self.left |= line.lost_focus();
    }
}

pub struct SettingsCard<F> {
    form: F,
    problem: Option<&'static str>,
}

enum Word {
    Save,
    Keep,
}

impl<F: Form> SettingsCard<F> {
    pub fn new(form: F) -> Self {
        Self { form, problem: None }
    }

    /// Shows the card, if there is one; it is gone once its settings are saved, or left as they were.
    pub fn show(card: &mut Option<Self>, ctx: &Context, settings: &Settings, tools: &mut Tools) {
        let Some(open) = card else { return };
        let mut said = modal(ctx, F::TITLE, 420.0, |ui| open.ask(ui));
        if ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            said = Some(Word::Keep);
        }
        let is_over = match said {
            None => false,
            Some(Word::Keep) => true,
            Some(Word::Save) => match open.form.settings(settings) {
                Ok(settings) => tools.ask(Command::Apply(settings)),
                Err(problem) => {
                    open.problem = Some(problem);
                    false
                }
            },
        };
        if is_over {
            *card = None;
        }
    }

    fn ask(&mut self, ui: &mut Ui) -> Option<Word> {
        let p = theme::palette(ui);
        ui.label(RichText::new(F::TITLE).heading());
        ui.label(RichText::new(F::ABOUT).color(p.faint));
        ui.add_space(4.0);
        let mut typed = Typed::default();
        self.form.show(ui, &mut typed);
        if typed.changed {
            self.problem = None;
        }
        let mut said = (typed.left && ui.input(|i| i.key_pressed(Key::Enter))).then_some(Word::Save);
        if let Some(problem) = self.problem {
            ui.label(small(problem, p.bad));
        }
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            if ui.add(Button::new("Keep it as it was", Look::Plain).height(40.0)).clicked() {
                said = Some(Word::Keep);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.add(Button::new("Save", Look::Primary).height(40.0)).clicked() {
                    said = Some(Word::Save);
                }
            });
        });
        said
    }
}
