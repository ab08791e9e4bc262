//! Cards that come by themselves, one at a time. Knows which of them is on the screen, and for how
//! long it has been as it is; must not know what it asks.

use std::time::Duration;

use egui::Context;

use crate::model::TransferId;

/// Seconds in which a card that just appeared, or just changed its shape, can't be pressed: a
/// click that was meant for what stood there before must not answer it.
const INERT: f64 = 0.4;

/// How long a card has been as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Too short to have been read.
    Fresh,
    Ripe,
}

/// Whose card is shown, and when it took its present shape, on the window's clock.
#[derive(Default)]
pub struct OnScreen(Option<(TransferId, f64)>);

impl OnScreen {
    /// This transfer's card is shown in this frame.
    pub fn show(&mut self, ctx: &Context, id: TransferId) -> Age {
        let now = ctx.time();
        let since = match self.0 {
            Some((shown, since)) if shown == id => since,
            _ => {
                // Whatever had the keyboard must not answer in its place.
                ctx.memory_mut(|memory| {
                    if let Some(focused) = memory.focused() {
                        memory.surrender_focus(focused);
                    }
                });
                now
            }
        };
        self.0 = Some((id, since));
        let left = since + INERT - now;
        if left > 0.0 {
            ctx.request_repaint_after(Duration::from_secs_f64(left));
            Age::Fresh
        } else {
            Age::Ripe
        }
    }

    /// No card is shown.
    pub fn clear(&mut self) {
        self.0 = None;
    }
}
