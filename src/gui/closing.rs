//! Closing the window: asks first while transfers run.

use egui::{Align, Context, Key, Layout, Modifiers, RichText, ViewportCommand};

use super::{
    theme,
    widgets::{Button, Look, modal},
};
use crate::model::text;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Closing {
    /// Nobody has asked to close it.
    #[default]
    No,
    /// The question stands.
    Asking,
    /// The person said yes.
    Yes,
}

impl Closing {
    /// Holds the window open while transfers run and the person hasn't agreed.
    pub fn update(&mut self, ctx: &Context, running: usize) {
        let wanted = ctx.input(|i| i.viewport().close_requested());
        match *self {
            Self::No | Self::Asking if wanted && running > 0 => {
                ctx.send_viewport_cmd(ViewportCommand::CancelClose);
                *self = Self::Asking;
            }
            // What the question was about has ended by itself.
            Self::Asking if running == 0 => *self = Self::No,
            _ => {}
        }
    }

    pub fn show(&mut self, ctx: &Context, running: usize) {
        if *self != Self::Asking {
            return;
        }
        let p = theme::of(ctx.theme());
        modal(ctx, "Close Airlift?", 400.0, |ui| {
            let what = text::count(running as u64, "transfer is", "transfers are");
            ui.label(RichText::new(format!("{what} not finished")).heading());
            let means =
                "If Airlift closes now, what is not finished is cancelled, and the other devices are told.";
            ui.label(RichText::new(means).color(p.faint));
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                if ui.add(Button::new("Cancel and close", Look::Danger).height(40.0)).clicked() {
                    *self = Self::Yes;
                    ui.ctx().send_viewport_cmd(ViewportCommand::Close);
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.add(Button::new("Keep running", Look::Primary).height(40.0)).clicked() {
                        *self = Self::No;
                    }
                });
            });
        });
        if ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            *self = Self::No;
        }
    }
}
