//! A box to tick, with what it is for beside it.

use egui::{
    CornerRadius, CursorIcon, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, TextStyle, TextWrapMode,
    Ui, WidgetInfo, WidgetText, accesskit, pos2, vec2,
};

use crate::gui::{icons, theme};

const SIDE: f32 = 18.0;
const GAP: f32 = 8.0;

/// How a box is ticked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    On,
    /// Some of what it stands for.
    Part,
    Off,
}

/// True when it was pressed.
pub fn tick(ui: &mut Ui, check: Check, text: &str) -> bool {
    let p = theme::palette(ui);
    let room = (ui.available_width() - SIDE - GAP).max(0.0);
    let galley = WidgetText::from(text).into_galley(ui, Some(TextWrapMode::Wrap), room, TextStyle::Body);
    let height = galley.size().y.max(theme::CONTROL_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(vec2(SIDE + GAP + galley.size().x, height), Sense::click());
    let response = as_box(ui, response, check, text);
    paint_box(ui, &response, pos2(rect.left() + SIDE / 2.0, rect.center().y), check);
    let at = pos2(rect.left() + SIDE + GAP, rect.center().y - galley.size().y / 2.0);
    let color = if ui.is_enabled() { p.text } else { p.faint };
    ui.painter().galley(at, galley, color);
    response.clicked()
}

/// Tells assistive technology that this is a box, and how it is ticked.
pub fn as_box(ui: &Ui, response: Response, check: Check, name: &str) -> Response {
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, enabled, check == Check::On, name));
    if check == Check::Part {
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_toggled(accesskit::Toggled::Mixed));
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// The box alone, its middle there.
pub fn paint_box(ui: &Ui, response: &Response, middle: Pos2, check: Check) {
    let p = theme::palette(ui);
    let rect = Rect::from_center_size(middle, vec2(SIDE, SIDE));
    let radius = CornerRadius::same(5);
    let (ground, line) = match check {
        Check::Off => (p.card, p.edge),
        Check::On | Check::Part => (p.accent, p.accent),
    };
    ui.painter().rect(rect, radius, ground, Stroke::new(1.5, line), StrokeKind::Inside);
    match check {
        Check::On => icons::CHECK.paint(ui.painter(), middle, 13.0, p.on_accent),
        Check::Part => {
            let bar = Rect::from_center_size(middle, vec2(8.0, 2.0));
            ui.painter().rect_filled(bar, CornerRadius::same(1), p.on_accent);
        }
        Check::Off => {}
    }
    if response.has_focus() {
        let ring = Stroke::new(2.0, p.accent);
        ui.painter().rect_stroke(rect.expand(3.0), CornerRadius::same(7), ring, StrokeKind::Inside);
    }
}
