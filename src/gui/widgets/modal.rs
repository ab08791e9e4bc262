//! A question that stands in the way until it is answered or put aside.

use egui::{Context, CornerRadius, Frame, Id, Key, Margin, Modal, Modifiers, Stroke, Ui};

use crate::gui::theme;

/// True when the Escape key was pressed, and no question stands that it is for.
pub fn escapes(ctx: &Context) -> bool {
    ctx.memory(|memory| memory.top_modal_layer().is_none())
        && ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape))
}

/// A card over the dimmed window, at most `width` wide. `name` is what assistive technology calls it.
pub fn modal<R>(ctx: &Context, name: &'static str, width: f32, add: impl FnOnce(&mut Ui) -> R) -> R {
    let p = theme::of(ctx.theme());
    let frame = Frame::new()
        .fill(p.card)
        .stroke(Stroke::new(1.0, p.line))
        .corner_radius(CornerRadius::same(theme::CARD_RADIUS + 4))
        .shadow(p.modal_shadow())
        .inner_margin(Margin::same(22));
    let modal = Modal::new(Id::unique(name)).backdrop_color(p.scrim).frame(frame);
    let area = modal.area.clone().accessible_name(name);
    let room = ctx.content_rect().width() - 80.0;
    let shown = Modal { area, ..modal }.show(ctx, |ui| {
        ui.set_width(width.min(room));
        add(ui)
    });
    shown.inner
}
