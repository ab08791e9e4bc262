//! A card that asks for one line of text. Knows how it is typed, sent off and put aside; must not
//! know what it is for.

use egui::{Align, Context, Key, Layout, Modifiers, RichText};

use super::{
    theme,
    widgets::{Button, Field, Look, field, modal, small},
};

pub struct LineCard {
    text: String,
    problem: Option<String>,
    /// Takes the keyboard when it is next shown.
    fresh: bool,
}

/// What the card says.
pub struct Words {
    pub title: &'static str,
    pub about: &'static str,
    pub field: Field<'static>,
    pub keep: &'static str,
    pub save: &'static str,
}

/// What a person did with the card in this frame.
pub enum Done {
    Nothing,
    Saved(String),
    Closed,
}

impl LineCard {
    pub fn new(text: String) -> Self {
        Self { text, problem: None, fresh: true }
    }

    /// The text can't be saved, and why.
    pub fn refuse(&mut self, problem: String) {
        self.problem = Some(problem);
        self.fresh = true;
    }

    pub fn show(&mut self, ctx: &Context, words: &Words) -> Done {
        let p = theme::of(ctx.theme());
        let mut done = Done::Nothing;
        modal(ctx, words.title, 400.0, |ui| {
            ui.label(RichText::new(words.title).heading());
            ui.label(RichText::new(words.about).color(p.faint));
            ui.add_space(4.0);
            let line = field(ui, &mut self.text, &words.field, 0.0);
            if std::mem::take(&mut self.fresh) {
                line.request_focus();
            }
            if line.changed() {
                self.problem = None;
            }
            let mut save = line.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            if let Some(problem) = &self.problem {
                ui.label(small(problem, p.bad));
            }
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                if ui.add(Button::new(words.keep, Look::Plain).height(40.0)).clicked() {
                    done = Done::Closed;
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    save |= ui.add(Button::new(words.save, Look::Primary).height(40.0)).clicked();
                });
            });
            if save {
                done = Done::Saved(self.text.clone());
            }
        });
        if ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            done = Done::Closed;
        }
        done
    }
}
