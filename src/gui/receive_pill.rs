//! The pill that says who can send to this device, and what it opens: where it is found, and how to stop.
//!
//! Knows that this device receives. Must not know what comes.

use egui::{
    Align, CornerRadius, CursorIcon, Layout, Popup, PopupCloseBehavior, RectAlign, RichText, Role,
    ScrollArea, Sense, Stroke, StrokeKind, TextStyle, TextWrapMode, Ui, WidgetInfo, WidgetText, pos2, vec2,
};

use super::{
    icons, theme,
    tools::Tools,
    widgets::{Button, Look, icon_button, line, small},
};
use crate::{
    engine::{ReceivingState, Snapshot, Visibility},
    model::Address,
};

const HEIGHT: f32 = 44.0;

#[derive(Default)]
pub struct Pill {
    name: String,
    id: String,
    addresses: Vec<Line>,
    /// Nobody can see it, whoever is to.
    is_unseen: bool,
}

/// Something to copy.
struct Line {
    text: String,
    copy: String,
}

/// What a person wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To see how others find this device.
    Invitation,
    /// To choose when a person is asked.
    Rules,
    Stop,
}

impl Pill {
    pub fn hear(&mut self, snapshot: &Snapshot) {
        self.name = snapshot.device.name.to_string();
        self.id = snapshot.device.id.to_string();
        self.is_unseen = snapshot.deaf.is_some();
        self.addresses = match &snapshot.receiving {
            ReceivingState::On { port, addresses } => {
                let line = |ip: &std::net::IpAddr| {
                    let text = Address { host: ip.to_string(), port: Some(*port) }.to_string();
                    Line { copy: format!("Copy {text}"), text }
                };
                addresses.iter().map(line).collect()
            }
            ReceivingState::Off | ReceivingState::Failed(_) => Vec::new(),
        };
    }

    /// `waits` while it is stopping.
    pub fn show(&self, ui: &mut Ui, visibility: Visibility, waits: bool, tools: &mut Tools) -> Option<Wish> {
        let p = theme::palette(ui);
        let (words, color) = match visibility {
            _ if self.is_unseen => (format!("Nobody sees {} now", self.name), p.warn),
            Visibility::Everyone => (format!("Everyone here can send to {}", self.name), p.good),
            Visibility::Known => (format!("Devices you know can send to {}", self.name), p.good),
            Visibility::Hidden => (format!("{} is hidden, and receives", self.name), p.warn),
        };
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &words));
        let radius = CornerRadius::same(22);
        let ground = if response.hovered() { p.raised } else { p.well };
        ui.painter().rect(rect, radius, ground, Stroke::new(1.0, p.edge), StrokeKind::Inside);
        if response.has_focus() {
            ui.painter().rect_stroke(rect, radius, Stroke::new(2.0, p.accent), StrokeKind::Inside);
        }
        ui.painter().circle_filled(pos2(rect.left() + 22.0, rect.center().y), 5.0, color);
        icons::CARET_DOWN.paint(ui.painter(), pos2(rect.right() - 22.0, rect.center().y), 16.0, p.faint);
        let text = WidgetText::from(RichText::new(&words).family(theme::medium()));
        let text = text.into_galley(ui, Some(TextWrapMode::Truncate), rect.width() - 80.0, TextStyle::Body);
        let at = pos2(rect.left() + 38.0, rect.center().y - text.size().y / 2.0);
        ui.painter().galley(at, text, p.text);
        let response = response.on_hover_cursor(CursorIcon::PointingHand);
        let card = Popup::menu(&response)
            .align(RectAlign::BOTTOM_START)
            .width(rect.width() - 12.0)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        card.show(|ui| self.content(ui, visibility, waits, tools)).and_then(|shown| shown.inner)
    }

    fn content(&self, ui: &mut Ui, visibility: Visibility, waits: bool, tools: &mut Tools) -> Option<Wish> {
        let p = theme::palette(ui);
        let mut wish = None;
        let seen = match visibility {
            _ if self.is_unseen => "Nobody can see it now. Others must know an address.",
            Visibility::Everyone => "Everyone here sees it. It can be reached by address, too.",
            Visibility::Known => "Devices you know see it. Others must know an address or a code.",
            Visibility::Hidden => "Nobody sees it. Others must know an address or a code.",
        };
        ui.label(small(seen, if self.is_unseen { p.warn } else { p.faint }));
        ScrollArea::vertical().id_salt("addresses").max_height(180.0).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            if self.addresses.is_empty() {
                ui.label(RichText::new("This machine is on no network.").color(p.warn));
            }
            for address in &self.addresses {
                let text = RichText::new(&address.text).family(theme::medium()).color(p.accent);
                copyable(ui, text, &address.text, &address.copy, tools);
            }
            let id = RichText::new(&self.id).monospace().size(12.0).color(p.faint);
            copyable(ui, id, &self.id, "Copy id", tools);
        });
        if ui.add(Button::new("Code and QR", Look::Plain).filling()).clicked() {
            wish = Some(Wish::Invitation);
            ui.close();
        }
        if ui.add(Button::new("When to ask…", Look::Plain).filling()).clicked() {
            wish = Some(Wish::Rules);
            ui.close();
        }
        if ui.add_enabled(!waits, Button::new("Stop receiving", Look::Plain).filling()).clicked() {
            wish = Some(Wish::Stop);
            ui.close();
        }
        wish
    }
}

/// A text with a button that copies it.
fn copyable(ui: &mut Ui, shown: RichText, text: &str, name: &str, tools: &mut Tools) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if icon_button(ui, icons::COPY, name).clicked() {
                tools.copy(ui.ctx(), text);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                line(ui, shown);
            });
        });
    });
}
