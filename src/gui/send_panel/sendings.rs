//! What was asked to be sent out of the tray: what is held back for a moment, and what has gone.
//!
//! Knows whom it goes to. Must not know how far anything is: Activity does.

use std::time::Duration;

use egui::Context;

use crate::{
    engine::{Command, Handle, Manner},
    gui::tools::Tools,
    model::{DeviceId, Source, Target, TransferId},
};

/// Seconds in which what nobody is asked about can be taken back. Nothing leaves in them.
const HELD: f64 = 2.0;

#[derive(Default)]
pub struct Sendings {
    held: Vec<Held>,
    gone: Vec<Gone>,
    /// To whom the last press was, for the screen.
    last: String,
}

struct Held {
    to: Target,
    things: Vec<Vec<Source>>,
    /// On the window's clock.
    until: f64,
}

struct Gone {
    to: Option<DeviceId>,
    id: TransferId,
}

/// Whether somebody is asked before it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    Somebody,
    /// It can be taken back for a moment, since nothing else stops it.
    Nobody,
}

/// Where what was sent to a device out of this tray stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It leaves in a moment.
    Held,
    /// It is this transfer.
    Gone(TransferId),
}

impl Sendings {
    /// True when it is under way, or will be.
    pub fn send(
        &mut self,
        to: Target,
        name: &str,
        things: Vec<Vec<Source>>,
        asks: Asks,
        ctx: &Context,
        tools: &mut Tools,
    ) -> bool {
        let is_heard = match asks {
            Asks::Nobody => {
                self.held.push(Held { to, things, until: ctx.time() + HELD });
                ctx.request_repaint_after(Duration::from_secs_f64(HELD));
                true
            }
            Asks::Somebody => self.ask(&to, things, tools),
        };
        if is_heard {
            name.clone_into(&mut self.last);
        }
        is_heard
    }

    fn ask(&mut self, to: &Target, things: Vec<Vec<Source>>, tools: &mut Tools) -> bool {
        let mut is_heard = true;
        for sources in things {
            let id = Handle::new_transfer();
            if !tools.ask(Command::Send { id, to: to.clone(), sources, manner: Manner::default() }) {
                is_heard = false;
                break;
            }
            self.gone.push(Gone { to: device(to), id });
        }
        is_heard
    }

    /// Lets go of what was held for long enough.
    pub fn update(&mut self, ctx: &Context, tools: &mut Tools) {
        let now = ctx.time();
        self.let_go(|until| until <= now, tools);
        if let Some(next) = self.held.iter().map(|held| held.until).min_by(f64::total_cmp) {
            ctx.request_repaint_after(Duration::from_secs_f64((next - now).max(0.0)));
        }
    }

    /// Lets go of all that is held: the window closes.
    pub fn flush(&mut self, tools: &mut Tools) {
        self.let_go(|_| true, tools);
    }

    fn let_go(&mut self, is_due: impl Fn(f64) -> bool, tools: &mut Tools) {
        let (due, held) = std::mem::take(&mut self.held).into_iter().partition(|held| is_due(held.until));
        self.held = held;
        for Held { to, things, .. } in due {
            self.ask(&to, things, tools);
        }
    }

    /// Takes back what is held.
    pub fn undo(&mut self) {
        self.held.clear();
    }

    pub fn can_undo(&self) -> bool {
        !self.held.is_empty()
    }

    /// True when something was sent out of the tray as it is.
    pub fn is_used(&self) -> bool {
        !self.held.is_empty() || !self.gone.is_empty()
    }

    pub fn last(&self) -> &str {
        &self.last
    }

    /// Whom it went to, the last first.
    pub fn devices(&self) -> impl Iterator<Item = DeviceId> {
        self.gone.iter().rev().filter_map(|gone| gone.to)
    }

    /// The next thing in the tray is another.
    pub fn forget(&mut self) {
        self.gone.clear();
    }

    pub fn of(&self, id: DeviceId) -> Option<Standing> {
        if self.held.iter().any(|held| device(&held.to) == Some(id)) {
            return Some(Standing::Held);
        }
        self.gone.iter().rev().find(|gone| gone.to == Some(id)).map(|gone| Standing::Gone(gone.id))
    }
}

fn device(to: &Target) -> Option<DeviceId> {
    match to {
        Target::Device(id) => Some(*id),
        Target::Address(_) | Target::Name(_) | Target::Link(_) | Target::Code(_) => None,
    }
}
