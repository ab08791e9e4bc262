//! Incoming offers: a card for each, where Activity begins, and a dialog that shows what is in one and where it goes.
//!
//! Nothing on them can be pressed in the moment in which it appears, or moves. Knows which offers wait, and what was
//! answered; must not know how anything comes.

mod cards;
mod dialog;
mod form;
mod list;
mod tree;
mod verdict;
mod view;

use std::time::Duration;

use egui::{Context, Key, Modifiers, Rect, ScrollArea, Ui};

use self::{
    verdict::{Standing, Verdict},
    view::{View, Whose},
};
use super::{
    icons,
    meeting::{self, Question},
    on_screen::{Age, OnScreen},
    tools::{Purpose, Tools},
    widgets::{Button, Look, inside},
};
use crate::{
    engine::{Command, DeviceChange, Snapshot},
    model::{Answer, Direction, Transfer, TransferId, Trust},
};

/// Seconds in which a card that just appeared or moved can't be pressed.
const INERT: f64 = 0.4;
/// Of the room that there is, what cards may take, and what one of them takes at most in any case.
const SHARE: f32 = 0.6;
const ONE: f32 = 240.0;
/// Height of what tells of cards elsewhere, in points.
const STRIP: f32 = 40.0;

#[derive(Default)]
pub struct Offers {
    /// In the order in which they came.
    waiting: Vec<Waiting>,
    /// Whose dialog is open.
    open: Option<TransferId>,
    on_screen: OnScreen,
    /// Of the first meeting that is asked about.
    asked: OnScreen,
}

struct Waiting {
    view: View,
    /// As it was heard of last.
    heard: Transfer,
    standing: Standing,
    /// Since when its card stands where it stands, on the window's clock; `None` until it is seen there.
    since: Option<f64>,
}

impl Waiting {
    /// False while the codes of a first meeting have to be compared before anything else.
    fn has_card(&self) -> bool {
        self.standing == Standing::Open && !self.compares()
    }

    fn compares(&self) -> bool {
        self.standing == Standing::Open && self.view.meeting.is_some_and(|met| met.whose == Whose::Asked)
    }

    fn age(&mut self, ctx: &Context) -> Age {
        let now = ctx.time();
        let left = *self.since.get_or_insert(now) + INERT - now;
        if left > 0.0 {
            ctx.request_repaint_after(Duration::from_secs_f64(left));
            return Age::Fresh;
        }
        Age::Ripe
    }
}

impl Offers {
    /// Takes note of what a transfer has become. True when it is a new offer.
    pub fn hear(&mut self, transfer: &Transfer, snapshot: &Snapshot) -> bool {
        let known = self.waiting.iter().position(|w| w.view.id == transfer.id);
        match (known, transfer.asks()) {
            (None, true) => {
                let (view, heard) = (View::new(transfer, snapshot), transfer.clone());
                self.waiting.push(Waiting { view, heard, standing: Standing::Open, since: None });
                return true;
            }
            (Some(at), false) => {
                let waiting = &mut self.waiting[at];
                if self.open == Some(transfer.id) && waiting.standing == Standing::Open {
                    waiting.standing = Standing::Withdrawn(view::farewell(transfer));
                    // Nobody must compare it with the code of an offer that lives.
                    waiting.view.meeting = None;
                    self.moved(at);
                } else if !matches!(waiting.standing, Standing::Withdrawn(_)) {
                    self.remove(at);
                }
            }
            (Some(at), true) => {
                let Waiting { view: old, heard, .. } = &mut self.waiting[at];
                let is_measured = *heard == Transfer { free: heard.free, ..transfer.clone() };
                heard.clone_from(transfer);
                let mut new = View::new(transfer, snapshot);
                // A card that keeps its shape can be pressed on.
                if is_measured && new.too_big().is_some() == old.too_big().is_some() {
                    old.measured(new);
                    return false;
                }
                std::mem::swap(old, &mut new);
                old.keep_choices(new);
                self.moved(at);
                if self.open == Some(transfer.id) {
                    self.on_screen.clear();
                }
            }
            (None, false) => {}
        }
        false
    }

    /// Its card, and those below it, stand elsewhere now, or say something else.
    fn moved(&mut self, from: usize) {
        for waiting in self.waiting.iter_mut().skip(from) {
            waiting.since = None;
        }
    }

    fn remove(&mut self, at: usize) {
        let gone = self.waiting.remove(at);
        if self.open == Some(gone.view.id) {
            self.open = None;
        }
        self.moved(at);
    }

    /// Opens the dialog of an offer.
    pub fn look_at(&mut self, id: TransferId) {
        if self.waiting.iter().any(|w| w.view.id == id && w.has_card()) {
            self.open = Some(id);
        }
    }

    /// Forgets everything, to be told anew.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.open = None;
    }

    /// How many cards there are.
    fn count(&self) -> usize {
        self.waiting.iter().filter(|w| w.has_card()).count()
    }

    /// What is asked, where the cards are out of sight: of one its words, of several how many they are.
    fn summary(&self) -> Option<String> {
        let mut cards = self.waiting.iter().filter(|w| w.has_card());
        let first = cards.next()?;
        Some(match cards.count() {
            0 => first.view.headline.clone(),
            more => format!("{} offers wait for your answer", more + 1),
        })
    }

    /// A folder was chosen for the offer whose dialog is open; `None` where there is no file dialog.
    pub fn folder_chosen(&mut self, folder: Option<std::path::PathBuf>, tools: &mut Tools) {
        let Some(id) = self.open else { return };
        let Some(form) = self.waiting.iter_mut().find(|w| w.view.id == id).and_then(|w| w.view.form.as_mut())
        else {
            return;
        };
        match folder {
            Some(folder) => form.choose(folder),
            None => tools.notices.failed("This desktop has no file dialog. Type or paste the folder’s path."),
        }
    }

    /// The cards, in at most so much of the room that Activity has its place below.
    pub fn above(&mut self, ui: &mut Ui, tools: &mut Tools) {
        if self.count() == 0 {
            return;
        }
        let room = (ui.available_height() * SHARE).max(ONE).min(ui.available_height());
        let area = ScrollArea::vertical().id_salt("offers").max_height(room);
        area.auto_shrink([false, true]).show(ui, |ui| self.cards(ui, tools));
    }

    /// Where the cards are out of sight: a strip at the top of `view` that says that they are there, the rest of it, and
    /// whether it was pressed.
    pub fn banner(&self, ui: &mut Ui, view: Rect) -> (Rect, bool) {
        let Some(words) = self.summary() else { return (view, false) };
        let (strip, rest) = (view.with_max_y(view.top() + STRIP), view.with_min_y(view.top() + STRIP + 8.0));
        let button = Button::new(&words, Look::Primary).icon(icons::DOWNLOAD).height(STRIP).filling();
        (rest, inside(ui, strip, |ui| ui.add(button).clicked()))
    }

    /// The cards, one below the other.
    fn cards(&mut self, ui: &mut Ui, tools: &mut Tools) {
        let mut said = None;
        for (at, waiting) in self.waiting.iter_mut().enumerate() {
            if !waiting.has_card() {
                continue;
            }
            let age = waiting.age(ui.ctx());
            let id = waiting.view.id;
            if let Some(verdict) = ui.push_id(id, |ui| cards::show(ui, &mut waiting.view, age)).inner {
                said = Some((at, verdict));
            }
            ui.add_space(8.0);
        }
        if let Some((at, verdict)) = said {
            self.obey(at, verdict, ui.ctx(), tools);
        }
    }

    /// What stands over the window: the code of a first meeting, or what is in an offer.
    pub fn show(&mut self, ctx: &Context, tools: &mut Tools) {
        self.compare(ctx, tools);
        let at = self.open.and_then(|open| self.waiting.iter().position(|w| w.view.id == open));
        let Some(at) = at else {
            self.open = None;
            self.on_screen.clear();
            return;
        };
        let age = self.on_screen.show(ctx, self.waiting[at].view.id);
        let Waiting { view, standing, .. } = &mut self.waiting[at];
        let mut verdict = dialog::show(ctx, view, standing, age, tools);
        if verdict.is_none() && ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            verdict = Some(Verdict::Close);
        }
        if let Some(verdict) = verdict {
            self.obey(at, verdict, ctx, tools);
        }
    }

    /// Asks whether both screens show the same code, where nobody has compared yet.
    fn compare(&mut self, ctx: &Context, tools: &mut Tools) {
        let Some(at) = self.waiting.iter().position(Waiting::compares) else {
            self.asked.clear();
            return;
        };
        let view = &mut self.waiting[at].view;
        let Some(met) = &mut view.meeting else { return };
        let question = Question {
            peer: &view.peer,
            direction: Direction::Receive,
            code: met.code,
            warning: view.caution.as_deref(),
            size: &view.total,
        };
        let age = self.asked.show(ctx, view.id);
        match question.show(ctx, age) {
            Some(meeting::Word::Same) => {
                met.whose = Whose::Compared;
                self.moved(at);
            }
            Some(meeting::Word::Differ) if tools.ask(Command::Differ(view.id)) => self.remove(at),
            Some(meeting::Word::Leave) => self.obey(at, Verdict::Decline, ctx, tools),
            // What can’t be heard now is asked again.
            None | Some(meeting::Word::Differ) => {}
        }
    }

    fn obey(&mut self, at: usize, verdict: Verdict, ctx: &Context, tools: &mut Tools) {
        let id = self.waiting[at].view.id;
        match verdict {
            Verdict::Look => self.open = Some(id),
            Verdict::ChangeFolder(start) => {
                tools.pick(ctx, Purpose::Landing, super::desktop::Pick::Destination(start));
            }
            Verdict::Close => {
                self.open = None;
                if matches!(self.waiting[at].standing, Standing::Withdrawn(_)) {
                    self.remove(at);
                }
            }
            Verdict::Decline => {
                self.answer(at, Answer::Decline(None), tools);
            }
            Verdict::Accept => {
                let view = &self.waiting[at].view;
                let later = view.trustable.zip((view.later != Trust::Known).then_some(view.later));
                if let Ok(landing) = view.landing()
                    && self.answer(at, Answer::Accept(landing), tools)
                    && let Some((id, trust)) = later
                {
                    tools.ask(Command::Device { id, change: DeviceChange::Trust(trust) });
                }
            }
        }
    }

    /// True when the engine has heard it.
    fn answer(&mut self, at: usize, answer: Answer, tools: &mut Tools) -> bool {
        let waiting = &mut self.waiting[at];
        let is_heard = tools.ask(Command::Answer { id: waiting.view.id, answer });
        if is_heard {
            waiting.standing = Standing::Answered;
            if self.open == Some(waiting.view.id) {
                self.open = None;
            }
            self.moved(at);
        }
        is_heard
    }
}
