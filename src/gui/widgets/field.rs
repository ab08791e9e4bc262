//! A line of text to fill in, with its label above.

use egui::{Margin, Response, Ui, vec2};

use super::small;
use crate::gui::theme;

/// What a field is called and hints at.
pub struct Field<'a> {
    pub label: &'a str,
    pub hint: &'a str,
}

/// A labelled line as wide as there is room, less `beside` for what stands next to it.
pub fn field(ui: &mut Ui, text: &mut String, field: &Field<'_>, beside: f32) -> Response {
    let p = theme::palette(ui);
    let label = ui.label(small(field.label, p.faint).family(theme::medium()));
    line(ui, text, field.hint, beside).labelled_by(label.id)
}

/// The line alone; whoever calls names it.
pub fn line(ui: &mut Ui, text: &mut String, hint: &str, beside: f32) -> Response {
    let width = (ui.available_width() - beside).max(60.0);
    let hint = egui::RichText::new(hint).color(theme::palette(ui).faint);
    let edit = egui::TextEdit::singleline(text)
        .hint_text(hint)
        .margin(Margin::symmetric(10, 7))
        .desired_width(width)
        .min_size(vec2(0.0, theme::CONTROL_HEIGHT));
    ui.add(edit)
}
