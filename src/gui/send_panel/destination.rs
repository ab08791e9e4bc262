//! Where to: the line for the address, what is wrong with it, and the addresses of before.

use egui::{Align, Key, Label, Layout, Popup, Rect, RectAlign, Ui, pos2, vec2};

use super::Obstacle;
use crate::{
    gui::{
        icons, theme,
        widgets::{Field, field, icon_button, inside, small},
    },
    model::{Address, BadAddress, text},
};

pub struct Destination {
    typed: String,
    parsed: Result<Address, BadAddress>,
}

/// Whether the person asked for sending from within the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    Yes,
    No,
}

impl Destination {
    pub fn new(typed: String) -> Self {
        Self { parsed: typed.parse(), typed }
    }

    /// # Errors
    /// What stands in the way of sending there.
    pub fn address(&self) -> Result<Address, Obstacle> {
        self.parsed.clone().map_err(|problem| match problem {
            BadAddress::Empty => Obstacle::NoAddress,
            BadAddress::Port(_) | BadAddress::Host(_) => Obstacle::BadAddress,
        })
    }

    /// Fills the room it is given.
    pub fn show(&mut self, ui: &mut Ui, recent: &[String]) -> Entered {
        let p = theme::palette(ui);
        ui.spacing_mut().item_spacing.y = 4.0;
        let beside = if recent.is_empty() { 0.0 } else { theme::CONTROL_HEIGHT + 8.0 };
        let about = Field { label: "To", hint: "Name or address, such as 192.168.1.20" };
        let edit = field(ui, &mut self.typed, &about, beside);
        if edit.changed() {
            self.parsed = self.typed.parse();
        }
        if !recent.is_empty() {
            self.recent(ui, edit.rect, recent);
        }
        match &self.parsed {
            // What is typed so far may be on its way to an address.
            Err(BadAddress::Port(digits)) if digits.is_empty() && edit.has_focus() => {}
            Err(BadAddress::Empty) | Ok(_) => {
                let help = small("The other device shows its addresses when it receives.", p.faint);
                ui.add(Label::new(help).truncate());
            }
            Err(problem) => {
                ui.add(Label::new(small(text::visible(&problem.to_string()), p.bad)).wrap());
            }
        }
        let entered = edit.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        if entered { Entered::Yes } else { Entered::No }
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
                    *self = Self::new(address.clone());
                    ui.close();
                }
            }
        });
    }
}
