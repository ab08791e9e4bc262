//! One of a few words, side by side.

use egui::{
    CornerRadius, CursorIcon, Rect, Role, Sense, Stroke, StrokeKind, TextStyle, TextWrapMode, Ui, WidgetInfo,
    WidgetText, pos2, vec2,
};

use super::centered;
use crate::gui::theme;

/// True when the choice changed.
pub fn choice<T: Copy + PartialEq>(ui: &mut Ui, chosen: &mut T, among: &[(T, &str)]) -> bool {
    let p = theme::palette(ui);
    let (whole, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), theme::CONTROL_HEIGHT), Sense::hover());
    let radius = CornerRadius::same(theme::CONTROL_RADIUS);
    ui.painter().rect(whole, radius, p.well, Stroke::new(1.0, p.edge), StrokeKind::Inside);
    #[expect(clippy::cast_precision_loss, reason = "a few words")]
    let step = whole.width() / among.len() as f32;
    let mut changed = false;
    let mut left = whole.left();
    for (value, text) in among {
        let rect = Rect::from_min_size(pos2(left, whole.top()), vec2(step, whole.height()));
        left += step;
        let response = ui.interact(rect, ui.scope_id().with(text), Sense::click());
        let selected = *chosen == *value;
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), selected, text));
        if selected {
            let line = Stroke::new(1.0, p.accent);
            ui.painter().rect(rect.shrink(2.0), radius, p.accent_soft, line, StrokeKind::Inside);
        }
        if response.has_focus() {
            ui.painter().rect_stroke(rect, radius, Stroke::new(2.0, p.accent), StrokeKind::Inside);
        }
        let color = if selected { p.accent } else { p.text };
        let galley = WidgetText::from(*text).into_galley(
            ui,
            Some(TextWrapMode::Truncate),
            step - 12.0,
            TextStyle::Button,
        );
        centered(ui, rect, galley, color);
        if response.on_hover_cursor(CursorIcon::PointingHand).clicked() && !selected {
            *chosen = *value;
            changed = true;
        }
    }
    changed
}
