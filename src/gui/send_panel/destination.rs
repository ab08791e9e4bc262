//! The line for whatever has no card: an address, a name, a code or a link.
//!
//! Knows what is typed, and what is wrong with it. Must not know what is sent.

use egui::{Align, Key, Label, Layout, Popup, Rect, RectAlign, Ui, pos2, vec2};

use crate::{
    gui::{
        icons, theme,
        widgets::{Button, Field, Look, icon_button, inside, small, unlabelled},
    },
    model::{BadAddress, BadTarget, Target, text},
};

const SEND: f32 = 84.0;

pub struct Destination {
    typed: String,
    parsed: Result<Target, BadTarget>,
}

impl Default for Destination {
    fn default() -> Self {
        Self { typed: String::new(), parsed: "".parse() }
    }
}

impl Destination {
    pub fn type_anew(&mut self, typed: String) {
        self.parsed = typed.parse();
        self.typed = typed;
    }

    /// A code is good for once.
    pub fn used(&mut self) {
        if matches!(self.parsed, Ok(Target::Code(_))) {
            self.type_anew(String::new());
        }
    }

    /// What the button that sends there is called.
    fn invitation(to: &Target) -> String {
        let name = match to {
            Target::Device(id) => id.short(),
            Target::Link(link) => link.address.to_string(),
            Target::Code(code) => return format!("Send by code {}-…", code.channel()),
            Target::Address(_) | Target::Name(_) => to.to_string(),
        };
        format!("Send to {}", text::visible(&name))
    }

    /// Where to send, when that was asked for.
    pub fn show(&mut self, ui: &mut Ui, recent: &[String]) -> Option<Target> {
        let mut wanted = None;
        let target = self.parsed.clone().ok();
        let mut beside = 0.0;
        if !recent.is_empty() {
            beside += theme::CONTROL_HEIGHT + 8.0;
        }
        if target.is_some() {
            beside += SEND + 8.0;
        }
        let about = Field { label: "To", hint: "Code, name, address or link" };
        let edit = unlabelled(ui, &mut self.typed, &about, beside);
        edit.widget_info(|| {
            let mut info = egui::WidgetInfo::text_edit(true, "", self.typed.as_str(), about.hint);
            info.label = Some("To: code, name, address or link".to_owned());
            info
        });
        if edit.changed() {
            self.parsed = self.typed.parse();
        }
        let mut left = edit.rect.right() + 8.0;
        if !recent.is_empty() {
            self.recent(
                ui,
                Rect::from_min_size(pos2(left, edit.rect.top()), vec2(34.0, 34.0)),
                edit.rect,
                recent,
            );
            left += theme::CONTROL_HEIGHT + 8.0;
        }
        if let Some(target) = target {
            let place = Rect::from_min_size(pos2(left, edit.rect.top()), vec2(SEND, edit.rect.height()));
            let name = Self::invitation(&target);
            let send = Button::new("Send", Look::Primary).named(&name).height(place.height()).filling();
            let pressed = inside(ui, place, |ui| ui.add(send).clicked());
            let entered = edit.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            wanted = (pressed || entered).then_some(target);
        }
        self.help(ui, edit.has_focus());
        wanted
    }

    /// What to know about whom it goes to: one line.
    fn help(&self, ui: &mut Ui, is_typing: bool) {
        let p = theme::palette(ui);
        let (words, color) = match &self.parsed {
            // What is typed so far may be on its way to an address.
            Err(BadTarget::Address(BadAddress::Port(digits))) if digits.is_empty() && is_typing => return,
            Err(BadTarget::Address(BadAddress::Empty)) => return,
            Ok(target) => (kind(target).to_owned(), p.faint),
            Err(problem) => (text::visible(&problem.to_string()).into_owned(), p.bad),
        };
        ui.add(Label::new(small(words, color)).truncate().show_tooltip_when_elided(true));
    }

    /// The menu of addresses that things were sent to, beside the line.
    fn recent(&mut self, ui: &mut Ui, place: Rect, line: Rect, recent: &[String]) {
        let button = inside(ui, place, |ui| icon_button(ui, icons::CARET_DOWN, "Recent addresses"));
        let menu = Popup::menu(&button).align(RectAlign::BOTTOM_END).width(line.width().min(300.0));
        menu.layout(Layout::top_down_justified(Align::Min)).show(|ui| {
            for address in recent {
                let item = egui::Button::new(text::visible(address)).frame_when_inactive(false).truncate();
                if ui.add(item).clicked() {
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
