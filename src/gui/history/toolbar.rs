//! Above the list: what the page is, how much there is, and the field to search.
//!
//! Knows what stands there. Must not know what is found.

use egui::{Align, Id, Label, Layout, Margin, RichText, Ui, vec2};

use crate::gui::{
    icons, theme,
    widgets::{Button, Look, icon, icon_button, line, small, title},
};

pub const FIELD: &str = "Search the history";

pub fn field_id() -> Id {
    Id::unique(("field", FIELD))
}

/// What is said beside the title.
pub struct Bar<'a> {
    pub counted: &'a str,
    /// Files in quarantine.
    pub quarantined: u64,
    /// Why what happens is not recorded.
    pub unrecorded: Option<&'a str>,
    /// Whether there is something to be cleared.
    pub has_entries: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Close,
    Quarantine,
    Settings,
    Clear,
}

pub fn bar(ui: &mut Ui, bar: &Bar<'_>) -> Option<Word> {
    let p = theme::palette(ui);
    let mut word = None;
    ui.horizontal(|ui| {
        title(ui, "History");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let mut button = |ui: &mut Ui, button: Button<'_>, of: Word| {
                if ui.add(button).clicked() {
                    word = Some(of);
                }
            };
            button(ui, Button::new("Done", Look::Plain), Word::Close);
            if bar.has_entries {
                button(ui, Button::new("Clear…", Look::Quiet).named("Clear the history"), Word::Clear);
            }
            button(ui, Button::new("Keep for…", Look::Quiet).named("Keep the history for"), Word::Settings);
            let name = match bar.quarantined {
                0 => "Quarantine".to_owned(),
                count => format!("Quarantine ({count})"),
            };
            button(ui, Button::new(&name, Look::Quiet).named("Quarantine"), Word::Quarantine);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                line(ui, RichText::new(bar.counted).color(p.faint));
            });
        });
    });
    if let Some(problem) = bar.unrecorded {
        ui.horizontal_top(|ui| {
            icon(ui, icons::WARNING, 18.0, p.warn);
            ui.add(Label::new(small(problem, p.warn)).wrap());
        });
    }
    word
}

/// True when something else is typed now.
pub fn field(ui: &mut Ui, words: &mut String, focus: Focus) -> bool {
    let p = theme::palette(ui);
    let before = words.len();
    let mut is_cleared = false;
    let edit = egui::TextEdit::singleline(words)
        .id(field_id())
        .hint_text(RichText::new("Name, folder or device").color(p.faint))
        .margin(Margin { left: 36, right: 40, top: 9, bottom: 9 })
        .desired_width(ui.available_width())
        .char_limit(1_000)
        .min_size(vec2(0.0, 38.0));
    let response = ui.add(edit);
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(FIELD));
    let rect = response.rect;
    icons::SEARCH.paint(ui.painter(), rect.left_center() + vec2(20.0, 0.0), 18.0, p.faint);
    if before > 0 {
        let side = theme::CONTROL_HEIGHT;
        let place = egui::Rect::from_center_size(rect.right_center() - vec2(20.0, 0.0), vec2(side, side));
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(place));
        is_cleared = icon_button(&mut child, icons::X, "Clear the search").clicked();
    }
    if is_cleared {
        words.clear();
    }
    if is_cleared || focus == Focus::Wanted {
        response.request_focus();
    }
    is_cleared || response.changed()
}

/// Whether the field is to have the keyboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    Wanted,
    #[default]
    AsItIs,
}
