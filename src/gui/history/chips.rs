//! The chips below the field: each a choice that opens on a press.
//!
//! Knows how a choice looks. Must not know what follows from it.

use egui::{
    Align, CornerRadius, CursorIcon, FontId, Layout, Popup, RectAlign, Response, Role, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::filters::{self, CHECKS, DATES, DIRECTIONS, Filters, KINDS, ORDERS, OUTCOMES, SIZES};
use crate::{
    engine::history::{DeviceIs, Order},
    gui::{
        icons, theme,
        widgets::{Button, Look},
    },
    model::text,
};

const HEIGHT: f32 = 28.0;
const CARET: f32 = 12.0;

/// A device that may be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub is: DeviceIs,
    pub name: String,
}

/// True when something else is asked for now.
pub fn chips(ui: &mut Ui, filters: &mut Filters, order: &mut Order, devices: &[Choice]) -> bool {
    let before = (filters.clone(), *order);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        ui.spacing_mut().interact_size.y = HEIGHT;
        optional(ui, "Kind", &mut filters.kind, &KINDS);
        optional(ui, "Direction", &mut filters.direction, &DIRECTIONS);
        device(ui, &mut filters.device, devices);
        optional(ui, "When", &mut filters.dates, &DATES);
        optional(ui, "Size", &mut filters.size, &SIZES);
        optional(ui, "Outcome", &mut filters.outcome, &OUTCOMES);
        optional(ui, "Virus check", &mut filters.check, &CHECKS);
        let shown = filters::called(&ORDERS, order);
        let chip = chip(ui, &format!("Order: {shown}"), shown, Weight::Usual);
        menu(&chip, |ui| {
            for (value, name) in ORDERS {
                if entry(ui, name, *order == value) {
                    *order = value;
                }
            }
        });
        if !filters.is_empty() && ui.add(Button::new("Clear filters", Look::Quiet).height(HEIGHT)).clicked() {
            *filters = Filters::default();
        }
    });
    before != (filters.clone(), *order)
}

fn optional<T: Copy + PartialEq>(
    ui: &mut Ui,
    about: &str,
    chosen: &mut Option<T>,
    among: &[(T, &'static str)],
) {
    let now = chosen.map(|value| filters::called(among, &value));
    let chip = labelled(ui, about, now);
    menu(&chip, |ui| {
        if entry(ui, "Any", chosen.is_none()) {
            *chosen = None;
        }
        for (value, name) in among {
            if entry(ui, name, *chosen == Some(*value)) {
                *chosen = Some(*value);
            }
        }
    });
}

fn device(ui: &mut Ui, chosen: &mut Option<DeviceIs>, devices: &[Choice]) {
    let now = chosen.as_ref().map(|is| {
        devices.iter().find(|choice| choice.is == *is).map_or("A device", |choice| choice.name.as_str())
    });
    let chip = labelled(ui, "Device", now);
    menu(&chip, |ui| {
        if entry(ui, "Any", chosen.is_none()) {
            *chosen = None;
        }
        egui::ScrollArea::vertical().id_salt("devices").max_height(260.0).show(ui, |ui| {
            for choice in devices {
                if entry(ui, &choice.name, chosen.as_ref() == Some(&choice.is)) {
                    *chosen = Some(choice.is.clone());
                }
            }
        });
    });
}

fn labelled(ui: &mut Ui, about: &str, now: Option<&str>) -> Response {
    match now {
        None => chip(ui, &format!("{about}: any"), about, Weight::Usual),
        Some(now) => chip(ui, &format!("{about}: {now}"), now, Weight::Chosen),
    }
}

fn menu(chip: &Response, add: impl FnOnce(&mut Ui)) {
    let menu = Popup::menu(chip).align(RectAlign::BOTTOM_START).width(180.0);
    menu.layout(Layout::top_down_justified(Align::Min)).show(add);
}

fn entry(ui: &mut Ui, name: &str, is_chosen: bool) -> bool {
    let item = egui::Button::selectable(is_chosen, text::visible(name)).truncate();
    let response = ui.add(item);
    if response.clicked() {
        ui.close();
    }
    response.clicked()
}

/// Whether a chip says what was chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    Usual,
    Chosen,
}

fn chip(ui: &mut Ui, name: &str, shown: &str, weight: Weight) -> Response {
    let p = theme::palette(ui);
    let color = if weight == Weight::Chosen { p.accent } else { p.text };
    let mut shown: String = text::visible(shown).chars().take(24).collect();
    if shown.chars().count() == 24 {
        shown.push('…');
    }
    let galley = ui.painter().layout_no_wrap(shown, FontId::new(theme::SMALL, theme::medium()), color);
    let size = vec2(galley.size().x + CARET + 30.0, HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    let radius = CornerRadius::same(14);
    let lit = ui.ctx().animate_bool_responsive(response.id, response.hovered());
    let (ground, line) = match weight {
        Weight::Usual => (p.well.lerp_to_gamma(p.raised, lit), p.edge.lerp_to_gamma(p.edge_strong, lit)),
        Weight::Chosen => (p.accent_soft, p.accent),
    };
    ui.painter().rect(rect, radius, ground, Stroke::new(1.0, line), StrokeKind::Inside);
    if response.has_focus() {
        let ring = CornerRadius::same(16);
        ui.painter().rect_stroke(rect.expand(2.0), ring, Stroke::new(2.0, p.accent), StrokeKind::Inside);
    }
    let at = pos2(rect.left() + 12.0, rect.center().y - galley.size().y / 2.0);
    let caret = pos2(at.x + galley.size().x + 12.0, rect.center().y);
    ui.painter().galley(at, galley, color);
    icons::CARET_DOWN.paint(ui.painter(), caret, CARET, p.faint);
    response.on_hover_cursor(CursorIcon::PointingHand)
}
