//! The card of an incoming offer. Offers queue: one card at a time, and nothing on it can be
//! pressed in the moment in which it appears.

mod card;
mod form;
mod view;

use egui::{Context, Key, Modifiers};

use self::view::View;
use super::{
    on_screen::OnScreen,
    tools::{Purpose, Tools},
};
use crate::{
    engine::{Command, DeviceChange, Snapshot},
    model::{Answer, Transfer, TransferId, Trust},
};

#[derive(Default)]
pub struct Offers {
    /// In the order in which they came.
    waiting: Vec<Waiting>,
    on_screen: OnScreen,
}

struct Waiting {
    view: View,
    /// As it was heard of last.
    heard: Transfer,
    standing: Standing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    /// To be answered.
    Open,
    /// The person looks at it later.
    SetAside,
    /// Answered here; the engine has not yet said so.
    Answered,
    /// Gone while its card was on the screen, with the reason.
    Withdrawn(String),
}

/// What a person did with a card.
enum Verdict {
    Accept,
    Decline,
    /// The other screen shows another code.
    Differ,
    Later,
    /// The card took another shape.
    Reshaped,
    ChangeFolder(std::path::PathBuf),
}

impl Offers {
    /// Takes note of what a transfer has become. True when it is a new offer.
    pub fn hear(&mut self, transfer: &Transfer, snapshot: &Snapshot) -> bool {
        let known = self.waiting.iter().position(|w| w.view.id == transfer.id);
        match (known, transfer.asks()) {
            (None, true) => {
                let (view, heard) = (View::new(transfer, snapshot), transfer.clone());
                self.waiting.push(Waiting { view, heard, standing: Standing::Open });
                return true;
            }
            (Some(i), false) => {
                let seen = self.on_screen.id() == Some(transfer.id);
                let waiting = &mut self.waiting[i];
                if seen && waiting.standing == Standing::Open {
                    waiting.standing = Standing::Withdrawn(view::farewell(transfer));
                    // Nobody must compare it with the code of an offer that lives.
                    waiting.view.meeting = None;
                } else if !matches!(waiting.standing, Standing::Withdrawn(_)) {
                    self.waiting.remove(i);
                }
            }
            (Some(i), true) => {
                let Waiting { view: old, heard, .. } = &mut self.waiting[i];
                let is_measured = *heard == Transfer { free: heard.free, ..transfer.clone() };
                heard.clone_from(transfer);
                let new = View::new(transfer, snapshot);
                // A card that keeps its shape can be pressed on.
                if is_measured && new.too_big.is_some() == old.too_big.is_some() {
                    old.measured(new);
                    return false;
                }
                let (form, later) = (old.form.take(), old.later);
                *old = new;
                old.form = form;
                old.later = later;
                if self.on_screen.id() == Some(transfer.id) {
                    self.on_screen.clear();
                }
            }
            (None, false) => {}
        }
        false
    }

    /// Puts an offer that was set aside on the screen again.
    pub fn bring_back(&mut self, id: TransferId) {
        if let Some(i) = self.waiting.iter().position(|w| w.view.id == id) {
            let mut waiting = self.waiting.remove(i);
            waiting.standing = Standing::Open;
            self.waiting.insert(0, waiting);
        }
    }

    /// Forgets everything, to be told anew.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    /// A folder was chosen for the card on the screen; `None` where there is no file dialog.
    pub fn folder_chosen(&mut self, folder: Option<std::path::PathBuf>, tools: &mut Tools) {
        let Some(id) = self.on_screen.id() else { return };
        let Some(form) = self.waiting.iter_mut().find(|w| w.view.id == id).and_then(|w| w.view.form.as_mut())
        else {
            return;
        };
        match folder {
            Some(folder) => form.choose(folder),
            None => tools.notices.failed("This desktop has no file dialog. Type or paste the folder’s path."),
        }
    }

    pub fn show(&mut self, ctx: &Context, tools: &mut Tools) {
        let up = |w: &Waiting| matches!(w.standing, Standing::Open | Standing::Withdrawn(_));
        // What is withdrawn gives way to what can be answered.
        if self.waiting.iter().any(|w| w.standing == Standing::Open) {
            self.waiting.retain(|w| !matches!(w.standing, Standing::Withdrawn(_)));
        }
        let count = self.waiting.iter().filter(|w| up(w)).count();
        let Some(i) = self.waiting.iter().position(up) else {
            self.on_screen.clear();
            return;
        };
        let id = self.waiting[i].view.id;
        let age = self.on_screen.show(ctx, id);
        let Waiting { view, standing, .. } = &mut self.waiting[i];
        let mut verdict = card::show(ctx, view, standing, count, age, tools);
        if verdict.is_none() && ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            verdict = Some(Verdict::Later);
        }
        match verdict {
            None => {}
            Some(Verdict::Reshaped) => self.on_screen.reshape(ctx),
            Some(Verdict::ChangeFolder(start)) => {
                tools.pick(ctx, Purpose::Landing, super::desktop::Pick::Destination(start));
            }
            Some(Verdict::Later) => match standing {
                Standing::Withdrawn(_) => drop(self.waiting.remove(i)),
                _ => *standing = Standing::SetAside,
            },
            Some(Verdict::Differ) => {
                let asked = tools.ask(Command::Differ(id));
                *standing = if asked { Standing::Answered } else { standing.clone() };
            }
            Some(Verdict::Decline) => {
                self.answer(i, Answer::Decline(None), tools);
            }
            Some(Verdict::Accept) => {
                let later = view.trustable.zip((view.later != Trust::Known).then_some(view.later));
                if let Ok(landing) = view.landing()
                    && self.answer(i, Answer::Accept(landing), tools)
                    && let Some((id, trust)) = later
                {
                    tools.ask(Command::Device { id, change: DeviceChange::Trust(trust) });
                }
            }
        }
    }

    /// True when the engine has heard it.
    fn answer(&mut self, i: usize, answer: Answer, tools: &mut Tools) -> bool {
        let waiting = &mut self.waiting[i];
        let is_heard = tools.ask(Command::Answer { id: waiting.view.id, answer });
        if is_heard {
            waiting.standing = Standing::Answered;
        }
        is_heard
    }
}
