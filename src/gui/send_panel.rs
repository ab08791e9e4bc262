//! The Send panel: what is in the tray, and whom it goes to. Pressing a device sends.
//!
//! Knows the tray, the devices and what has gone. Must not know how far a transfer is: Activity tells.

mod cards;
mod destination;
mod sendings;
mod tiles;
mod tray;
mod typing;
mod zone;

use std::path::PathBuf;

use egui::{Align, Context, Layout, Rect, RichText, ScrollArea, Ui};

use self::{
    cards::{Asked, Cards, Sight},
    destination::Destination,
    sendings::{Asks, Sendings, Standing},
    tiles::Tiles,
    tray::Tray,
    typing::{Typed, Typing},
    zone::Wanted,
};
use super::{
    activity::{Activity, Ring, RingState},
    desktop::Pick,
    history::Thumbnails,
    path_entry::Why,
    theme,
    tools::{Purpose, Tools},
    widgets::{Button, Drag, Look, card, inside, line, small, split_bottom, strong, title},
};
use crate::{
    engine::{Command, DeviceChange, Snapshot, Wake},
    model::{DeviceId, Target, Text, Trust},
};

/// Seconds after a drop in which the pointer may still be heard of: while something is dragged from
/// elsewhere, its place is not told.
const DROP: f64 = 0.5;
/// Height of what is said after a press.
const AFTER: f32 = 46.0;
/// In a panel that is at least so high, in points, more is shown at once.
const TALL: f32 = 520.0;

pub struct SendPanel {
    tray: Tray,
    tiles: Tiles,
    cards: Cards,
    destination: Destination,
    sendings: Sendings,
    typing: Option<Typing>,
    dropped: Option<Dropped>,
    /// Whom that goes to which is being chosen in a dialog.
    chooses_for: Option<DeviceId>,
}

/// What was dropped a moment ago, and not on a card as far as was told.
struct Dropped {
    /// Where the cards were at that moment: what was dropped may move them.
    places: Vec<(DeviceId, Rect)>,
    /// On the window's clock.
    until: f64,
}

/// What a person wants that is not the panel's to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To know why a device is not in sight.
    Unseen,
    /// To see what is kept of devices.
    Devices,
}

impl SendPanel {
    pub fn new(wake: Wake) -> Self {
        Self {
            tray: Tray::default(),
            tiles: Tiles::new(Thumbnails::start(wake)),
            cards: Cards::default(),
            destination: Destination::default(),
            sendings: Sendings::default(),
            typing: None,
            dropped: None,
            chooses_for: None,
        }
    }

    /// Something else is put in: what has gone makes room for it.
    fn begin_anew(&mut self) {
        if self.sendings.is_used() && !self.sendings.can_undo() {
            self.done();
        }
    }

    /// The tray is for something else from now on.
    fn done(&mut self) {
        self.cards.used(self.sendings.devices());
        self.sendings.forget();
        self.tray.empty();
    }

    pub fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        let mut paths = paths.into_iter().peekable();
        if paths.peek().is_some() {
            self.begin_anew();
            self.tray.add(paths);
        }
    }

    /// What was chosen in a dialog; where it was opened for a device, it goes there.
    pub fn chosen(&mut self, paths: Vec<PathBuf>, ctx: &Context, tools: &mut Tools) {
        let whom = self.chooses_for.take().filter(|_| !paths.is_empty());
        self.add(paths);
        if let Some(id) = whom {
            self.press(id, ctx, tools);
        }
    }

    /// Makes ready to send something once more: to that device, if it can be told which one it was.
    pub fn again(&mut self, path: PathBuf, device: Option<DeviceId>) {
        self.add([path]);
        if let Some(id) = device {
            match self.cards.whois(id) {
                Some(_) => self.cards.call(Some(id)),
                // It is found by its id wherever it is.
                None => self.destination.type_anew(id.to_string()),
            }
        }
    }

    /// Takes what was pasted. The next press of Enter sends it to whom something was sent last.
    pub fn paste(&mut self, paths: Vec<PathBuf>, text: Option<Text>) {
        if paths.is_empty() && text.is_none() {
            return;
        }
        self.begin_anew();
        self.tray.add(paths);
        if let Some(text) = text {
            self.tray.add_text(text);
        }
        self.cards.call(None);
    }

    /// Takes what was dropped: it is sent where it was dropped on a device, and else kept to be sent.
    pub fn drop_in(&mut self, paths: Vec<PathBuf>, ctx: &Context, tools: &mut Tools) {
        if !paths.is_empty() {
            let places = self.cards.places();
            self.add(paths);
            self.dropped = Some(Dropped { places, until: ctx.time() + DROP });
        }
        let Some(dropped) = &self.dropped else { return };
        if ctx.time() > dropped.until {
            self.dropped = None;
        } else if let Some(at) = ctx.input(|i| i.pointer.latest_pos())
            && let Some(Dropped { places, .. }) = self.dropped.take()
        {
            // A question may stand over the cards.
            let is_free = ctx.layer_id_at(at).is_none_or(|layer| layer.order == egui::Order::Background);
            if let Some(id) = self.cards.at(at, &places).filter(|_| is_free) {
                self.press(id, ctx, tools);
            }
        }
    }

    /// Takes note of who is here and who is known.
    pub fn hear(&mut self, snapshot: &Snapshot) {
        self.cards.hear(&snapshot.nearby, &snapshot.known);
        self.cards.sees(if snapshot.deaf.is_some() { Sight::Barred } else { Sight::Clear });
    }

    /// What to do where no file dialog can be shown.
    pub fn offer_typing(&mut self, why: Why) {
        self.typing = Some(Typing::path(why));
    }

    /// Asks for sizes, hears the answers, and lets go of what was held for long enough.
    pub fn update(&mut self, ctx: &Context, tools: &mut Tools) {
        self.tray.measure(ctx, tools.handle());
        self.tiles.update(ctx);
        self.sendings.update(ctx, tools);
    }

    /// The window closes: nothing is held any more.
    pub fn flush(&mut self, tools: &mut Tools) {
        self.sendings.flush(tools);
    }

    /// A device was pressed: what is in the tray goes there, or something is chosen for it.
    fn press(&mut self, id: DeviceId, ctx: &Context, tools: &mut Tools) {
        if self.tray.items().is_empty() {
            if !tools.dialog_is_open() {
                self.chooses_for = Some(id);
                tools.pick(ctx, Purpose::Sending, Pick::Files);
            }
            return;
        }
        let (name, trust) = self.cards.whois(id).unwrap_or_default();
        let name = name.to_owned();
        // Devices that are one’s own take without a question, and so do those that trust each other.
        let asks = if matches!(trust, Trust::Own | Trust::Trusted) { Asks::Nobody } else { Asks::Somebody };
        self.send(Target::Device(id), &name, asks, ctx, tools);
    }

    fn send(&mut self, to: Target, name: &str, asks: Asks, ctx: &Context, tools: &mut Tools) {
        if self.tray.items().is_empty() {
            tools.notices.failed("Choose something to send first.");
        } else if let Some(obstacle) = self.tray.obstacle() {
            tools.notices.failed(obstacle);
        } else if self.sendings.send(to, name, self.tray.sources(), asks, ctx, tools) {
            self.typing = None;
            self.destination.used();
        }
    }

    /// Fills the rectangle.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        recent: &[String],
        activity: &Activity,
        tools: &mut Tools,
    ) -> Option<Wish> {
        let over = self.dropped.is_some() || ui.input(|i| !i.raw.hovered_files.is_empty());
        let drag = if over { Drag::Over } else { Drag::None };
        card(ui, rect, |ui| {
            let after = if self.sendings.is_used() { AFTER + 8.0 } else { 0.0 };
            let (above, foot) = split_bottom(ui.max_rect(), after);
            let wish = inside(ui, above, |ui| {
                let area = ScrollArea::vertical().id_salt("send").auto_shrink([false, false]);
                area.show(ui, |ui| {
                    // The scroll bar floats over what is beside.
                    ui.set_max_width(ui.available_width() - 4.0);
                    ui.spacing_mut().item_spacing.y = 6.0;
                    self.what(ui, above.height(), drag, tools);
                    self.whom(ui, recent, drag, activity, tools)
                })
                .inner
            });
            if after > 0.0 {
                inside(ui, foot.with_min_y(foot.top() + 8.0), |ui| self.after(ui));
            }
            wish
        })
    }

    fn what(&mut self, ui: &mut Ui, height: f32, drag: Drag, tools: &mut Tools) {
        let p = theme::palette(ui);
        ui.horizontal(|ui| {
            title(ui, "Send");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if self.tray.can_restore() && self.tray.items().is_empty() {
                    if ui.add(Button::new("Undo clear", Look::Quiet)).clicked() {
                        self.tray.restore();
                    }
                } else if !self.tray.items().is_empty() {
                    if ui.add(Button::new("Clear", Look::Quiet)).clicked() {
                        self.sendings.forget();
                        self.tray.clear();
                    }
                    line(ui, RichText::new(self.tray.total()).color(p.faint));
                }
            });
        });
        let is_empty = self.tray.items().is_empty();
        match zone::show(ui, is_empty && height >= TALL, drag, tools.dialog_is_open()) {
            Some(Wanted::Dialog(what)) => {
                self.chooses_for = None;
                tools.pick(ui.ctx(), Purpose::Sending, what);
            }
            Some(Wanted::Path) => self.offer_typing(Why::Asked),
            Some(Wanted::Text) => self.typing = Some(Typing::text()),
            None => {}
        }
        match self.typing.as_mut().and_then(|typing| typing.show(ui)) {
            Some(Typed::Path(path)) => self.add([path]),
            Some(Typed::Text(text)) => {
                self.typing = None;
                self.paste(Vec::new(), Some(text));
            }
            Some(Typed::Closed) => self.typing = None,
            None => {}
        }
        if !self.tray.items().is_empty() {
            let rows = if height >= TALL { 2 } else { 1 };
            let removed = ui.scope(|ui| self.tiles.show(ui, &self.tray, rows)).inner;
            if let Some(i) = removed {
                self.tray.remove(i);
            }
        }
    }

    fn whom(
        &mut self,
        ui: &mut Ui,
        recent: &[String],
        drag: Drag,
        activity: &Activity,
        tools: &mut Tools,
    ) -> Option<Wish> {
        let mut wish = None;
        ui.horizontal(|ui| {
            ui.label(strong("Send to").size(15.0));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.add(Button::new("Can’t see a device?", Look::Quiet)).clicked() {
                    wish = Some(Wish::Unseen);
                }
            });
        });
        let sendings = &self.sendings;
        let ring = |id| match sendings.of(id)? {
            Standing::Held => {
                Some(Ring { state: RingState::Runs, fraction: None, words: "Sending in a moment".to_owned() })
            }
            Standing::Gone(transfer) => activity.ring(transfer),
        };
        let asked = self.cards.show(ui, &ring, drag);
        // What is on its way there already doesn’t go there twice.
        let is_busy = matches!(&asked, Some(Asked::Send(id))
            if ring(*id).is_some_and(|ring| ring.state == RingState::Runs));
        if let Some(to) = self.destination.show(ui, recent) {
            let name = to.to_string();
            let ctx = ui.ctx().clone();
            self.send(to, &name, Asks::Somebody, &ctx, tools);
        }
        match asked {
            None => {}
            Some(Asked::Send(_)) if is_busy => {}
            Some(Asked::Send(id)) => {
                let ctx = ui.ctx().clone();
                self.press(id, &ctx, tools);
            }
            Some(Asked::Copy(text)) => tools.copy(ui.ctx(), &text),
            Some(Asked::Details) => wish = Some(Wish::Devices),
            Some(Asked::Block(id)) => {
                tools.ask(Command::Device { id, change: DeviceChange::Trust(Trust::Blocked) });
            }
        }
        wish
    }

    /// What is said after a press: to whom it goes, that it can go to others too, and how to be done with it.
    fn after(&mut self, ui: &mut Ui) {
        let p = theme::palette(ui);
        let rect = ui.max_rect();
        ui.painter().rect_filled(rect, 11.0, p.accent_soft);
        inside(ui, rect.shrink2(egui::vec2(12.0, 5.0)), |ui| {
            ui.horizontal_centered(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.add(Button::new("Done", Look::Plain)).clicked() {
                        self.done();
                    }
                    if self.sendings.can_undo()
                        && ui.add(Button::new("Undo", Look::Plain).named("Undo sending")).clicked()
                    {
                        self.sendings.undo();
                    }
                    ui.vertical(|ui| {
                        ui.spacing_mut().item_spacing.y = 0.0;
                        line(ui, strong(format!("Sending to {}", self.sendings.last())));
                        line(ui, small("Press another device to send the same to it too", p.faint));
                    });
                });
            });
        });
    }
}
