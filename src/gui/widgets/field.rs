//! A line of text to fill in, with its label above.

use egui::{Id, Margin, Response, RichText, Ui, vec2};

use super::small;
use crate::gui::theme;

/// What a field is called and hints at.
pub struct Field<'a> {
    pub label: &'a str,
    pub hint: &'a str,
}

/// A labelled line as wide as there is room, less `beside` for what stands next to it.
///
/// The label is its identity too: it keeps the keyboard while things around it come and go.
pub fn field(ui: &mut Ui, text: &mut String, field: &Field<'_>, beside: f32) -> Response {
    let p = theme::palette(ui);
    let label = ui.label(small(field.label, p.faint).family(theme::medium()));
    unlabelled(ui, text, field, beside).labelled_by(label.id)
}

/// The line alone, for a label that stands elsewhere.
pub fn unlabelled(ui: &mut Ui, text: &mut String, field: &Field<'_>, beside: f32) -> Response {
    let p = theme::palette(ui);
    let edit = egui::TextEdit::singleline(text)
        .id(Id::unique(("field", field.label)))
        .hint_text(RichText::new(field.hint).color(p.faint))
        .margin(Margin::symmetric(10, 7))
        .desired_width((ui.available_width() - beside).max(60.0))
        .min_size(vec2(0.0, theme::CONTROL_HEIGHT));
    ui.add(edit)
}
