//! A thin bar that never asks for a frame by itself: whoever samples decides when it moves.

use egui::{Color32, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use crate::gui::theme;

const HEIGHT: f32 = 6.0;

/// `fraction` is from 0 to 1; `None` where it isn't known.
pub fn progress(ui: &mut Ui, fraction: Option<f32>, color: Color32, name: &str) -> Response {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    response.widget_info(|| WidgetInfo {
        label: Some(name.to_owned()),
        value: fraction.map(|f| f64::from(f * 100.0).round()),
        ..WidgetInfo::new(Role::ProgressIndicator)
    });
    let edge = Stroke::new(1.0, p.edge);
    ui.painter().rect(rect, HEIGHT / 2.0, p.raised, edge, StrokeKind::Inside);
    match fraction {
        Some(fraction) if fraction > 0.0 => {
            let width = (rect.width() * fraction.clamp(0.0, 1.0)).max(HEIGHT);
            let done = Rect::from_min_size(rect.min, vec2(width, HEIGHT));
            ui.painter().rect_filled(done, HEIGHT / 2.0, color);
        }
        Some(_) => {}
        None => {
            ui.painter().rect_filled(rect, HEIGHT / 2.0, color.gamma_multiply(0.35));
        }
    }
    response
}
