//! How others find this device while it receives: who sees it, a code to tell, and a QR code to scan.

use std::time::{Duration, Instant};

use egui::{
    Align, Color32, Context, CornerRadius, Key, Layout, Modifiers, Rect, RichText, Sense, Ui, pos2, vec2,
};
use qrcode::{Color, QrCode};

use super::{
    theme,
    tools::Tools,
    widgets::{Button, Look, choice, modal, small, strong},
};
use crate::{
    engine::{CodeState, Command, Handle, ReceivingState, Remember, Settings, Snapshot, Visibility},
    model::{Address, Link, text},
};

const SEEN_BY: [(Visibility, &str); 3] = [
    (Visibility::Everyone, "Everyone here"),
    (Visibility::Known, "Devices I know"),
    (Visibility::Hidden, "Hidden"),
];

/// The side of the QR code, with its quiet zone.
const QR: f32 = 148.0;
/// Light modules that a QR code needs around it (ISO/IEC 18004).
const QUIET: usize = 4;

#[derive(Default)]
pub struct Inviting {
    is_open: bool,
    code: CodeState,
    /// Of this device's likeliest address.
    link: Option<(String, QrCode)>,
}

impl Inviting {
    pub fn open(&mut self) {
        self.is_open = true;
    }

    pub fn hear(&mut self, snapshot: &Snapshot) {
        self.code = snapshot.code.clone();
        let best = match &snapshot.receiving {
            ReceivingState::On { port, addresses } => addresses.first().map(|ip| (ip, *port)),
            ReceivingState::Off | ReceivingState::Failed(_) => None,
        };
        self.link = best.and_then(|(ip, port)| {
            let address = Address { host: ip.to_string(), port: Some(port) };
            let link = Link { id: snapshot.device.id, address }.to_string();
            Some((link.clone(), QrCode::new(link).ok()?))
        });
        self.is_open &= self.link.is_some();
    }

    pub fn show(&mut self, ctx: &Context, settings: &Settings, tools: &mut Tools) {
        if !self.is_open {
            return;
        }
        let is_closed = modal(ctx, "How others find this device", 460.0, |ui| self.card(ui, settings, tools));
        if is_closed || ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            self.is_open = false;
        }
    }

    /// True when it is to be closed.
    fn card(&self, ui: &mut Ui, settings: &Settings, tools: &mut Tools) -> bool {
        let p = theme::palette(ui);
        ui.label(RichText::new("How others find this device").heading());
        ui.label(strong("Who sees it"));
        let mut visibility = settings.visibility;
        if choice(ui, &mut visibility, &SEEN_BY) {
            tools.ask(Command::Apply(Settings { visibility, ..settings.clone() }));
        }
        ui.add_space(4.0);
        ui.horizontal_top(|ui| {
            if let Some((link, code)) = &self.link {
                qr(ui, code);
                ui.add_space(6.0);
                ui.vertical(|ui| {
                    ui.set_width(ui.available_width());
                    self.words(ui, tools);
                    ui.add_space(6.0);
                    ui.label(small("The QR code holds this device’s address and id.", p.faint));
                    if ui.add(Button::new("Copy the link", Look::Plain)).clicked() {
                        tools.copy(ui.ctx(), link);
                    }
                });
            }
        });
        let mut is_closed = false;
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            is_closed = ui.add(Button::new("Done", Look::Primary).height(40.0)).clicked();
        });
        is_closed
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
