//! The devices that things can be sent to, one card each, and a pill for each that is known and away.
//! Nothing moves while the pointer is over them. All of them are one stop of the Tab key; arrows lead on.
//!
//! Knows devices and where their cards are. Must not know what is sent.

mod card;
mod paint;
mod pills;

use std::collections::HashMap;

use egui::{
    Align, EventFilter, Id, Key, Layout, Modifiers, Popup, Rect, RectAlign, RichText, Role, Sense, Ui,
    WidgetInfo, pos2, vec2,
};

pub use self::card::{Away, Card, Sight};
use self::paint::Marks;
use crate::{
    gui::{
        activity::Ring,
        theme,
        widgets::{Drag, small},
    },
    model::{DeviceId, KnownDevice, Nearby, Sighting, Trust},
};

/// Height of a card, and the space between two.
const CARD: f32 = 62.0;
const GAP: f32 = 6.0;
/// A column is at least this wide.
const COLUMN: f32 = 186.0;
/// Room for the menu of a card.
const MORE: f32 = 32.0;
/// Pills at most: those that were here last.
const PILLS: usize = 12;

#[derive(Default)]
pub struct Cards {
    /// As they are on the screen.
    shown: Vec<Card>,
    /// As they should be.
    wanted: Vec<Card>,
    away: Vec<Away>,
    /// The card that the Tab key leads to.
    current: Option<DeviceId>,
    /// Whether that card is to get the keyboard.
    calls: bool,
    /// Where each was painted last, and whether a menu was open.
    places: Vec<(DeviceId, Rect)>,
    menu: bool,
    sight: Sight,
    /// Those that were sent to, the last first.
    used: Vec<DeviceId>,
}

/// What a person asked of a card.
pub enum Asked {
    Send(DeviceId),
    Block(DeviceId),
    Copy(String),
    /// To see what is kept of it.
    Details,
}

/// What is brought up to date without moving anything: what is new comes last, what has left keeps its place.
fn in_place(shown: &[Card], wanted: &[Card]) -> Vec<Card> {
    let now =
        |card: &Card| wanted.iter().find(|other| other.id == card.id).cloned().unwrap_or_else(|| card.gone());
    let is_new = |card: &&Card| !shown.iter().any(|other| other.id == card.id);
    shown.iter().map(now).chain(wanted.iter().filter(is_new).cloned()).collect()
}

impl Cards {
    /// Takes note of who is here and what is thought of them. Blocked devices are not shown.
    pub fn hear(&mut self, nearby: &[Nearby], known: &[KnownDevice]) {
        let trusts: HashMap<_, _> = known.iter().map(|known| (known.id, known.trust)).collect();
        let trust = |id| trusts.get(&id).copied().unwrap_or_default();
        // Hundreds may be announced, and each is compared with all.
        let essences: Vec<_> = nearby.iter().map(|one| one.name.essence()).collect();
        let mut named = HashMap::<&str, usize>::new();
        for essence in &essences {
            *named.entry(essence).or_default() += 1;
        }
        let here = nearby.iter().zip(&essences).map(|(one, essence)| {
            let used = self.used.iter().position(|used| *used == one.id);
            Card::new(one, trust(one.id), named[essence.as_str()] > 1, used)
        });
        self.wanted = here.filter(|card| card.trust != Trust::Blocked).collect();
        self.wanted.sort_by_cached_key(Card::order);
        let is_here = |device: &&KnownDevice| nearby.iter().any(|one| one.id == device.id);
        let mut away: Vec<_> = known
            .iter()
            .filter(|device| !matches!(device.trust, Trust::Blocked | Trust::Stranger) && !is_here(device))
            .collect();
        away.sort_by_key(|device| std::cmp::Reverse(device.seen));
        self.away = away.into_iter().take(PILLS).map(Away::new).collect();
    }

    /// These were sent to, the last first: they come first from now on.
    pub fn used(&mut self, devices: impl Iterator<Item = DeviceId>) {
        for id in devices.collect::<Vec<_>>().into_iter().rev() {
            self.used.retain(|used| *used != id);
            self.used.insert(0, id);
        }
        for card in &mut self.wanted {
            card.used = self.used.iter().position(|used| *used == card.id);
        }
        self.wanted.sort_by_cached_key(Card::order);
    }

    /// Whether anybody can be seen at all.
    pub fn sees(&mut self, sight: Sight) {
        self.sight = sight;
    }

    pub fn find(&self, id: DeviceId) -> Option<&Card> {
        self.wanted.iter().find(|card| card.id == id)
    }

    /// What a device is called and thought of, here or away.
    pub fn whois(&self, id: DeviceId) -> Option<(&str, Trust)> {
        let away =
            || self.away.iter().find(|away| away.id == id).map(|away| (away.name.as_str(), away.trust));
        self.find(id).map(|card| (card.name.as_str(), card.trust)).or_else(away)
    }

    /// Where each card was painted last.
    pub fn places(&self) -> Vec<(DeviceId, Rect)> {
        self.places.clone()
    }

    /// The card at a point, of cards that were in these places, if things can be sent to it.
    pub fn at(&self, point: egui::Pos2, places: &[(DeviceId, Rect)]) -> Option<DeviceId> {
        let (id, _) = places.iter().find(|(_, place)| place.contains(point))?;
        self.find(*id).filter(|card| card.can_be_sent_to()).map(|card| card.id)
    }

    /// The keyboard goes to this device's card, or to that of the device that was used last.
    pub fn call(&mut self, id: Option<DeviceId>) {
        let first = || self.wanted.iter().find(|card| card.can_be_sent_to()).map(|card| card.id);
        if let Some(id) = id.filter(|id| self.find(*id).is_some()).or_else(first) {
            self.current = Some(id);
            self.calls = true;
        }
    }

    /// Stands where the cursor is, as high as there are devices. `ring` tells what is shown of what is sent to one.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        ring: &dyn Fn(DeviceId) -> Option<Ring>,
        drag: Drag,
    ) -> Option<Asked> {
        let around = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), self.height(ui)));
        // What is dragged from elsewhere may be let go over any of them, and where it is isn’t told.
        let is_watched = self.menu || drag == Drag::Over || ui.rect_contains_pointer(around);
        self.shown = if is_watched { in_place(&self.shown, &self.wanted) } else { self.wanted.clone() };
        self.places.clear();
        self.menu = false;
        let mut asked = None;
        if self.shown.is_empty() {
            paint::nobody(ui, self.sight);
        } else {
            asked = self.grid(ui, ring, drag);
        }
        if self.away.is_empty() {
            asked
        } else {
            pills::show(ui, &self.away, ring).map(Asked::Send).or(asked)
        }
    }

    fn columns(ui: &Ui) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few columns")]
        let columns = ((ui.available_width() - 2.0 + GAP) / (COLUMN + GAP)) as usize;
        columns.max(1)
    }

    #[expect(clippy::cast_precision_loss, reason = "some hundreds at most")]
    fn height(&self, ui: &Ui) -> f32 {
        self.shown.len().div_ceil(Self::columns(ui)).max(1) as f32 * (CARD + GAP) - GAP + 2.0
    }

    fn grid(&mut self, ui: &mut Ui, ring: &dyn Fn(DeviceId) -> Option<Ring>, drag: Drag) -> Option<Asked> {
        let width = ui.available_width() - 2.0;
        let columns = Self::columns(ui);
        #[expect(clippy::cast_precision_loss, reason = "a few columns")]
        let each = (width + GAP) / columns as f32 - GAP;
        let (whole, _) = ui.allocate_exact_size(vec2(width, self.height(ui)), Sense::hover());
        if !self.shown.iter().any(|card| Some(card.id) == self.current) {
            self.current = self.shown.first().map(|card| card.id);
        }
        let mut asked = None;
        let mut next = None;
        for (i, card) in self.shown.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "some hundreds at most")]
            let at = vec2((i % columns) as f32 * (each + GAP), (i / columns) as f32 * (CARD + GAP));
            let place = Rect::from_min_size(whole.min + vec2(1.0, 1.0) + at, vec2(each, CARD));
            let seen = place.intersect(ui.clip_rect());
            if seen.is_positive() {
                self.places.push((card.id, seen));
            }
            let is_current = self.current == Some(card.id);
            if is_current && std::mem::take(&mut self.calls) {
                ui.memory_mut(|memory| memory.request_focus(id_of(card.id)));
                ui.scroll_to_rect(place, None);
            }
            let shown = one(ui, place, card, is_current, ring(card.id).as_ref(), drag);
            asked = shown.asked.or(asked);
            self.menu |= shown.menu;
            if shown.has_focus {
                next = step(ui, i, columns, self.shown.len());
            }
        }
        if let Some(next) = next {
            self.current = Some(self.shown[next].id);
            self.calls = true;
            ui.ctx().request_repaint();
        }
        asked
    }
}

fn id_of(device: DeviceId) -> Id {
    Id::unique(("device", device))
}

/// Where an arrow key leads from a card; `None` where none was pressed.
fn step(ui: &Ui, from: usize, columns: usize, count: usize) -> Option<usize> {
    let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let to = if pressed(Key::ArrowRight) {
        from + 1
    } else if pressed(Key::ArrowLeft) {
        from.checked_sub(1)?
    } else if pressed(Key::ArrowDown) {
        from + columns
    } else if pressed(Key::ArrowUp) {
        from.checked_sub(columns)?
    } else if pressed(Key::Home) {
        0
    } else if pressed(Key::End) {
        count - 1
    } else {
        return None;
    };
    (to < count).then_some(to)
}

struct Shown {
    asked: Option<Asked>,
    menu: bool,
    has_focus: bool,
}

/// Paints one card, and says what was asked of it.
fn one(ui: &mut Ui, place: Rect, card: &Card, is_current: bool, ring: Option<&Ring>, drag: Drag) -> Shown {
    let can = card.can_be_sent_to();
    let id = id_of(card.id);
    let response = ui.interact(place, id, if is_current { Sense::click() } else { Sense::CLICK });
    response.widget_info(|| WidgetInfo::labeled(Role::Button, can, &card.label));
    let words = ring.map_or(card.line.as_str(), |ring| ring.words.as_str());
    ui.ctx().accesskit_node_builder(id, |node| node.set_description(words));
    if response.has_focus() {
        let arrows =
            EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: true, escape: false };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, arrows));
    }
    if response.gained_focus() {
        ui.scroll_to_rect(place, None);
    }
    let dots =
        Rect::from_min_max(pos2(place.right() - MORE, place.top()), pos2(place.right(), place.top() + MORE));
    let more = ui.interact(dots, id.with("more"), Sense::CLICK);
    more.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("More about {}", card.name)));
    if ui.is_rect_visible(place) {
        paint::card(ui, place, card, &Marks { response: &response, more: &more, ring, drag });
    }
    let mut asked = None;
    let fill = |ui: &mut Ui| menu(ui, card);
    let opened = Popup::menu(&more).align(RectAlign::BOTTOM_END).width(210.0).show(fill);
    let called = Popup::context_menu(&response).width(210.0).show(fill);
    let is_open = opened.is_some() || called.is_some();
    for shown in [opened, called].into_iter().flatten() {
        asked = shown.inner.or(asked);
    }
    let has_focus = response.has_focus();
    let response = if can { response.on_hover_cursor(egui::CursorIcon::PointingHand) } else { response };
    if response.clicked() && can {
        asked = Some(Asked::Send(card.id));
    }
    more.on_hover_cursor(egui::CursorIcon::PointingHand);
    Shown { asked, menu: is_open, has_focus }
}

fn menu(ui: &mut Ui, card: &Card) -> Option<Asked> {
    let p = theme::palette(ui);
    let mut asked = None;
    ui.with_layout(Layout::top_down_justified(Align::Min), |ui| {
        ui.add(egui::Label::new(RichText::new(&card.name).family(theme::medium())).wrap());
        if card.sighting == Sighting::Disproved {
            let warning = "Another device answers where this one is announced. Nothing can be sent to it.";
            ui.add(egui::Label::new(small(warning, p.bad)).wrap());
        }
        ui.add(
            egui::Label::new(RichText::new(card.id.to_string()).monospace().size(12.0).color(p.faint)).wrap(),
        );
        let mut item = |ui: &mut Ui, text: &str, wish: Asked| {
            if ui.add(egui::Button::new(text).frame_when_inactive(false)).clicked() {
                asked = Some(wish);
                ui.close();
            }
        };
        item(ui, "Copy its id", Asked::Copy(card.id.to_string()));
        if card.trust == Trust::Stranger {
            item(ui, "Block this device", Asked::Block(card.id));
        } else {
            item(ui, "Trust and folder…", Asked::Details);
        }
    });
    asked
}

#[cfg(test)]
mod tests;
