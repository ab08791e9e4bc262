//! The tray's tiles: a picture of each thing, its name, its size, and a cross. Only those in sight are painted. All of
//! them are one stop of the Tab key: arrows lead on, Delete takes one out.
//!
//! Knows what a tile shows. Must not know what is sent.

use egui::{
    Color32, CornerRadius, CursorIcon, EventFilter, Id, Key, Modifiers, Rect, RichText, Role, ScrollArea,
    Sense, Stroke, StrokeKind, TextStyle, TextWrapMode, Ui, WidgetInfo, WidgetText, pos2, vec2,
};

use super::tray::{Item, Size, Tray, What};
use crate::gui::{history::Thumbnails, icons, theme};

const TILE: f32 = 86.0;
const COLUMN: f32 = 104.0;
const GAP: f32 = 6.0;
const PICTURE: f32 = 42.0;
/// Side of the cross, as a target.
const CROSS: f32 = 32.0;

pub struct Tiles {
    pictures: Thumbnails,
    /// The one that the Tab key leads to.
    current: usize,
}

impl Tiles {
    pub fn new(pictures: Thumbnails) -> Self {
        Self { pictures, current: 0 }
    }

    pub fn update(&mut self, ctx: &egui::Context) {
        self.pictures.update(ctx);
    }

    /// The tile that is to be taken out. At most `rows` of them are in sight at once.
    pub fn show(&mut self, ui: &mut Ui, tray: &Tray, rows: usize) -> Option<usize> {
        let items = tray.items();
        let width = ui.available_width();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few columns")]
        let columns = (((width + GAP) / (COLUMN + GAP)) as usize).max(1);
        #[expect(clippy::cast_precision_loss, reason = "a few columns")]
        let each = (width + GAP) / columns as f32 - GAP;
        let all = items.len().div_ceil(columns);
        self.current = self.current.min(items.len().saturating_sub(1));
        #[expect(clippy::cast_precision_loss, reason = "a few rows")]
        let height = all.min(rows) as f32 * (TILE + GAP) - GAP;
        let mut removed = None;
        let mut seen = Vec::new();
        ui.spacing_mut().item_spacing.y = GAP;
        let area = ScrollArea::vertical().id_salt("tray").max_height(height).auto_shrink([false, true]);
        area.show_rows(ui, TILE, all, |ui, range| {
            for row in range {
                let (line, _) = ui.allocate_exact_size(vec2(width, TILE), Sense::hover());
                for column in 0..columns {
                    let i = row * columns + column;
                    let Some(item) = items.get(i) else { break };
                    #[expect(clippy::cast_precision_loss, reason = "a few columns")]
                    let left = line.left() + column as f32 * (each + GAP);
                    let place = Rect::from_min_size(pos2(left, line.top()), vec2(each, TILE));
                    if let What::Path(path) = &item.what
                        && item.icon == icons::FILE_IMAGE
                    {
                        seen.push(path.as_path());
                    }
                    if self.one(ui, place, i, item) {
                        removed = Some(i);
                    }
                    if i == self.current
                        && let Some(to) = moved(ui, id_of(i), i, columns, items.len(), &mut removed)
                    {
                        self.current = to;
                    }
                }
            }
        });
        self.pictures.want(seen.into_iter());
        removed
    }

    /// True when it is to be taken out.
    fn one(&mut self, ui: &mut Ui, place: Rect, i: usize, item: &Item) -> bool {
        let p = theme::palette(ui);
        let (size, color) = match &item.size {
            Size::Unasked | Size::Counting(_) => ("counting…", p.faint),
            Size::Known { shown, .. } => (shown.as_str(), p.faint),
            Size::Unknown => ("size unknown", p.faint),
            Size::Bad(why) => (why.as_str(), p.bad),
        };
        let is_current = i == self.current;
        let sense = if is_current { Sense::focusable_noninteractive() } else { Sense::hover() };
        let response = ui.interact(place, id_of(i), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &item.name));
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(size));
        let radius = CornerRadius::same(10);
        let line = match (&item.size, response.has_focus()) {
            (_, true) => Stroke::new(2.0, p.accent),
            (Size::Bad(_), _) => Stroke::new(1.0, p.bad),
            _ => Stroke::new(1.0, p.line),
        };
        ui.painter().rect(place, radius, p.well, line, StrokeKind::Inside);
        let picture =
            Rect::from_min_max(place.min + vec2(6.0, 6.0), pos2(place.right() - 6.0, place.top() + PICTURE));
        self.picture(ui, picture, item);
        let room = place.width() - 14.0;
        let write = |text: &str, top: f32, size: f32, color: Color32| {
            let text = WidgetText::from(RichText::new(text).size(size));
            let text = text.into_galley(ui, Some(TextWrapMode::Truncate), room, TextStyle::Body);
            ui.painter().galley(pos2(place.left() + 7.0, top), text, color);
        };
        write(&item.name, place.top() + PICTURE + 4.0, 13.0, p.text);
        write(size, place.top() + PICTURE + 22.0, theme::SMALL, color);
        let hint = [item.hint.as_str(), size]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join("\n");
        response.on_hover_text(hint);

        let corner = Rect::from_min_size(pos2(place.right() - CROSS, place.top()), vec2(CROSS, CROSS));
        let cross = ui.interact(corner, id_of(i).with("cross"), Sense::CLICK);
        cross.widget_info(|| WidgetInfo::labeled(Role::Button, true, &item.remove));
        let middle = corner.center() + vec2(4.0, -4.0);
        let ground = if cross.hovered() { p.raised } else { p.card };
        ui.painter().circle(middle, 10.0, ground, Stroke::new(1.0, p.edge));
        icons::X.paint(ui.painter(), middle, 12.0, p.text);
        cross.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(&item.remove).clicked()
    }

    fn picture(&mut self, ui: &Ui, place: Rect, item: &Item) {
        let p = theme::palette(ui);
        let radius = CornerRadius::same(7);
        let made = match &item.what {
            What::Path(path) if item.icon == icons::FILE_IMAGE => self.pictures.of(path),
            What::Path(_) | What::Text(_) => None,
        };
        if let Some(made) = made {
            // The middle of the square, as wide as the tile.
            let half = (place.height() / place.width() / 2.0).min(0.5);
            let part = Rect::from_min_max(pos2(0.0, 0.5 - half), pos2(1.0, 0.5 + half));
            let shape = egui::epaint::RectShape::filled(place, radius, Color32::WHITE);
            ui.painter().add(shape.with_texture(made.id(), part));
        } else {
            ui.painter().rect_filled(place, radius, p.accent_soft);
            item.icon.paint(ui.painter(), place.center(), 22.0, p.accent);
        }
    }
}

fn id_of(i: usize) -> Id {
    Id::unique(("tile", i))
}

/// Where an arrow key leads from the tile that has the keyboard; Delete takes it out.
fn moved(
    ui: &Ui,
    id: Id,
    i: usize,
    columns: usize,
    count: usize,
    removed: &mut Option<usize>,
) -> Option<usize> {
    if !ui.memory(|memory| memory.has_focus(id)) {
        return None;
    }
    let arrows = EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: true, escape: false };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, arrows));
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::Delete) {
        *removed = Some(i);
        return None;
    }
    let to = if pressed(Key::ArrowRight) {
        i + 1
    } else if pressed(Key::ArrowLeft) {
        i.checked_sub(1)?
    } else if pressed(Key::ArrowDown) {
        i + columns
    } else if pressed(Key::ArrowUp) {
        i.checked_sub(columns)?
    } else {
        return None;
    };
    let to = (to < count).then_some(to)?;
    ui.memory_mut(|memory| memory.request_focus(id_of(to)));
    Some(to)
}
