//! The devices that are known and away: what is sent to one waits, and goes when it is back.
//!
//! Knows what they are called. Must not know what is sent.

use egui::{
    CornerRadius, CursorIcon, Role, Sense, Stroke, StrokeKind, TextStyle, TextWrapMode, Ui, WidgetInfo,
    WidgetText, pos2, vec2,
};

use super::card::Away;
use crate::{
    gui::{activity::Ring, icons::Icon, theme, widgets::small},
    model::DeviceId,
};

const HEIGHT: f32 = 32.0;
/// A pill is at most so wide.
const WIDEST: f32 = 180.0;

/// The device whose pill was pressed.
pub fn show(ui: &mut Ui, away: &[Away], ring: &dyn Fn(DeviceId) -> Option<Ring>) -> Option<DeviceId> {
    let p = theme::palette(ui);
    let mut asked = None;
    ui.add_space(2.0);
    ui.label(small("Not here now: what you send waits until they are back", p.faint));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        for (i, device) in away.iter().enumerate() {
            let told = ring(device.id)
                .map_or_else(|| device.name.clone(), |ring| format!("{} · {}", device.name, ring.words));
            let text = WidgetText::from(told).into_galley(
                ui,
                Some(TextWrapMode::Truncate),
                WIDEST - 46.0,
                TextStyle::Body,
            );
            // The first of them is the Tab key's; the others are the pointer's, and assistive technology's.
            let sense = if i == 0 { Sense::click() } else { Sense::CLICK };
            let (rect, response) = ui.allocate_exact_size(vec2(text.size().x + 46.0, HEIGHT), sense);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &device.label));
            let radius = CornerRadius::same(16);
            let ground = if response.hovered() { p.raised } else { p.well };
            let line =
                if response.has_focus() { Stroke::new(2.0, p.accent) } else { Stroke::new(1.0, p.edge) };
            ui.painter().rect(rect, radius, ground, line, StrokeKind::Inside);
            Icon::of_device(device.kind).paint(
                ui.painter(),
                pos2(rect.left() + 18.0, rect.center().y),
                16.0,
                p.faint,
            );
            let at = pos2(rect.left() + 32.0, rect.center().y - text.size().y / 2.0);
            ui.painter().galley(at, text, p.faint);
            if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                asked = Some(device.id);
            }
        }
    });
    asked
}
