//! Where to: the devices in sight, the line for anything else, and what is wrong with it.

use egui::{Align, Key, Label, Layout, Popup, Rect, RectAlign, Ui, pos2, vec2};

use super::{
    Obstacle,
    cards::{Asked, Cards, Sight},
};
use crate::{
    gui::{
        icons, theme,
        widgets::{Button, Drag, Field, Look, icon_button, inside, small, unlabelled},
    },
    model::{BadAddress, BadTarget, DeviceId, KnownDevice, Nearby, Target, text},
};

/// Everything but the cards.
pub const AROUND: f32 = 92.0;

pub struct Destination {
    pub cards: Cards,
    typed: String,
    parsed: Result<Target, BadTarget>,
    picked: Option<Picked>,
}

struct Picked {
    id: DeviceId,
    /// What it was called when it was last seen.
    name: String,
}

/// What a person did here in this frame.
pub enum Done {
    Nothing,
    /// Asked for sending from within the line.
    Entered,
    /// Wants to know why a device is not in sight.
    Unseen,
    Asked(Asked),
}

impl Destination {
    pub fn new(typed: String) -> Self {
        Self { cards: Cards::default(), parsed: typed.parse(), typed, picked: None }
    }

    pub fn hear(&mut self, nearby: &[Nearby], known: &[KnownDevice]) {
        self.cards.hear(nearby, known);
        if let Some(picked) = &mut self.picked
            && let Some(card) = self.cards.find(picked.id)
        {
            picked.name.clone_from(&card.name);
        }
    }

    /// Whether anybody can be seen at all.
    pub fn sees(&mut self, sight: Sight) {
        self.cards.sees(sight);
    }

    /// Makes a device the one to send to, or lets go of it when it is that already.
    pub fn pick(&mut self, id: DeviceId) {
        if self.picked.as_ref().is_some_and(|picked| picked.id == id) {
            self.picked = None;
        } else if let Some(card) = self.cards.find(id) {
            self.picked = Some(Picked { id, name: card.name.clone() });
            self.type_anew(String::new());
        }
    }

    /// Makes a device the one to send to, in sight or not.
    pub fn aim(&mut self, id: DeviceId) {
        self.picked = None;
        self.pick(id);
        if self.picked.is_none() {
            // It is found by its id wherever it is.
            self.type_anew(id.to_string());
        }
    }

    fn type_anew(&mut self, typed: String) {
        self.parsed = typed.parse();
        self.typed = typed;
    }

    /// A code is good for once.
    pub fn used(&mut self) {
        if matches!(self.parsed, Ok(Target::Code(_))) {
            self.type_anew(String::new());
        }
    }

    /// # Errors
    /// What stands in the way of sending there.
    pub fn target(&self) -> Result<Target, Obstacle> {
        if let Some(picked) = &self.picked {
            let card = self.cards.find(picked.id);
            let can = card.is_none_or(super::cards::Card::can_be_sent_to);
            return if can { Ok(Target::Device(picked.id)) } else { Err(Obstacle::NotVerified) };
        }
        self.parsed.clone().map_err(|problem| match problem {
            BadTarget::Address(BadAddress::Empty) => Obstacle::NoAddress,
            _ => Obstacle::BadAddress,
        })
    }

    /// What the button that sends there says.
    pub fn invitation(&self, to: &Target) -> String {
        let name = match (to, &self.picked) {
            (Target::Device(_), Some(picked)) => picked.name.clone(),
            (Target::Device(id), None) => {
                self.cards.find(*id).map_or_else(|| id.short(), |card| card.name.clone())
            }
            (Target::Link(link), _) => link.address.to_string(),
            (Target::Code(code), _) => return format!("Send by code {}-…", code.channel()),
            (Target::Address(_) | Target::Name(_), _) => to.to_string(),
        };
        format!("Send to {}", text::visible(&name))
    }

    /// Fills the rectangle.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, recent: &[String], drag: Drag) -> Done {
        let p = theme::palette(ui);
        let mut done = Done::Nothing;
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.spacing_mut().interact_size.y = 22.0;
        let label = ui
            .horizontal(|ui| {
                let label = ui.label(small("To", p.faint).family(theme::medium()));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let unseen = Button::new("Can’t see a device?", Look::Quiet).height(22.0);
                    if ui.add(unseen).clicked() {
                        done = Done::Unseen;
                    }
                });
                label
            })
            .inner;
        let top = ui.cursor().min;
        let cards = Rect::from_min_size(top, vec2(rect.width(), rect.height() - AROUND));
        let picked = self.picked.as_ref().map(|picked| picked.id);
        if let Some(asked) = self.cards.show(ui, cards, picked, drag) {
            done = Done::Asked(asked);
        }
        ui.advance_cursor_after_rect(cards.with_max_y(cards.bottom() + 2.0));
        let beside = if recent.is_empty() { 0.0 } else { theme::CONTROL_HEIGHT + 8.0 };
        let about = Field { label: "To", hint: "Or type an address, a name, a code or a link" };
        let edit = unlabelled(ui, &mut self.typed, &about, beside).labelled_by(label.id);
        if edit.changed() {
            self.parsed = self.typed.parse();
            if !self.typed.trim().is_empty() {
                self.picked = None;
            }
        }
        if !recent.is_empty() {
            self.recent(ui, edit.rect, recent);
        }
        self.help(ui, edit.has_focus());
        if edit.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
            done = Done::Entered;
        }
        done
    }

    /// What to know about whom it goes to: one line.
    fn help(&self, ui: &mut Ui, is_typing: bool) {
        let p = theme::palette(ui);
        let (words, color) = match (&self.picked, &self.parsed) {
            (Some(picked), _) => match self.cards.find(picked.id) {
                Some(card) if !card.can_be_sent_to() => {
                    ("Another device answers where this one is announced.".to_owned(), p.bad)
                }
                Some(_) => (String::new(), p.faint),
                None => {
                    (format!("{} is not in sight now. It is tried where it was last.", picked.name), p.warn)
                }
            },
            // What is typed so far may be on its way to an address.
            (None, Err(BadTarget::Address(BadAddress::Port(digits)))) if digits.is_empty() && is_typing => {
                (String::new(), p.faint)
            }
            (None, Err(BadTarget::Address(BadAddress::Empty))) => (String::new(), p.faint),
            (None, Ok(target)) => (kind(target).to_owned(), p.faint),
            (None, Err(problem)) => (text::visible(&problem.to_string()).into_owned(), p.bad),
        };
        if !words.is_empty() {
            ui.add(Label::new(small(words, color)).truncate().show_tooltip_when_elided(true));
        }
    }

    /// The menu of addresses that things were sent to, beside the line.
    fn recent(&mut self, ui: &mut Ui, line: Rect, recent: &[String]) {
        let side = theme::CONTROL_HEIGHT;
        let place = Rect::from_min_size(pos2(line.right() + 8.0, line.top()), vec2(side, side));
        let button = inside(ui, place, |ui| icon_button(ui, icons::CARET_DOWN, "Recent addresses"));
        let menu = Popup::menu(&button).align(RectAlign::BOTTOM_END).width(line.width().min(300.0));
        menu.layout(Layout::top_down_justified(Align::Min)).show(|ui| {
            for address in recent {
                let item = egui::Button::new(text::visible(address)).frame_when_inactive(false).truncate();
                if ui.add(item).clicked() {
                    self.picked = None;
                    self.type_anew(address.clone());
                    ui.close();
                }
            }
        });
    }
}

/// As what the line was understood.
fn kind(target: &Target) -> &'static str {
    match target {
        Target::Address(_) => "To whoever answers there. The first time, you compare a code.",
        Target::Device(_) => "To the device of this id, wherever it is.",
        Target::Name(_) => "To the device of this name.",
        Target::Link(_) => "To this device and no other.",
        Target::Code(_) => "To the device that shows this code.",
    }
}
