//! Buttons, painted by hand so that all of them, with icon or without, share one look.

use egui::{
    Color32, CornerRadius, CursorIcon, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, TextStyle,
    TextWrapMode, Ui, Vec2, Widget, WidgetInfo, WidgetText, pos2, vec2,
};

use crate::gui::{
    icons::Icon,
    theme::{self, Palette},
};

const ICON: f32 = 17.0;
const GAP: f32 = 7.0;
const PADDING: f32 = 13.0;

/// How much a button asks to be pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The one thing to do next.
    Primary,
    Plain,
    /// Says no, or ends something.
    Danger,
    /// Hardly a button: a word to click.
    Quiet,
}

/// A button with a text and perhaps an icon.
pub struct Button<'a> {
    text: &'a str,
    name: Option<&'a str>,
    icon: Option<Icon>,
    look: Look,
    height: f32,
    fills: bool,
}

impl<'a> Button<'a> {
    pub fn new(text: &'a str, look: Look) -> Self {
        Self { text, name: None, icon: None, look, height: theme::CONTROL_HEIGHT, fills: false }
    }

    /// What assistive technology calls it, where the text alone would be said of several.
    pub fn named(self, name: &'a str) -> Self {
        Self { name: Some(name), ..self }
    }

    pub fn icon(self, icon: Icon) -> Self {
        Self { icon: Some(icon), ..self }
    }

    pub fn height(self, height: f32) -> Self {
        Self { height, ..self }
    }

    /// As wide as there is room.
    pub fn filling(self) -> Self {
        Self { fills: true, ..self }
    }
}

impl Widget for Button<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let padding = if self.look == Look::Quiet { 6.0 } else { PADDING };
        let before = self.icon.map_or(0.0, |_| ICON + GAP);
        let room = (ui.available_width() - 2.0 * padding - before).max(0.0);
        let text = WidgetText::from(RichText::new(self.text));
        let galley = text.into_galley(ui, Some(TextWrapMode::Truncate), room, TextStyle::Button);
        let width = if self.fills { ui.available_width() } else { galley.size().x + before + 2.0 * padding };
        let (rect, response) = ui.allocate_exact_size(vec2(width, self.height), Sense::click());
        let name = self.name.unwrap_or(self.text);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
        if ui.is_rect_visible(rect) {
            let (ground, line, color) = colors(ui, &response, self.look);
            surface(ui, &response, rect, ground, line);
            let content = Vec2::new(galley.size().x + before, galley.size().y);
            let at = rect.center() - content / 2.0;
            if let Some(icon) = self.icon {
                icon.paint(ui.painter(), pos2(at.x + ICON / 2.0, rect.center().y), ICON, color);
            }
            ui.painter().galley(at + vec2(before, 0.0), galley, color);
        }
        if response.gained_focus() {
            response.scroll_to_me(None);
        }
        response.on_hover_cursor(CursorIcon::PointingHand)
    }
}

/// A button that is an icon alone; the name is its tooltip too.
pub fn icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    let side = theme::CONTROL_HEIGHT;
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    if ui.is_rect_visible(rect) {
        let (ground, line, color) = colors(ui, &response, Look::Quiet);
        surface(ui, &response, rect, ground, line);
        icon.paint(ui.painter(), rect.center(), 18.0, color);
    }
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(name)
}

/// Ground, border and text of a button as it is now.
fn colors(ui: &Ui, response: &Response, look: Look) -> (Color32, Color32, Color32) {
    let p: &Palette = theme::palette(ui);
    let lit = ui.ctx().animate_bool_responsive(response.id, response.hovered() && ui.is_enabled());
    let between = |a: Color32, b: Color32| a.lerp_to_gamma(b, lit);
    match look {
        Look::Primary => (between(p.accent, p.accent_hover), Color32::TRANSPARENT, p.on_accent),
        Look::Plain => (between(p.well, p.raised), between(p.edge, p.edge_strong), p.text),
        Look::Danger => (p.bad_soft, p.bad, p.bad),
        Look::Quiet => {
            (between(Color32::TRANSPARENT, p.raised), Color32::TRANSPARENT, between(p.faint, p.text))
        }
    }
}

fn surface(ui: &Ui, response: &Response, rect: Rect, ground: Color32, line: Color32) {
    let p = theme::palette(ui);
    let radius = CornerRadius::same(theme::CONTROL_RADIUS);
    let ground = if response.is_pointer_button_down_on() { ground.gamma_multiply(0.85) } else { ground };
    ui.painter().rect(rect, radius, ground, Stroke::new(1.0, line), StrokeKind::Inside);
    if response.has_focus() {
        let ring = CornerRadius::same(theme::CONTROL_RADIUS + 2);
        ui.painter().rect_stroke(rect.expand(2.0), ring, Stroke::new(2.0, p.accent), StrokeKind::Inside);
    }
}
