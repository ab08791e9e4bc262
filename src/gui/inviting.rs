//! How others find this device while it receives: who sees it, a code to tell, a QR code to scan, its addresses; and how to
//! stop.
//!
//! Knows what others need to find it. Must not know what they send.

use std::time::{Duration, Instant};

use egui::{
    Align, Color32, Context, CornerRadius, Key, Label, Layout, Modifiers, Rect, RichText, ScrollArea, Sense,
    Ui, pos2, vec2,
};
use qrcode::{Color, QrCode};

use super::{
    icons, receiving,
    settings_page::{SEEN_BY, seen},
    theme,
    tools::Tools,
    widgets::{Button, Look, choice, icon_button, line, modal, small, strong},
};
use crate::{
    engine::{CodeState, Command, Handle, ReceivingState, Remember, Settings, Snapshot},
    model::{Address, Link, text},
};

/// The side of the QR code, with its quiet zone.
const QR: f32 = 148.0;
/// Light modules that a QR code needs around it (ISO/IEC 18004).
const QUIET: usize = 4;

#[derive(Default)]
pub struct Inviting {
    is_open: bool,
    name: String,
    id: String,
    addresses: Vec<Address>,
    has_addresses: Fold,
    is_deaf: bool,
    code: CodeState,
    /// Of this device's likeliest address.
    link: Option<(String, QrCode)>,
}

/// Whether what few people need is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fold {
    #[default]
    Closed,
    Open,
}

impl Inviting {
    pub fn open(&mut self) {
        self.is_open = true;
    }

    pub fn hear(&mut self, snapshot: &Snapshot) {
        self.code = snapshot.code.clone();
        self.name = snapshot.device.name.to_string();
        self.id = snapshot.device.id.to_string();
        self.is_deaf = snapshot.deaf.is_some();
        self.addresses = match &snapshot.receiving {
            ReceivingState::On { port, addresses } => {
                let address = |ip: &std::net::IpAddr| Address { host: ip.to_string(), port: Some(*port) };
                addresses.iter().map(address).collect()
            }
            ReceivingState::Off | ReceivingState::Failed(_) => Vec::new(),
        };
        self.link = self.addresses.first().and_then(|address| {
            let link = Link { id: snapshot.device.id, address: address.clone() }.to_string();
            Some((link.clone(), QrCode::new(link).ok()?))
        });
        self.is_open &= matches!(snapshot.receiving, ReceivingState::On { .. });
    }

    pub fn show(&mut self, ctx: &Context, settings: &Settings, tools: &mut Tools) {
        if !self.is_open {
            return;
        }
        let is_closed =
            modal(ctx, "How others send to this device", 460.0, |ui| self.card(ui, settings, tools));
        if is_closed || ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            self.is_open = false;
        }
    }

    /// True when it is to be closed.
    fn card(&mut self, ui: &mut Ui, settings: &Settings, tools: &mut Tools) -> bool {
        ui.add(Label::new(RichText::new(format!("Sending to {}", self.name)).heading()).truncate());
        let room = (ui.ctx().content_rect().height() - 190.0).max(120.0);
        ScrollArea::vertical().id_salt("inviting").max_height(room).show(ui, |ui| {
            ui.set_width(ui.available_width());
            self.visibility(ui, settings, tools);
            ui.add_space(4.0);
            self.code(ui, tools);
            self.places(ui, tools);
        });
        ui.add_space(4.0);
        let mut is_closed = false;
        ui.horizontal(|ui| {
            let stop = Button::new("Stop receiving", Look::Danger).height(40.0);
            if ui.add(stop).clicked() {
                is_closed = receiving::stop(settings, tools);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                is_closed |= ui.add(Button::new("Done", Look::Primary).height(40.0)).clicked();
            });
        });
        is_closed
    }

    fn visibility(&self, ui: &mut Ui, settings: &Settings, tools: &mut Tools) {
        let p = theme::palette(ui);
        ui.label(strong("Who sees it"));
        let mut visibility = settings.visibility;
        if choice(ui, &mut visibility, &SEEN_BY) {
            tools.ask(Command::Apply(Settings { visibility, ..settings.clone() }));
        }
        let (text, color) = if self.is_deaf {
            ("Nobody can see it now. Others must know an address.", p.warn)
        } else {
            (seen(settings.visibility), p.faint)
        };
        ui.add(Label::new(small(text, color)).wrap());
    }

    fn code(&self, ui: &mut Ui, tools: &mut Tools) {
        let p = theme::palette(ui);
        let Some((link, code)) = &self.link else {
            ui.label(RichText::new("This device is on no network.").color(p.warn));
            return;
        };
        let is_narrow = ui.available_width() < 2.0 * QR;
        let layout = if is_narrow { Layout::top_down(Align::Min) } else { Layout::left_to_right(Align::Min) };
        ui.with_layout(layout, |ui| {
            qr(ui, code);
            ui.add_space(6.0);
            ui.vertical(|ui| {
                ui.set_width(ui.available_width());
                self.words(ui, tools);
                ui.add_space(6.0);
                if ui.add(Button::new("Copy the link", Look::Plain)).clicked() {
                    tools.copy_quietly(ui.ctx(), link, "The link is copied");
                }
                let text = "The QR code is the same link, for another device’s camera.";
                ui.add(Label::new(small(text, p.faint)).wrap());
            });
        });
    }

    /// What somebody types who has no other way.
    fn places(&mut self, ui: &mut Ui, tools: &mut Tools) {
        if self.addresses.is_empty() {
            return;
        }
        let caret = if self.has_addresses == Fold::Open { icons::CARET_DOWN } else { icons::CARET_RIGHT };
        if ui.add(Button::new("Addresses", Look::Quiet).icon(caret)).clicked() {
            self.has_addresses = if self.has_addresses == Fold::Open { Fold::Closed } else { Fold::Open };
        }
        if self.has_addresses == Fold::Closed {
            return;
        }
        ui.spacing_mut().item_spacing.y = 4.0;
        let addresses = self.addresses.iter().map(|address| (address.to_string(), None));
        for (text, name) in addresses.chain([(self.id.clone(), Some("Copy id"))]) {
            let name = name.map_or_else(|| format!("Copy {text}"), str::to_owned);
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if icon_button(ui, icons::COPY, &name).clicked() {
                        tools.copy(ui.ctx(), &text);
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        line(ui, RichText::new(&text).monospace().size(theme::SMALL));
                    });
                });
            });
        }
    }

    fn words(&self, ui: &mut Ui, tools: &mut Tools) {
        let p = theme::palette(ui);
        let (text, button) = match &self.code {
            CodeState::None => {
                ("Whoever is told the words may send once, without a question.", "Show a code")
            }
            CodeState::Used => ("The code was used. Who knew it is known here now.", "Show a new code"),
            CodeState::Spent => {
                ("Somebody tried another code, so it can’t be used any more.", "Show a new code")
            }
            CodeState::Expired => ("Nobody has used the code in five minutes.", "Show a new code"),
            CodeState::Given { code, until } => {
                ui.label(RichText::new(code.to_string()).size(22.0).monospace().color(p.accent));
                let left = until.saturating_duration_since(Instant::now());
                ui.label(small(format!("{} left. It works once.", text::duration(left)), p.faint));
                // Only while it is looked at, and no more often than the number changes.
                ui.ctx().request_repaint_after(Duration::from_secs(1));
                if ui.add(Button::new("Take it back", Look::Plain)).clicked() {
                    tools.ask(Command::GiveCode { code: None, remember: Remember::Known });
                }
                return;
            }
        };
        ui.label(small(text, p.faint));
        if ui.add(Button::new(button, Look::Plain)).clicked() {
            tools.ask(Command::GiveCode { code: Some(Handle::new_code()), remember: Remember::Known });
        }
    }
}

/// Black on white in every theme: cameras expect that.
fn qr(ui: &mut Ui, code: &QrCode) {
    let (rect, response) = ui.allocate_exact_size(vec2(QR, QR), Sense::hover());
    response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "QR code of this device’s link"));
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(6), Color32::WHITE);
    let width = code.width();
    #[expect(clippy::cast_precision_loss, reason = "at most 177 modules")]
    let side = |modules: usize| QR * modules as f32 / (width + 2 * QUIET) as f32;
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let min = rect.min + vec2(side(at % width + QUIET), side(at / width + QUIET));
            let module = Rect::from_min_max(min, pos2(min.x + side(1) + 0.3, min.y + side(1) + 0.3));
            painter.rect_filled(module, CornerRadius::ZERO, Color32::BLACK);
        }
    }
}
