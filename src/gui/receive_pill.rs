//! The pill that says who can send to this device. Pressed, it opens how others find it, and how to stop.
//!
//! Knows that this device receives, and who sees it. Must not know what comes.

use egui::{
    CornerRadius, CursorIcon, RichText, Role, Sense, Stroke, StrokeKind, TextStyle, TextWrapMode, Ui,
    WidgetInfo, WidgetText, pos2, vec2,
};

use super::{icons, theme};
use crate::engine::{ReceivingState, Snapshot, Visibility};

const HEIGHT: f32 = 44.0;

#[derive(Default)]
pub struct Pill {
    words: String,
    tone: Tone,
}

/// Whether others find it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tone {
    #[default]
    Found,
    /// Not by themselves.
    Unseen,
}

impl Pill {
    pub fn hear(&mut self, snapshot: &Snapshot) {
        let name = snapshot.device.name.as_str();
        let is_on_none = matches!(
            &snapshot.receiving,
            ReceivingState::On { addresses, .. } if addresses.is_empty()
        );
        (self.words, self.tone) = match snapshot.settings.visibility {
            _ if is_on_none => (format!("{name} is on no network"), Tone::Unseen),
            _ if snapshot.deaf.is_some() => (format!("Nobody sees {name} now"), Tone::Unseen),
            Visibility::Everyone => (format!("Everyone here can send to {name}"), Tone::Found),
            Visibility::Known => (format!("Devices you know can send to {name}"), Tone::Found),
            Visibility::Hidden => (format!("Whoever has its code can send to {name}"), Tone::Unseen),
        };
    }

    /// True when it was pressed.
    pub fn show(&self, ui: &mut Ui) -> bool {
        let p = theme::palette(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &self.words));
        let radius = CornerRadius::same(22);
        let ground = if response.hovered() { p.raised } else { p.well };
        ui.painter().rect(rect, radius, ground, Stroke::new(1.0, p.edge), StrokeKind::Inside);
        if response.has_focus() {
            ui.painter().rect_stroke(rect, radius, Stroke::new(2.0, p.accent), StrokeKind::Inside);
        }
        let color = match self.tone {
            Tone::Found => p.good,
            Tone::Unseen => p.warn,
        };
        ui.painter().circle_filled(pos2(rect.left() + 22.0, rect.center().y), 5.0, color);
        icons::CARET_DOWN.paint(ui.painter(), pos2(rect.right() - 22.0, rect.center().y), 16.0, p.faint);
        let text = WidgetText::from(RichText::new(&self.words).family(theme::medium()));
        let text = text.into_galley(ui, Some(TextWrapMode::Truncate), rect.width() - 80.0, TextStyle::Body);
        let at = pos2(rect.left() + 38.0, rect.center().y - text.size().y / 2.0);
        ui.painter().galley(at, text, p.text);
        response
            .on_hover_cursor(CursorIcon::PointingHand)
            .on_hover_text("Who sees it, its code and QR code, and how to stop")
            .clicked()
    }
}
