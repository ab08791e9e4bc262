//! A word in a pill: a state, said in passing.

use egui::{Color32, FontId, Response, Role, Sense, Ui, WidgetInfo, vec2};

use super::centered;
use crate::gui::theme;

/// Measured and allocated to the pixel: a frame in a row would be stretched to the row's height.
pub fn badge(ui: &mut Ui, text: &str, color: Color32, ground: Color32) -> Response {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), FontId::new(12.0, theme::medium()), color);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(18.0, 8.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    ui.painter().rect_filled(rect, rect.height() / 2.0, ground);
    centered(ui, rect, galley, color);
    response
}
