//! Small parts that several panels are made of. Each says its role and name to assistive
//! technology. Knows the theme; must not know devices, files or transfers.

mod badge;
mod button;
mod choice;
mod drop_zone;
mod field;
mod modal;
mod progress;
mod ring;
mod tick;

use egui::{
    Align, Align2, Color32, CornerRadius, Frame, Label, Layout, Margin, Rect, Response, RichText, Sense,
    Stroke, Ui, UiBuilder, pos2, vec2,
};

pub use badge::badge;
pub use button::{Button, Look, icon_button};
pub use choice::choice;
pub use drop_zone::{Drag, drop_zone};
pub use field::{Field, field, unlabelled};
pub use modal::{escapes, modal};
pub use progress::progress;
pub use ring::{paint_ring, ring};
pub use tick::{Check, as_box, paint_box, tick};

use super::{icons::Icon, theme};

/// A card across the given rectangle, its content inside the padding.
pub fn card<R>(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui) -> R) -> R {
    let p = theme::palette(ui);
    let frame = Frame::new()
        .fill(p.card)
        .stroke(Stroke::new(1.0, p.line))
        .corner_radius(CornerRadius::same(theme::CARD_RADIUS))
        .shadow(p.card_shadow())
        .inner_margin(Margin::same(theme::CARD_PADDING));
    ui.painter().add(frame.paint(rect.shrink(f32::from(theme::CARD_PADDING))));
    inside(ui, rect.shrink(f32::from(theme::CARD_PADDING)), add)
}

/// Lays out from the top inside a rectangle without claiming space in `ui`.
pub fn inside<R>(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui) -> R) -> R {
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min)));
    add(&mut child)
}

/// What is left above a strip of this height at the bottom, and the strip.
pub fn split_bottom(rect: Rect, height: f32) -> (Rect, Rect) {
    let line = rect.bottom() - height;
    (
        Rect::from_min_max(rect.min, pos2(rect.right(), line)),
        Rect::from_min_max(pos2(rect.left(), line), rect.max),
    )
}

pub fn title(ui: &mut Ui, text: &str) {
    let label = ui.add(Label::new(RichText::new(text).heading()));
    ui.ctx().accesskit_node_builder(label.id, |node| {
        node.set_role(egui::accesskit::Role::Heading);
        node.set_label(text);
    });
}

/// Text in the colour of what explains, small.
pub fn small(text: impl Into<String>, color: Color32) -> RichText {
    RichText::new(text).size(theme::SMALL).color(color)
}

pub fn strong(text: impl Into<String>) -> RichText {
    RichText::new(text).family(theme::medium())
}

/// One line that is cut where the room ends; the whole text is then in the tooltip.
pub fn line(ui: &mut Ui, text: RichText) -> Response {
    ui.add(Label::new(text).truncate().show_tooltip_when_elided(true))
}

/// An icon without a node in the accessibility tree.
pub fn icon(ui: &mut Ui, icon: Icon, size: f32, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(size, size), Sense::empty());
    icon.paint(ui.painter(), rect.center(), size, color);
}

/// An icon on a rounded ground.
pub fn tile(ui: &mut Ui, icon: Icon, size: f32, color: Color32, ground: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(size, size), Sense::empty());
    ui.painter().rect_filled(rect, size * 0.28, ground);
    icon.paint(ui.painter(), rect.center(), size * 0.52, color);
}

/// Airlift's mark, as in `assets/icon.svg`.
pub fn mark(ui: &mut Ui, size: f32) {
    let p = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(size, size), Sense::empty());
    ui.painter().rect_filled(rect, size * 0.24, p.accent);
    let at = |x: f32, y: f32| rect.min + vec2(x, y) * (size / 256.0);
    let wing = |points: Vec<egui::Pos2>, color| {
        ui.painter().add(egui::Shape::convex_polygon(points, color, Stroke::NONE));
    };
    wing(vec![at(204.0, 52.0), at(44.0, 116.0), at(101.0, 146.0)], p.on_accent);
    wing(vec![at(204.0, 52.0), at(101.0, 146.0), at(130.0, 206.0)], p.on_accent.gamma_multiply(0.7));
}

/// Says what the room is for while there is nothing in it.
pub fn placeholder(ui: &mut Ui, icon: Icon, text: &str) {
    let p = theme::palette(ui);
    let rect = ui.available_rect_before_wrap();
    let height = 58.0_f32.min(rect.height());
    let middle = Rect::from_center_size(rect.center(), vec2(rect.width(), height));
    icon.paint(ui.painter(), pos2(middle.center().x, middle.top() + 15.0), 30.0, p.edge);
    let label = Rect::from_min_max(pos2(middle.left(), middle.top() + 36.0), middle.max);
    ui.put(label, Label::new(RichText::new(text).color(p.faint)).halign(Align::Center));
    ui.advance_cursor_after_rect(rect);
}

/// The size and place of a text in the middle of a rectangle.
fn centered(ui: &Ui, rect: Rect, galley: std::sync::Arc<egui::Galley>, color: Color32) {
    let at = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), rect).min;
    ui.painter().galley(at, galley, color);
}
