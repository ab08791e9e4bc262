//! “Can’t see a device?”: what is found out about that, and how to send all the same.

use egui::{Align, Context, Key, Label, Layout, Modifiers, RichText, ScrollArea, Ui};
use tokio::sync::oneshot::{self, error::TryRecvError};

use super::{
    icons, theme,
    tools::Tools,
    widgets::{Button, Look, icon, modal, small, strong},
};
use crate::{
    engine::{
        Command,
        doctor::{Finding, Health},
    },
    model::text,
};

const TITLE: &str = "Can’t see a device?";

/// What a person can do whatever was found.
const ADVICE: [&str; 3] = [
    "On the other device, open Airlift and press Receive. Only devices that receive are in sight.",
    "Both must be on the same network. Guest networks and VPNs often keep devices apart.",
    "Whatever is in the way: type an address that the other device shows into To, such as 192.168.1.20, or a code, such as 7-lantern-orbit.",
];

#[derive(Default)]
pub struct Unseen(Sheet);

#[derive(Default)]
enum Sheet {
    #[default]
    Closed,
    Looking(oneshot::Receiver<Vec<Finding>>),
    Found(Vec<Finding>),
    /// The engine didn’t say.
    Unknown,
}

impl Unseen {
    pub fn open(&mut self, tools: &mut Tools) {
        let (reply, answer) = oneshot::channel();
        let is_heard = tools.ask(Command::Examine { reply });
        self.0 = if is_heard { Sheet::Looking(answer) } else { Sheet::Unknown };
    }

    /// Takes the answer once it is there.
    pub fn update(&mut self) {
        if let Sheet::Looking(answer) = &mut self.0 {
            match answer.try_recv() {
                Ok(findings) => self.0 = Sheet::Found(findings),
                Err(TryRecvError::Closed) => self.0 = Sheet::Unknown,
                Err(TryRecvError::Empty) => {}
            }
        }
    }

    pub fn show(&mut self, ctx: &Context, tools: &mut Tools) {
        if matches!(self.0, Sheet::Closed) {
            return;
        }
        let (mut again, mut close) = (false, false);
        modal(ctx, TITLE, 500.0, |ui| {
            ui.label(RichText::new(TITLE).heading());
            let room = (ctx.content_rect().height() - 210.0).max(80.0);
            ScrollArea::vertical().id_salt("unseen").max_height(room).show(ui, |ui| {
                ui.set_width(ui.available_width());
                self.body(ui);
            });
            ui.add_space(6.0);
            ui.horizontal(|ui| {
                again = ui.add(Button::new("Look again", Look::Plain).height(40.0)).clicked();
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    close = ui.add(Button::new("Close", Look::Primary).height(40.0)).clicked();
                });
            });
        });
        if again {
            self.open(tools);
        }
        if close || ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            self.0 = Sheet::Closed;
        }
    }

    fn body(&self, ui: &mut Ui) {
        let p = theme::palette(ui);
        match &self.0 {
            Sheet::Closed => {}
            Sheet::Looking(_) => {
                ui.label(RichText::new("Looking what may be in the way…").color(p.faint));
            }
            Sheet::Unknown => {
                ui.label(RichText::new("What may be in the way could not be found out.").color(p.warn));
            }
            Sheet::Found(findings) => {
                // What is in the way comes first.
                for state in [Health::Bad, Health::Doubtful, Health::Fine] {
                    findings.iter().filter(|finding| finding.state == state).for_each(|f| finding(ui, f));
                }
            }
        }
        ui.add_space(6.0);
        ui.label(strong("What always helps"));
        for advice in ADVICE {
            ui.add(Label::new(RichText::new(advice).color(p.faint)).wrap());
        }
    }
}

fn finding(ui: &mut Ui, finding: &Finding) {
    let p = theme::palette(ui);
    let (image, color) = match finding.state {
        Health::Fine => (icons::CHECK_CIRCLE, p.good),
        Health::Doubtful => (icons::WARNING, p.warn),
        Health::Bad => (icons::PROHIBIT, p.bad),
    };
    ui.horizontal_top(|ui| {
        icon(ui, image, 20.0, color);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            ui.label(strong(finding.about));
            ui.add(Label::new(small(text::visible(&finding.text), p.faint)).wrap());
        });
    });
}
