//! The devices that things can be sent to, one card each. Nothing moves while the pointer is over them.

use std::collections::HashMap;

use egui::{
    Align, CornerRadius, CursorIcon, FontId, Id, Layout, Popup, Rect, RectAlign, Response, RichText, Role,
    ScrollArea, Sense, Stroke, StrokeKind, TextStyle, TextWrapMode, Ui, WidgetInfo, WidgetText, pos2, vec2,
};

use crate::{
    engine::DEFAULT_PORT,
    gui::{
        icons::{self, Icon},
        theme,
        widgets::{Drag, small},
    },
    model::{DeviceId, DeviceKind, KnownDevice, Nearby, Sighting, Trust, text},
};

/// Height of a card, and the space between two.
const CARD: f32 = 44.0;
const GAP: f32 = 6.0;
/// A column is at least this wide.
const COLUMN: f32 = 200.0;
/// Of a row that doesn’t fit, so much is seen: there is more.
const PEEK: f32 = 14.0;

/// Room for so many rows and a glimpse of the next.
#[expect(clippy::cast_precision_loss, reason = "a few rows")]
pub const fn height(rows: usize) -> f32 {
    rows as f32 * (CARD + GAP) - GAP + PEEK
}

#[derive(Default)]
pub struct Cards {
    /// As they are on the screen.
    shown: Vec<Card>,
    /// As they should be.
    wanted: Vec<Card>,
    /// Where each was painted last, and whether a menu was open.
    places: Vec<(DeviceId, Rect)>,
    menu: bool,
    sight: Sight,
}

/// Whether devices can be seen at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    #[default]
    Clear,
    Barred,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub id: DeviceId,
    pub name: String,
    pub trust: Trust,
    kind: DeviceKind,
    sighting: Sighting,
    /// By which route, or what is wrong.
    line: String,
    /// For assistive technology: its name and, where two share it, the beginning of its id.
    label: String,
    presence: Presence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Here,
    /// It has left, and its place is kept while the pointer is near.
    Gone,
}

/// What a person asked of a card.
pub enum Asked {
    Pick(DeviceId),
    Block(DeviceId),
    Copy(String),
    /// To see what is kept of it.
    Details,
}

impl Card {
    fn new(nearby: &Nearby, trust: Trust, shares: bool) -> Self {
        let name = text::visible(nearby.name.as_str()).into_owned();
        let route = nearby.routes.first().map(|route| match route.address.port() {
            DEFAULT_PORT => route.address.ip().to_string(),
            _ => route.address.to_string(),
        });
        let where_to = match nearby.sighting {
            Sighting::Disproved => Some("Could not verify".to_owned()),
            Sighting::Silent => Some("Doesn’t answer".to_owned()),
            Sighting::Unproved | Sighting::Proved => route,
        };
        let id = shares.then(|| nearby.id.short());
        Self {
            label: id.as_ref().map_or_else(|| name.clone(), |id| format!("{name} ({id})")),
            line: id.into_iter().chain(where_to).collect::<Vec<_>>().join(" · "),
            id: nearby.id,
            kind: nearby.kind,
            sighting: nearby.sighting,
            presence: Presence::Here,
            name,
            trust,
        }
    }

    /// False for one that another device answers for, and for one that has left.
    pub fn can_be_sent_to(&self) -> bool {
        self.sighting != Sighting::Disproved && self.presence == Presence::Here
    }

    fn description(&self) -> String {
        let trust = match self.trust {
            Trust::Stranger => "never met",
            Trust::Known => "you know it",
            Trust::Trusted => "you trust it",
            Trust::Own => "your own",
            Trust::Blocked => "blocked",
        };
        format!("{}, {trust}, {}", self.kind, self.line)
    }
}

/// A person’s own first, then those they trust and know; by name among equals.
fn order(card: &Card) -> (u8, String, DeviceId) {
    let rank = match card.trust {
        Trust::Own => 0,
        Trust::Trusted => 1,
        Trust::Known => 2,
        Trust::Stranger => 3,
        Trust::Blocked => 4,
    };
    (rank, card.name.to_lowercase(), card.id)
}

/// What is on the screen, brought up to date without moving anything: what is new comes last, what has
/// left keeps its place.
fn in_place(shown: &[Card], wanted: &[Card]) -> Vec<Card> {
    let now = |card: &Card| {
        let gone = Card { presence: Presence::Gone, line: "Has left".to_owned(), ..card.clone() };
        wanted.iter().find(|other| other.id == card.id).cloned().unwrap_or(gone)
    };
    let is_new = |card: &&Card| !shown.iter().any(|other| other.id == card.id);
    shown.iter().map(now).chain(wanted.iter().filter(is_new).cloned()).collect()
}

impl Cards {
    /// Takes note of who is here and what is thought of them. Blocked devices are not shown.
    pub fn hear(&mut self, nearby: &[Nearby], known: &[KnownDevice]) {
        let known: HashMap<_, _> = known.iter().map(|known| (known.id, known.trust)).collect();
        let trust = |id| known.get(&id).copied().unwrap_or_default();
        // Hundreds may be announced, and each is compared with all.
        let essences: Vec<_> = nearby.iter().map(|one| one.name.essence()).collect();
        let mut named = HashMap::<&str, usize>::new();
        for essence in &essences {
            *named.entry(essence).or_default() += 1;
        }
        let here = nearby.iter().zip(&essences);
        let here = here.map(|(one, essence)| Card::new(one, trust(one.id), named[essence.as_str()] > 1));
        self.wanted = here.filter(|card| card.trust != Trust::Blocked).collect();
        self.wanted.sort_by_cached_key(order);
    }

    /// Whether anybody can be seen at all.
    pub fn sees(&mut self, sight: Sight) {
        self.sight = sight;
    }

    pub fn find(&self, id: DeviceId) -> Option<&Card> {
        self.wanted.iter().find(|card| card.id == id)
    }

    /// The card at a point, if things can be sent to it.
    pub fn at(&self, point: egui::Pos2) -> Option<DeviceId> {
        let (id, _) = self.places.iter().find(|(_, place)| place.contains(point))?;
        self.find(*id).filter(|card| card.can_be_sent_to()).map(|card| card.id)
    }

    /// Fills the rectangle.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, picked: Option<DeviceId>, drag: Drag) -> Option<Asked> {
        // What is dragged from elsewhere may be let go over any of them, and where it is isn’t told.
        let is_watched = self.menu || drag == Drag::Over || ui.rect_contains_pointer(rect);
        self.shown = if is_watched { in_place(&self.shown, &self.wanted) } else { self.wanted.clone() };
        self.places.clear();
        self.menu = false;
        if self.shown.is_empty() {
            nobody(ui, rect, self.sight);
            return None;
        }
        let mut child =
            ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min)));
        ScrollArea::vertical()
            .id_salt("devices")
            .auto_shrink([false, false])
            .show(&mut child, |ui| self.grid(ui, picked, drag))
            .inner
    }

    fn grid(&mut self, ui: &mut Ui, picked: Option<DeviceId>, drag: Drag) -> Option<Asked> {
        let width = ui.available_width() - 2.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few columns")]
        let columns = (((width + GAP) / (COLUMN + GAP)) as usize).max(1);
        #[expect(clippy::cast_precision_loss, reason = "a few columns")]
        let each = (width + GAP) / columns as f32 - GAP;
        let rows = self.shown.len().div_ceil(columns);
        #[expect(clippy::cast_precision_loss, reason = "some hundreds at most")]
        let (whole, _) =
            ui.allocate_exact_size(vec2(width, rows as f32 * (CARD + GAP) - GAP + 2.0), Sense::hover());
        let mut asked = None;
        for (i, card) in self.shown.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "some hundreds at most")]
            let at = vec2((i % columns) as f32 * (each + GAP), (i / columns) as f32 * (CARD + GAP));
            let place = Rect::from_min_size(whole.min + vec2(1.0, 1.0) + at, vec2(each, CARD));
            let seen = place.intersect(ui.clip_rect());
            if seen.is_positive() {
                self.places.push((card.id, seen));
            }
            let (wish, menu) = one(ui, place, card, picked == Some(card.id), drag);
            asked = wish.or(asked);
            self.menu |= menu;
        }
        asked
    }
}

fn nobody(ui: &mut Ui, rect: Rect, sight: Sight) {
    let p = theme::palette(ui);
    let (text, color) = match sight {
        Sight::Clear => {
            ("No device is in sight. Devices appear here by themselves as soon as they receive.", p.faint)
        }
        Sight::Barred => (
            "No device can be seen from here now. “Can’t see a device?” says why; an address works all the same.",
            p.warn,
        ),
    };
    ui.painter().rect(
        rect.shrink(1.0),
        CornerRadius::same(10),
        p.well,
        Stroke::new(1.0, p.line),
        StrokeKind::Inside,
    );
    let inner = rect.shrink2(vec2(14.0, 8.0));
    let picture = pos2(inner.left() + 14.0, inner.center().y);
    icons::BROADCAST.paint(ui.painter(), picture, 26.0, p.edge);
    let words = Rect::from_min_max(pos2(inner.left() + 42.0, inner.top()), inner.max);
    let mut child =
        ui.new_child(egui::UiBuilder::new().max_rect(words).layout(Layout::left_to_right(Align::Center)));
    child.add(egui::Label::new(small(text, color)).wrap());
}

/// Paints one card; also says whether its menu is open.
fn one(ui: &mut Ui, place: Rect, card: &Card, picked: bool, drag: Drag) -> (Option<Asked>, bool) {
    let can = card.can_be_sent_to();
    let id = Id::unique(("device", card.id));
    let response = ui.interact(place, id, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, can, picked, &card.label));
    ui.ctx().accesskit_node_builder(id, |node| node.set_description(card.description()));
    let dots = Rect::from_min_max(pos2(place.right() - 28.0, place.top()), place.max);
    let more = ui.interact(dots, id.with("more"), Sense::click());
    more.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("More about {}", card.label)));
    if ui.is_rect_visible(place) {
        paint(ui, place, card, (&response, &more), picked, drag);
    }
    let mut asked = None;
    let fill = |ui: &mut Ui| menu(ui, card);
    let opened = Popup::menu(&more).align(RectAlign::BOTTOM_END).width(210.0).show(fill);
    let called = Popup::context_menu(&response).width(210.0).show(fill);
    let is_open = opened.is_some() || called.is_some();
    for shown in [opened, called].into_iter().flatten() {
        asked = shown.inner.or(asked);
    }
    let response = if can { response.on_hover_cursor(CursorIcon::PointingHand) } else { response };
    if response.clicked() && can {
        asked = Some(Asked::Pick(card.id));
    }
    more.on_hover_cursor(CursorIcon::PointingHand);
    (asked, is_open)
}

fn paint(
    ui: &Ui,
    place: Rect,
    card: &Card,
    (response, more): (&Response, &Response),
    picked: bool,
    drag: Drag,
) {
    let p = theme::palette(ui);
    let can = card.can_be_sent_to();
    let lit = ui.ctx().animate_bool_responsive(response.id, can && (response.hovered() || more.hovered()));
    let ground = if picked { p.accent_soft } else { p.well.lerp_to_gamma(p.raised, lit) };
    let line =
        if picked || (can && drag == Drag::Over) { p.accent } else { p.line.lerp_to_gamma(p.edge, lit) };
    let radius = CornerRadius::same(10);
    ui.painter().rect(
        place,
        radius,
        ground,
        Stroke::new(if picked { 1.5 } else { 1.0 }, line),
        StrokeKind::Inside,
    );
    for part in [response, more] {
        if part.has_focus() {
            ui.painter().rect_stroke(part.rect, radius, Stroke::new(2.0, p.accent), StrokeKind::Inside);
        }
    }
    let faded = if can { 1.0 } else { 0.6 };
    let picture = pos2(place.left() + 24.0, place.center().y);
    let color = if picked { p.accent } else { p.text.gamma_multiply(faded) };
    Icon::of_device(card.kind).paint(ui.painter(), picture, 22.0, color);
    icons::DOTS.paint(ui.painter(), more.rect.center(), 18.0, if more.hovered() { p.text } else { p.faint });

    let left = place.left() + 44.0;
    let room = more.rect.left() - left;
    let mark = match card.trust {
        Trust::Own => Some((icons::STAR, p.accent)),
        Trust::Trusted => Some((icons::SHIELD, p.good)),
        Trust::Known => Some((icons::CHECK, p.good)),
        Trust::Stranger | Trust::Blocked => None,
    };
    let beside = if mark.is_some() { 18.0 } else { 0.0 };
    let name = WidgetText::from(RichText::new(&card.name).family(theme::medium()).size(13.5));
    let name = name.into_galley(ui, Some(TextWrapMode::Truncate), room - beside, TextStyle::Body);
    let middle = place.top() + 15.0;
    let end = left + name.size().x;
    ui.painter().galley(pos2(left, middle - name.size().y / 2.0), name, p.text.gamma_multiply(faded));
    if let Some((image, color)) = mark {
        image.paint(ui.painter(), pos2(end + 10.0, middle), 14.0, color);
    }
    let color = if card.sighting == Sighting::Disproved { p.bad } else { p.faint };
    let line = WidgetText::from(RichText::new(&card.line).font(FontId::proportional(11.5)));
    let line = line.into_galley(ui, Some(TextWrapMode::Truncate), room, TextStyle::Small);
    ui.painter().galley(pos2(left, place.top() + 31.0 - line.size().y / 2.0), line, color);
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
            egui::Label::new(RichText::new(card.id.to_string()).monospace().size(11.0).color(p.faint)).wrap(),
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
mod tests {
    use super::*;
    use crate::model::{DeviceName, Proof, Route};
    use std::time::SystemTime;

    fn nearby(name: &str, key: u8) -> Nearby {
        Nearby {
            id: DeviceId::of_public_key(&[key]),
            name: DeviceName::parse(name).unwrap(),
            kind: DeviceKind::Laptop,
            sighting: Sighting::Proved,
            routes: vec![Route {
                address: "10.0.0.7:27543".parse().unwrap(),
                interface: None,
                answer: crate::model::RouteAnswer::Untried,
            }],
        }
    }

    fn known(key: u8, trust: Trust) -> KnownDevice {
        KnownDevice {
            id: DeviceId::of_public_key(&[key]),
            name: DeviceName::parse("x").unwrap(),
            kind: DeviceKind::Laptop,
            trust,
            proof: Proof::Compared,
            folder: None,
            recording: crate::model::Recording::default(),
            addresses: Vec::new(),
            met: SystemTime::UNIX_EPOCH,
            seen: SystemTime::UNIX_EPOCH,
        }
    }

    fn names(cards: &[Card]) -> Vec<&str> {
        cards.iter().map(|card| card.name.as_str()).collect()
    }

    #[test]
    fn ones_own_come_first_and_blocked_ones_never() {
        let mut cards = Cards::default();
        let here = [nearby("anna", 1), nearby("Bert", 2), nearby("zoe", 3), nearby("evil", 4)];
        cards.hear(&here, &[known(3, Trust::Own), known(2, Trust::Trusted), known(4, Trust::Blocked)]);
        assert_eq!(names(&cards.wanted), ["zoe", "Bert", "anna"]);
    }

    #[test]
    fn while_the_pointer_is_there_nothing_moves() {
        let mut cards = Cards::default();
        cards.hear(&[nearby("b", 1), nearby("d", 2)], &[]);
        let shown = cards.wanted.clone();
        cards.hear(&[nearby("a", 3), nearby("d", 2), nearby("c", 4)], &[]);
        let now = in_place(&shown, &cards.wanted);
        assert_eq!(names(&now), ["b", "d", "a", "c"]);
        assert!(!now[0].can_be_sent_to() && now[1].can_be_sent_to());
        // One that comes back takes its own place again.
        cards.hear(&[nearby("b", 1)], &[]);
        assert!(in_place(&now, &cards.wanted)[0].can_be_sent_to());
    }

    #[test]
    fn of_two_that_share_a_name_the_ids_are_told() {
        let mut cards = Cards::default();
        cards.hear(&[nearby("Laptop", 1), nearby("laptop ", 2), nearby("other", 3)], &[]);
        let id = |key: u8| DeviceId::of_public_key(&[key]).short();
        for key in [1, 2] {
            let card = cards.find(DeviceId::of_public_key(&[key])).unwrap();
            assert!(card.line.starts_with(&id(key)) && card.label.contains(&id(key)), "{card:?}");
        }
        assert_eq!(cards.find(DeviceId::of_public_key(&[3])).unwrap().line, "10.0.0.7");
    }
}
