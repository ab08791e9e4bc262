//! A ring that fills: how far something is, where there is no room for a bar. Asks for no frame by itself.

use egui::{Color32, Painter, Pos2, Sense, Shape, Stroke, Ui, pos2, vec2};

use crate::gui::theme;

const STEPS: f32 = 48.0;

/// A ring in a square of this side. `fraction` is from 0 to 1; `None` where it isn't known. Without a node in the
/// accessibility tree: what it shows is said beside it.
pub fn ring(ui: &mut Ui, side: f32, fraction: Option<f32>, color: Color32) {
    let p = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(side, side), Sense::empty());
    paint_ring(ui.painter(), rect.center(), side / 2.0 - 3.0, fraction, (color, p.edge));
}

/// The same around a point; the colours of what is done and of its track.
pub fn paint_ring(
    painter: &Painter,
    center: Pos2,
    radius: f32,
    fraction: Option<f32>,
    (color, track): (Color32, Color32),
) {
    painter.circle_stroke(center, radius, Stroke::new(1.0, track));
    let fraction = fraction.unwrap_or(0.25).clamp(0.0, 1.0);
    if fraction <= 0.0 {
        return;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most STEPS")]
    let steps = (fraction * STEPS).ceil().max(1.0) as u16;
    let point = |step: u16| {
        let turn = f32::from(step) / f32::from(steps) * fraction;
        let angle = (turn - 0.25) * std::f32::consts::TAU;
        pos2(center.x + radius * angle.cos(), center.y + radius * angle.sin())
    };
    painter.add(Shape::line((0..=steps).map(point).collect(), Stroke::new(3.5, color)));
}
