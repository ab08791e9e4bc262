//! Paints what is in an offer: a line to search with, and rows that can be ticked and opened.
//!
//! Knows rows. However many there are, it paints those that are seen.

use egui::{
    Align2, Color32, CornerRadius, CursorIcon, FontId, Rect, RichText, Role, ScrollArea, Sense, TextWrapMode,
    Ui, WidgetInfo, WidgetText, pos2, vec2,
};

use super::tree::{Pace, Row, Shown, Tick, Tree};
use crate::{
    gui::{
        icons::{self, Icon},
        theme,
        widgets::{Button, Check, Field, Look, as_box, field, paint_box, small},
    },
    model::{EntryKind, text},
};

const ROW: f32 = 32.0;
const INDENT: f32 = 18.0;
/// How deep folders are shown to be.
const DEEPEST: u16 = 8;
/// Entries that are looked at in one frame.
const STEP: usize = 20_000;
/// Fewer need no search.
const FEW: u64 = 8;

const SEARCH: Field<'static> = Field { label: "Find in what is offered", hint: "Part of a name" };

/// `height` is that of the rows, in points.
pub fn show(ui: &mut Ui, tree: &mut Tree, needle: &mut String, height: f32) {
    let p = theme::palette(ui);
    if tree.work(STEP) == Pace::More {
        ui.ctx().request_repaint();
    }
    if tree.total().of > FEW {
        let line = field(ui, needle, &SEARCH, 0.0);
        if line.changed() {
            tree.search(needle);
        }
    }
    ui.horizontal(|ui| {
        let (all, none) = if tree.is_searched() {
            ("Tick all found", "Tick none found")
        } else {
            ("Tick all", "Tick none")
        };
        if ui.add(Button::new(all, Look::Quiet)).clicked() {
            tree.set_all(Tick::In);
        }
        if ui.add(Button::new(none, Look::Quiet)).clicked() {
            tree.set_all(Tick::Out);
        }
    });
    if tree.is_searched() && tree.rows().is_empty() && tree.is_whole() {
        ui.label(small("Nothing is called like that.", p.faint));
        return;
    }
    let rows = tree.rows().len();
    let before = ui.spacing().item_spacing.y;
    ui.spacing_mut().item_spacing.y = 0.0;
    let area = ScrollArea::vertical().id_salt("offered").max_height(height).auto_shrink([false, true]);
    area.show_rows(ui, ROW, rows, |ui, range| {
        for at in range {
            match row(ui, tree, at) {
                None => {}
                Some(Act::Turn) => tree.turn(tree.rows()[at].place),
                Some(Act::Open) => {
                    tree.open(at);
                    // What is below is another row now.
                    ui.ctx().request_repaint();
                    break;
                }
            }
        }
    });
    ui.spacing_mut().item_spacing.y = before;
}

enum Act {
    Turn,
    Open,
}

fn row(ui: &mut Ui, tree: &Tree, at: usize) -> Option<Act> {
    let p = theme::palette(ui);
    let Row { place, depth } = *tree.rows().get(at)?;
    let shown = tree.shown(place);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let mut act = None;
    let is_folder = shown.kind == EntryKind::Folder;
    let name = text::visible(shown.name);
    let mut left = rect.left() + f32::from(depth.min(DEEPEST)) * INDENT;
    if !tree.is_searched() {
        if is_folder && shown.files > 0 {
            let caret = Rect::from_min_size(pos2(left, rect.top()), vec2(ROW, ROW));
            let response = ui.interact(caret, ui.scope_id().with(("caret", place)), Sense::click());
            let word = if shown.is_open { "Close" } else { "Open" };
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{word} {name}")));
            let image = if shown.is_open { icons::CARET_DOWN } else { icons::CARET_RIGHT };
            let color = if response.hovered() || response.has_focus() { p.accent } else { p.faint };
            image.paint(ui.painter(), caret.center(), 15.0, color);
            if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                act = Some(Act::Open);
            }
        }
        left += ROW;
    }
    let body = Rect::from_min_max(pos2(left, rect.top()), rect.max);
    let response = ui.interact(body, ui.scope_id().with(("tick", place)), Sense::click());
    let check = match shown.tick {
        Tick::In => Check::On,
        Tick::Part => Check::Part,
        Tick::Out => Check::Off,
    };
    let response = as_box(ui, response, check, &name);
    if response.hovered() {
        ui.painter().rect_filled(body, CornerRadius::same(6), p.raised.gamma_multiply(0.6));
    }
    paint_box(ui, &response, pos2(left + 14.0, rect.center().y), check);
    let color = if check == Check::Off { p.faint } else { p.text };
    // What is found is told apart by where it is.
    let name = match shown.within {
        within if tree.is_searched() && !within.is_empty() => {
            format!("{name} · in {}", text::visible(within))
        }
        _ => name.into_owned(),
    };
    paint(ui, &shown, body.with_min_x(left + 34.0), &name, (color, p.faint));
    if response.clicked() {
        act = Some(Act::Turn);
    }
    act
}

/// Kind, name and size, and where it is in a list of what was found.
fn paint(ui: &Ui, shown: &Shown<'_>, rect: Rect, name: &str, (color, faint): (Color32, Color32)) {
    let p = theme::palette(ui);
    let image = Icon::of_entry(shown.name, shown.kind);
    let tint = if shown.tick == Tick::Out { faint } else { p.accent };
    image.paint(ui.painter(), pos2(rect.left() + 9.0, rect.center().y), 18.0, tint);
    let size = match shown.kind {
        EntryKind::Folder if shown.files == 0 => "empty".to_owned(),
        EntryKind::Folder => {
            format!("{}, {}", text::count(shown.files, "file", "files"), text::bytes(shown.bytes))
        }
        EntryKind::File { size: Some(size), .. } => text::bytes(size),
        EntryKind::File { size: None, .. } => "size not known".to_owned(),
    };
    let font = FontId::proportional(theme::SMALL);
    let end = pos2(rect.right() - 12.0, rect.center().y);
    let size = ui.painter().text(end, Align2::RIGHT_CENTER, size, font, faint);
    let room = (size.left() - rect.left() - 34.0).max(20.0);
    let label = RichText::new(name).color(color);
    let galley =
        WidgetText::from(label).into_galley(ui, Some(TextWrapMode::Truncate), room, egui::TextStyle::Body);
    let at = pos2(rect.left() + 24.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
}
