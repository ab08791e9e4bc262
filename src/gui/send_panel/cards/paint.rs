//! Paints a device's card.
//!
//! Knows what a card says. Must not know what a press does.

use egui::{
    Align, CornerRadius, FontId, Layout, Rect, Response, RichText, Stroke, StrokeKind, TextStyle,
    TextWrapMode, Ui, UiBuilder, WidgetText, pos2, vec2,
};

use super::card::{Card, Sight};
use crate::{
    gui::{
        activity::{Ring, RingState},
        icons::{self, Icon},
        theme,
        widgets::{Drag, paint_ring, small},
    },
    model::{Sighting, Trust},
};

const RADIUS: f32 = 18.0;

/// How a card is at this moment.
pub struct Marks<'a> {
    pub response: &'a Response,
    pub more: &'a Response,
    /// What is sent to it.
    pub ring: Option<&'a Ring>,
    pub drag: Drag,
}

pub fn card(ui: &Ui, place: Rect, card: &Card, marks: &Marks<'_>) {
    let p = theme::palette(ui);
    let can = card.can_be_sent_to();
    let is_pointed_at = marks.response.hovered() || marks.more.hovered();
    let lit = ui.ctx().animate_bool_responsive(marks.response.id, can && is_pointed_at);
    let runs = marks.ring.is_some_and(|ring| ring.state == RingState::Runs);
    let ground = if runs { p.accent_soft } else { p.card.lerp_to_gamma(p.raised, lit) };
    let is_target = can && marks.drag == Drag::Over;
    let line = if runs || is_target { p.accent } else { p.edge.lerp_to_gamma(p.edge_strong, lit) };
    let radius = CornerRadius::same(11);
    ui.painter().rect(place, radius, ground, Stroke::new(1.0, line), StrokeKind::Inside);
    for part in [marks.response, marks.more] {
        if part.has_focus() {
            ui.painter().rect_stroke(part.rect, radius, Stroke::new(2.5, p.accent), StrokeKind::Inside);
        }
    }
    let faded = if can { 1.0 } else { 0.6 };
    let middle = pos2(place.left() + 32.0, place.center().y);
    ui.painter().circle_filled(middle, RADIUS, theme::of_kind(card.kind).gamma_multiply(faded));
    Icon::of_device(card.kind).paint(ui.painter(), middle, 20.0, egui::Color32::WHITE);
    if let Some(ring) = marks.ring {
        let (fraction, color) = match ring.state {
            RingState::Runs => (ring.fraction.or(Some(0.0)), p.accent),
            RingState::Done => (Some(1.0), p.good),
            RingState::Failed => (Some(1.0), p.bad),
        };
        paint_ring(ui.painter(), middle, RADIUS + 5.0, fraction, (color, p.edge));
    }
    let color = if marks.more.hovered() { p.text } else { p.faint };
    icons::DOTS.paint(ui.painter(), marks.more.rect.center(), 18.0, color);

    let left = place.left() + 62.0;
    let room = marks.more.rect.left() - left;
    let mark = match card.trust {
        Trust::Own => Some((icons::STAR, p.accent)),
        Trust::Trusted => Some((icons::SHIELD, p.good)),
        Trust::Known => Some((icons::CHECK, p.good)),
        Trust::Stranger | Trust::Blocked => None,
    };
    let beside = if mark.is_some() { 18.0 } else { 0.0 };
    let name = WidgetText::from(RichText::new(&card.name).family(theme::medium()));
    let name = name.into_galley(ui, Some(TextWrapMode::Truncate), room - beside, TextStyle::Body);
    let upper = place.top() + 22.0;
    let end = left + name.size().x;
    let ink = if can { p.text } else { p.faint };
    ui.painter().galley(pos2(left, upper - name.size().y / 2.0), name, ink);
    if let Some((image, color)) = mark {
        image.paint(ui.painter(), pos2(end + 10.0, upper), 14.0, color);
    }
    let (words, color) = match marks.ring {
        Some(ring) => match ring.state {
            RingState::Runs => (&ring.words, p.accent),
            RingState::Done => (&ring.words, p.good),
            RingState::Failed => (&ring.words, p.bad),
        },
        None if card.sighting == Sighting::Disproved => (&card.line, p.bad),
        None => (&card.line, p.faint),
    };
    let words = WidgetText::from(RichText::new(words).font(FontId::proportional(theme::SMALL)));
    let words =
        words.into_galley(ui, Some(TextWrapMode::Truncate), place.right() - left - 8.0, TextStyle::Small);
    ui.painter().galley(pos2(left, place.top() + 42.0 - words.size().y / 2.0), words, color);
}

/// Says why no card is there.
pub fn nobody(ui: &mut Ui, sight: Sight) {
    let p = theme::palette(ui);
    let (text, color) = match sight {
        Sight::Clear => {
            ("No device is in sight. Devices appear here by themselves as soon as they receive.", p.faint)
        }
        Sight::Barred => (
            "No device can be seen from here now. “Can’t see a device?” says why; an address works all the same.",
            p.warn,
        ),
    };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 64.0), egui::Sense::hover());
    ui.painter().rect(rect, CornerRadius::same(11), p.well, Stroke::new(1.0, p.line), StrokeKind::Inside);
    let inner = rect.shrink2(vec2(14.0, 6.0));
    icons::BROADCAST.paint(ui.painter(), pos2(inner.left() + 14.0, inner.center().y), 26.0, p.faint);
    let words = inner.with_min_x(inner.left() + 42.0);
    let mut child =
        ui.new_child(UiBuilder::new().max_rect(words).layout(Layout::left_to_right(Align::Center)));
    child.add(egui::Label::new(small(text, color)).wrap());
}
