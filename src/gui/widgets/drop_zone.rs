//! The dashed ground that files are dropped on.

use egui::{
    Align, CornerRadius, Layout, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};

use crate::gui::theme;

const RADIUS: f32 = 12.0;

/// Whether something is being dragged over the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drag {
    None,
    Over,
}

/// The desktop doesn't say where over the window a drag is, so the whole zone lights up.
pub fn drop_zone(ui: &mut Ui, height: f32, drag: Drag, layout: Layout, add: impl FnOnce(&mut Ui)) {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Group, true, "Drop files or folders here"));
    let lit = ui.ctx().animate_bool_responsive(response.id, drag == Drag::Over);
    let radius = CornerRadius::same(12);
    ui.painter().rect_filled(rect, radius, p.well.lerp_to_gamma(p.accent_soft, lit));
    let stroke = Stroke::new(1.5, p.edge.lerp_to_gamma(p.accent, lit));
    ui.painter().extend(Shape::dashed_line(&outline(rect.shrink(0.75)), stroke, 6.0, 5.0));
    let content = rect.shrink2(vec2(14.0, 6.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(content).layout(layout));
    if layout.main_dir() == egui::Direction::TopDown {
        child.set_width(content.width());
        debug_assert_eq!(layout.horizontal_align(), Align::Center);
    }
    add(&mut child);
}

fn outline(rect: Rect) -> Vec<Pos2> {
    const STEPS: u8 = 8;
    let corners = [
        (pos2(rect.right() - RADIUS, rect.top() + RADIUS), -90.0_f32),
        (pos2(rect.right() - RADIUS, rect.bottom() - RADIUS), 0.0),
        (pos2(rect.left() + RADIUS, rect.bottom() - RADIUS), 90.0),
        (pos2(rect.left() + RADIUS, rect.top() + RADIUS), 180.0),
    ];
    let mut points: Vec<Pos2> = corners
        .into_iter()
        .flat_map(|(center, from)| {
            (0..=STEPS).map(move |step| {
                let angle = (from + 90.0 * f32::from(step) / f32::from(STEPS)).to_radians();
                center + RADIUS * vec2(angle.cos(), angle.sin())
            })
        })
        .collect();
    points.extend(points.first().copied());
    points
}
