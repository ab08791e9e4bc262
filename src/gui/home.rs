//! The page that is always there: Send at the left, Receive at the right; in a narrow window Send alone, with a bar at
//! its foot that says what goes on and opens the rest as a sheet.
//!
//! Knows where the panels stand. Must not know what is in them.

mod foot;

use egui::{Rect, Ui, pos2, vec2};

use super::{
    activity::Activity,
    offer::Offers,
    receive_panel::{self, ReceivePanel},
    send_panel::{self, SendPanel},
    theme,
    tools::Tools,
    widgets::{escapes, split_bottom},
};
use crate::{
    engine::{Settings, Snapshot, Wake},
    model::{Transfer, TransferId},
};

/// A window that is at least as wide has both panels beside each other, in points.
const WIDE: f32 = 860.0;
/// Width of the Receive panel beside the Send panel: a share of the window, in these bounds.
const SHARE: f32 = 0.38;
const NARROWEST: f32 = 344.0;
const WIDEST: f32 = 480.0;

pub struct Home {
    pub send: SendPanel,
    pub receive: ReceivePanel,
    pub activity: Activity,
    pub offers: Offers,
    sheet: Sheet,
}

/// Whether what goes on is shown in place of the Send panel, where there is no room for both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sheet {
    #[default]
    Down,
    Up,
}

/// What a person wants that is not the page's to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To know why a device is not in sight.
    Unseen,
    /// To see what is kept of devices.
    Devices,
    /// To see how others find this device.
    Invitation,
    /// To answer this offer.
    Offer(TransferId),
    /// To see all that came and went.
    History,
}

impl Home {
    pub fn new(snapshot: &Snapshot, activity: Activity, wake: Wake) -> Self {
        Self {
            send: SendPanel::new(wake),
            receive: ReceivePanel::new(snapshot),
            activity,
            offers: Offers::default(),
            sheet: Sheet::default(),
        }
    }

    /// Forgets every transfer, to be told of those that there are.
    pub fn hear_transfers(&mut self, transfers: &[Transfer]) {
        self.activity.clear();
        for transfer in transfers {
            self.activity.hear(transfer);
        }
    }

    /// Fills the rectangle.
    pub fn show(&mut self, ui: &mut Ui, view: Rect, settings: &Settings, tools: &mut Tools) -> Option<Wish> {
        if ui.ctx().content_rect().width() < WIDE {
            return self.narrow(ui, view, settings, tools);
        }
        self.sheet = Sheet::Down;
        let right = (view.width() * SHARE).clamp(NARROWEST, WIDEST).floor();
        let line = view.right() - right;
        let send = Rect::from_min_max(view.min, pos2(line - theme::GUTTER, view.bottom()));
        let receive = Rect::from_min_max(pos2(line, view.top()), view.max);
        let wish = self.send(ui, send, settings, tools);
        self.receive(ui, receive, settings, tools).or(wish)
    }

    /// Shows what goes on, where there is no room for both.
    pub fn raise(&mut self) {
        self.sheet = Sheet::Up;
    }

    fn narrow(&mut self, ui: &mut Ui, view: Rect, settings: &Settings, tools: &mut Tools) -> Option<Wish> {
        let (above, foot) = split_bottom(view, foot::HEIGHT);
        let mut above = above.with_max_y(above.bottom() - 8.0);
        if self.sheet == Sheet::Down {
            let (rest, is_pressed) = self.offers.banner(ui, above);
            above = rest;
            if is_pressed {
                self.raise();
            }
        }
        let wish = match self.sheet {
            Sheet::Down => self.send(ui, above, settings, tools),
            Sheet::Up => self.receive(ui, above, settings, tools),
        };
        if foot::show(ui, foot, self.sheet == Sheet::Up, &self.activity, &mut self.receive, settings, tools) {
            self.sheet = match self.sheet {
                Sheet::Down => Sheet::Up,
                Sheet::Up => Sheet::Down,
            };
        }
        if self.sheet == Sheet::Up && escapes(ui.ctx()) {
            self.sheet = Sheet::Down;
        }
        wish
    }

    fn send(&mut self, ui: &mut Ui, rect: Rect, settings: &Settings, tools: &mut Tools) -> Option<Wish> {
        self.send.show(ui, rect, &settings.recent, &self.activity, tools).map(|wish| match wish {
            send_panel::Wish::Unseen => Wish::Unseen,
            send_panel::Wish::Devices => Wish::Devices,
        })
    }

    fn receive(&mut self, ui: &mut Ui, rect: Rect, settings: &Settings, tools: &mut Tools) -> Option<Wish> {
        self.receive.show(ui, rect, settings, (&mut self.activity, &mut self.offers), tools).map(|wish| {
            match wish {
                receive_panel::Wish::Invitation => Wish::Invitation,
                receive_panel::Wish::Offer(id) => Wish::Offer(id),
                receive_panel::Wish::History => Wish::History,
            }
        })
    }
}

/// Room around the page for the shadows of its cards.
#[must_use]
pub fn view(ui: &Ui) -> Rect {
    ui.available_rect_before_wrap().shrink2(vec2(2.0, 4.0))
}
