//! The list of what was found: only what is on the screen is painted.
//!
//! Knows rows and where they are. Must not know what is asked for, or what a press on a row leads to.

use std::path::Path;

use egui::{
    Align, Color32, CornerRadius, CursorIcon, FontId, Id, Key, Layout, Modifiers, Rangef, Rect, Role,
    ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, accesskit, pos2, vec2,
};
use jiff::civil::Date;

use super::{
    elide::elided,
    line::{Line, Tone},
    pages::{HEAD, Pages, Piece, ROW},
    there::{Looking, There},
    thumbnails::Thumbnails,
};
use crate::{
    engine::history::RowId,
    gui::{icons, theme, when, widgets::badge},
    model::{ContentKind, Direction},
};

const TILE: f32 = 38.0;

/// What is looked at in the background for the rows on the screen.
pub struct Sights {
    pub looking: Looking,
    pub thumbnails: Thumbnails,
}

/// The list as it is on the screen.
#[derive(Default)]
pub struct List {
    pub chosen: Option<RowId>,
    /// A row that is to be brought into sight.
    seek: Option<RowId>,
    to_top: bool,
    /// The part of the list that is on the screen.
    pub view: Option<Rangef>,
}

/// What a person did with the list in this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// Wants to see this row closely.
    Row(RowId),
}

impl List {
    /// Shows the beginning, of what has been found anew.
    pub fn rewind(&mut self) {
        self.to_top = true;
        self.chosen = None;
        self.seek = None;
    }

    pub fn is_at_top(&self) -> bool {
        self.view.is_none_or(|view| view.min < ROW)
    }

    /// Moves by the keyboard. True when a key was for the list.
    pub fn keys(&mut self, ui: &Ui, pages: &Pages) -> bool {
        let screen = self.view.map_or(1.0, |view| (view.span() / ROW).floor().max(1.0));
        #[expect(clippy::cast_possible_truncation, reason = "rows on a screen")]
        let screen = screen as isize;
        let keys = [(Key::ArrowDown, 1), (Key::ArrowUp, -1), (Key::PageDown, screen), (Key::PageUp, -screen)];
        for (key, steps) in keys {
            if ui.input_mut(|i| i.consume_key(Modifiers::NONE, key)) {
                self.chosen = pages.beside(self.chosen, steps);
                self.seek = self.chosen;
                return true;
            }
        }
        false
    }

    pub fn show(&mut self, ui: &mut Ui, pages: &Pages, sights: &mut Sights) -> Option<Pressed> {
        let mut area = ScrollArea::vertical().id_salt("found").auto_shrink([false, false]);
        if std::mem::take(&mut self.to_top) {
            area = area.vertical_scroll_offset(0.0);
        }
        if let Some(top) = self.seek.take().and_then(|id| pages.place(id))
            && let Some(view) = self.view
        {
            // Its day’s heading is brought into sight with it.
            if top - HEAD < view.min {
                area = area.vertical_scroll_offset((top - HEAD).max(0.0));
            } else if top + ROW > view.max {
                area = area.vertical_scroll_offset(top + ROW - view.span());
            }
        }
        let list = UiBuilder::new().accessibility_role(Role::ListBox);
        ui.scope_builder(list, |ui| {
            ui.ctx().accesskit_node_builder(ui.unique_id(), |node| node.set_label("What was found"));
            let shown = area.show_viewport(ui, |ui, viewport| {
                ui.set_height(pages.height());
                ui.set_width(ui.available_width());
                let view = viewport.y_range();
                self.view = Some(view);
                self.rows(ui, view, pages, sights)
            });
            shown.inner
        })
        .inner
    }

    fn rows(&mut self, ui: &mut Ui, view: Rangef, pages: &Pages, sights: &mut Sights) -> Option<Pressed> {
        let origin = ui.max_rect().min;
        // The scroll bar floats over what is beside the rows.
        let width = ui.max_rect().width() - 12.0;
        let today = when::day(std::time::SystemTime::now());
        let mut pressed = None;
        for (top, piece) in pages.pieces(view) {
            let at = |height| Rect::from_min_size(pos2(origin.x, origin.y + top), vec2(width, height));
            match piece {
                Piece::Head(day) => heading(ui, at(HEAD), day, today),
                Piece::Row(line) => {
                    if row(ui, at(ROW), line, self.chosen == Some(line.row.id), sights) {
                        self.chosen = Some(line.row.id);
                        pressed = Some(Pressed::Row(line.row.id));
                    }
                }
            }
        }
        sights.looking.want(places(pages, view, |_| true));
        sights.thumbnails.want(places(pages, view, is_pictured));
        pressed
    }
}

fn places(pages: &Pages, view: Rangef, of: fn(&Line) -> bool) -> impl Iterator<Item = &Path> {
    pages.pieces(view).filter_map(move |(_, piece)| match piece {
        Piece::Row(line) if of(line) => line.row.place.as_deref(),
        Piece::Row(_) | Piece::Head(_) => None,
    })
}

fn is_pictured(line: &Line) -> bool {
    line.row.kind == ContentKind::Picture && line.is_harmless()
}

fn heading(ui: &mut Ui, rect: Rect, day: Date, today: Date) {
    let p = theme::palette(ui);
    let text = when::heading(day, today);
    let response = ui.interact(rect, Id::unique(("day", day)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_role(accesskit::Role::Heading));
    let galley = ui.painter().layout_no_wrap(text, FontId::new(theme::SMALL, theme::semibold()), p.faint);
    ui.painter().galley(pos2(rect.left() + 8.0, rect.bottom() - galley.size().y - 6.0), galley, p.faint);
}

/// What a row is to the toolkit.
pub fn id(row: RowId) -> Id {
    Id::unique(("row", row))
}

/// True when it was pressed.
fn row(ui: &mut Ui, rect: Rect, line: &Line, is_chosen: bool, sights: &mut Sights) -> bool {
    let p = theme::palette(ui);
    let place = line.row.place.as_deref();
    let is_gone = place.is_some_and(|place| sights.looking.of(place) == There::Gone);
    let id = id(line.row.id);
    // Only the chosen one is a stop of the Tab key: the arrow keys lead to the others.
    let sense = if is_chosen { Sense::click() } else { Sense::CLICK };
    let response = ui.interact(rect, id, sense);
    response.widget_info(|| {
        let label = if is_gone { format!("{}, gone", line.label) } else { line.label.clone() };
        WidgetInfo::selected(Role::ListBoxOption, true, is_chosen, label)
    });
    let ground = rect.shrink2(vec2(0.0, 1.0));
    let radius = CornerRadius::same(10);
    if is_chosen {
        ui.painter().rect(ground, radius, p.accent_soft, Stroke::new(1.0, p.accent), StrokeKind::Inside);
    } else if response.hovered() {
        ui.painter().rect_filled(ground, radius, p.well);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(ground, radius, Stroke::new(2.0, p.accent), StrokeKind::Inside);
    }
    let inner = ground.shrink2(vec2(8.0, 0.0));
    let tile = Rect::from_center_size(pos2(inner.left() + TILE / 2.0, inner.center().y), vec2(TILE, TILE));
    paint_tile(ui, tile, line, sights);
    let text = inner.with_min_x(tile.right() + 12.0);
    let right = marks(ui, text, line, is_gone);
    let width = (right - text.left() - 10.0).max(0.0);
    let faint = if is_gone { p.faint } else { p.text };
    let name = elided(ui.painter(), &line.name, &FontId::new(theme::BODY, theme::medium()), faint, width);
    let font = FontId::new(theme::SMALL, egui::FontFamily::Proportional);
    let about = elided(ui.painter(), &line.about, &font, p.faint, width);
    let height = name.size().y + 2.0 + about.size().y;
    let top = text.center().y - height / 2.0;
    let below = top + name.size().y + 2.0;
    ui.painter().galley(pos2(text.left(), top), name, faint);
    ui.painter().galley(pos2(text.left(), below), about, p.faint);
    response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}

/// A picture of it, or the icon of its kind, and which way it went.
fn paint_tile(ui: &Ui, tile: Rect, line: &Line, sights: &mut Sights) {
    let p = theme::palette(ui);
    let radius = CornerRadius::same(9);
    let place = line.row.place.as_deref().filter(|_| is_pictured(line));
    let picture = place.and_then(|place| sights.thumbnails.of(place)).map(egui::TextureHandle::id);
    if let Some(picture) = picture {
        let all = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let shape = egui::epaint::RectShape::filled(tile, radius, Color32::WHITE).with_texture(picture, all);
        ui.painter().add(shape);
    } else {
        ui.painter().rect_filled(tile, radius, p.accent_soft);
        line.icon().paint(ui.painter(), tile.center(), 20.0, p.accent);
    }
    let corner = tile.right_bottom() - vec2(3.0, 3.0);
    ui.painter().circle(corner, 8.0, p.card, Stroke::new(1.0, p.line));
    let (arrow, color) = match line.row.direction {
        Direction::Receive => (icons::ARROW_DOWN, p.good),
        Direction::Send => (icons::ARROW_UP, p.accent),
    };
    arrow.paint(ui.painter(), corner, 10.0, color);
}

/// The time and the marks, from the right. Returns how far to the left they reach.
fn marks(ui: &mut Ui, rect: Rect, line: &Line, is_gone: bool) -> f32 {
    let p = theme::palette(ui);
    let layout = Layout::right_to_left(Align::Center);
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
    child.spacing_mut().item_spacing.x = 6.0;
    let font = FontId::new(theme::SMALL, egui::FontFamily::Proportional);
    let time = child.painter().layout_no_wrap(line.time.clone(), font, p.faint);
    let (place, _) = child.allocate_exact_size(vec2(44.0, rect.height()), Sense::empty());
    let at = pos2(place.right() - time.size().x, place.center().y - time.size().y / 2.0);
    child.painter().galley(at, time, p.faint);
    if is_gone {
        badge(&mut child, "Gone", p.faint, p.raised).on_hover_text("It was moved, renamed or deleted");
    }
    if let Some(mark) = line.mark {
        let (color, ground) = match mark.tone {
            Tone::Plain => (p.faint, p.raised),
            Tone::Warning => (p.warn, p.well),
            Tone::Bad => (p.bad, p.bad_soft),
        };
        badge(&mut child, mark.word, color, ground);
    }
    child.min_rect().left()
}
