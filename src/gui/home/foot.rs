//! The bar at the foot of a narrow window: what goes on, always in sight.
//!
//! Knows the sum of what runs. Must not know single transfers.

use egui::{Align, Layout, Rect, Stroke, StrokeKind, Ui, vec2};

use crate::{
    engine::Settings,
    gui::{
        activity::Activity,
        receive_panel::ReceivePanel,
        theme,
        tools::Tools,
        widgets::{Button, Look, inside, line, ring, small, strong},
    },
};

/// Points.
pub const HEIGHT: f32 = 56.0;

/// True when the sheet is to be pulled up or let down.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    is_up: bool,
    activity: &Activity,
    receive: &mut ReceivePanel,
    settings: &Settings,
    tools: &mut Tools,
) -> bool {
    let p = theme::palette(ui);
    let sum = activity.sum();
    let edge = if sum.running > 0 { p.accent } else { p.edge };
    ui.painter().rect(
        rect,
        f32::from(theme::CARD_RADIUS),
        p.card,
        Stroke::new(1.0, edge),
        StrokeKind::Inside,
    );
    let mut pressed = false;
    inside(ui, rect.shrink2(vec2(12.0, 4.0)), |ui| {
        ui.horizontal_centered(|ui| {
            if sum.running > 0 {
                ring(ui, 32.0, sum.fraction, p.accent);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let (word, name) = if is_up { ("Hide", "Hide activity") } else { ("Show", "Show activity") };
                pressed = ui.add(Button::new(word, Look::Plain).named(name)).clicked();
                if !receive.is_on() && sum.running == 0 && !is_up {
                    ui.scope(|ui| {
                        ui.set_max_width(116.0);
                        receive.receive_button(ui, theme::CONTROL_HEIGHT, settings, tools);
                    });
                }
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    ui.add_space(if sum.about.is_empty() { 14.0 } else { 6.0 });
                    let resting = if receive.is_on() { "Receiving" } else { "Not receiving" };
                    let words = if sum.headline.is_empty() { resting } else { &sum.headline };
                    line(ui, strong(words));
                    if !sum.about.is_empty() {
                        line(ui, small(&sum.about, p.faint));
                    }
                });
            });
        });
    });
    pressed
}
