//! The page of what is kept apart: what was found in each file or why it waits, and what can be done with it.
//!
//! Knows what a person does on the page. Must not know where anything lies: the engine lists it and carries out what is
//! asked.

mod row;

use egui::{Align, Key, Layout, Modifiers, Rect, RichText, ScrollArea, Ui};
use tokio::sync::oneshot::{self, error::TryRecvError};

use self::row::Row;
use super::{
    icons, theme,
    tools::Tools,
    widgets::{Button, Look, card, placeholder, title},
};
use crate::{
    engine::{Command, QuarantineAnswer},
    model::{
        Caught, Problem, QuarantineDeed, QuarantineDone, QuarantineId, QuarantineItem,
        text::{self, visible},
    },
};

#[derive(Default)]
pub struct Quarantine {
    is_open: bool,
    list: List,
    /// A list that was asked for while another is shown.
    newer: Option<oneshot::Receiver<Result<Vec<QuarantineItem>, Problem>>>,
    doing: Vec<Doing>,
    /// How many there were when that was told last.
    count: u64,
}

#[derive(Default)]
enum List {
    #[default]
    Unasked,
    Rows(Vec<Row>),
    Unknown(String),
}

/// What the engine was asked to do with one file.
struct Doing {
    id: QuarantineId,
    name: String,
    deed: QuarantineDeed,
    answer: oneshot::Receiver<Vec<QuarantineAnswer>>,
}

/// What a person wants that is not the page’s to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Close,
    /// To choose what is checked.
    Rules,
}

impl Quarantine {
    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn open(&mut self, tools: &mut Tools) {
        self.is_open = true;
        self.list = List::Unasked;
        self.look(tools);
    }

    pub fn close(&mut self) {
        self.is_open = false;
    }

    fn look(&mut self, tools: &mut Tools) {
        let (reply, answer) = oneshot::channel();
        if tools.ask(Command::ListQuarantine { reply }) {
            self.newer = Some(answer);
        } else if matches!(self.list, List::Unasked) {
            self.list =
                List::Unknown("What is in quarantine can’t be told now. Try again in a moment.".to_owned());
        }
    }

    /// So many are in it now. Says when there are more than before.
    pub fn hear(&mut self, count: u64, tools: &mut Tools) {
        if count > self.count {
            let what = match (self.count, count - self.count) {
                (0, 1) => "A file is in quarantine: it was not let in.".to_owned(),
                (0, new) => {
                    format!("{} are in quarantine: they were not let in.", text::count(new, "file", "files"))
                }
                (_, 1) => "One more file is in quarantine: it was not let in.".to_owned(),
                (_, new) => {
                    format!(
                        "{} are in quarantine: they were not let in.",
                        text::count(new, "more file", "more files")
                    )
                }
            };
            tools.notices.failed(what);
        }
        let is_new = self.count != count;
        self.count = count;
        if is_new && self.is_open {
            self.look(tools);
        }
    }

    /// Takes note of how many there are from before.
    pub fn begin(&mut self, count: u64) {
        self.count = count;
    }

    /// Takes the answers that are there.
    pub fn update(&mut self, tools: &mut Tools) {
        if let Some(newer) = &mut self.newer {
            let said = match newer.try_recv() {
                Err(TryRecvError::Empty) => None,
                Ok(Ok(items)) => Some(List::Rows(self.list.with(items))),
                Ok(Err(problem)) => Some(List::Unknown(visible(&problem.text).into_owned())),
                Err(TryRecvError::Closed) => {
                    Some(List::Unknown("Airlift could not look what is in quarantine.".to_owned()))
                }
            };
            if let Some(list) = said {
                self.list = list;
                self.newer = None;
            }
        }
        let mut is_over = false;
        let list = &mut self.list;
        self.doing.retain_mut(|Doing { id, name, deed, answer }| {
            let answer = match answer.try_recv() {
                Err(TryRecvError::Empty) => return true,
                Ok(mut answers) => answers.pop(),
                Err(TryRecvError::Closed) => None,
            };
            is_over = true;
            list.done(id);
            match answer {
                Some((_, answer)) => tell(name, *deed, answer, tools),
                None => {
                    tools.notices.failed(format!("Airlift could not see to {name}. Try again in a moment."));
                }
            }
            false
        });
        if is_over && self.is_open {
            self.look(tools);
        }
    }

    /// Fills the rectangle.
    pub fn show(&mut self, ui: &mut Ui, rect: Rect, tools: &mut Tools) -> Option<Wish> {
        let p = theme::palette(ui);
        let mut wish = None;
        let mut asked = None;
        let mut again = false;
        card(ui, rect, |ui| {
            ui.horizontal(|ui| {
                title(ui, "Quarantine");
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.add(Button::new("Done", Look::Plain)).clicked() {
                        wish = Some(Wish::Close);
                    }
                    let rules =
                        Button::new("Virus check…", Look::Quiet).named("When files are checked for viruses");
                    if ui.add(rules).clicked() {
                        wish = Some(Wish::Rules);
                    }
                });
            });
            match &mut self.list {
                List::Unasked => {}
                List::Unknown(why) => {
                    ui.label(RichText::new(why.as_str()).color(p.warn));
                    again = ui.add(Button::new("Look again", Look::Plain)).clicked();
                }
                List::Rows(rows) if rows.is_empty() => placeholder(
                    ui,
                    icons::SHIELD,
                    "Nothing is in quarantine. Files that a virus is found in are put here instead of into your folder.",
                ),
                List::Rows(rows) => {
                    let about = "These files have come, and were not let into your folders.";
                    ui.label(RichText::new(about).color(p.faint));
                    ScrollArea::vertical().id_salt("quarantine").auto_shrink([false, false]).show(ui, |ui| {
                        for row in rows {
                            let id = row.id().clone();
                            let deed = ui.push_id(&id, |ui| row.show(ui)).inner;
                            asked = deed.map(|deed| (id, row.name().to_owned(), deed)).or(asked.take());
                        }
                    });
                }
            }
        });
        if again {
            self.look(tools);
        }
        if let Some((id, name, deed)) = asked {
            let (reply, answer) = oneshot::channel();
            if tools.ask(Command::Quarantine { items: vec![id.clone()], deed, reply }) {
                self.list.begin(&id);
                self.doing.push(Doing { id, name, deed, answer });
            }
        }
        if ui.memory(|m| m.top_modal_layer().is_none())
            && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape))
        {
            wish = Some(Wish::Close);
        }
        wish
    }
}

impl List {
    /// Rows for these; those that are shown already keep what was asked in them.
    fn with(&mut self, items: Vec<QuarantineItem>) -> Vec<Row> {
        let mut before = match std::mem::take(self) {
            Self::Rows(rows) => rows,
            Self::Unasked | Self::Unknown(_) => Vec::new(),
        };
        let rows = items.into_iter().map(|item| match before.iter().position(|row| *row.id() == item.id) {
            Some(at) => before.swap_remove(at).with(item),
            None => Row::new(item),
        });
        rows.collect()
    }

    fn rows(&mut self) -> &mut [Row] {
        match self {
            Self::Rows(rows) => rows,
            Self::Unasked | Self::Unknown(_) => &mut [],
        }
    }

    fn begin(&mut self, id: &QuarantineId) {
        self.rows().iter_mut().filter(|row| row.id() == id).for_each(Row::begin);
    }

    fn done(&mut self, id: &QuarantineId) {
        self.rows().iter_mut().filter(|row| row.id() == id).for_each(Row::done);
    }
}

/// Says what became of it.
fn tell(name: &str, deed: QuarantineDeed, answer: Result<QuarantineDone, Problem>, tools: &mut Tools) {
    match (answer, deed) {
        (Err(problem), _) => tools.notices.failed(visible(&problem.text)),
        (Ok(QuarantineDone::Deleted), _) => tools.notices.done(format!("{name} is deleted.")),
        (Ok(QuarantineDone::Released { at, .. }), QuarantineDeed::Rescan) => {
            let at = super::paths::shown(&at);
            tools.notices.done(format!("Nothing was found in {name}. It is at {at} now."));
        }
        (Ok(QuarantineDone::Released { at, .. }), _) => {
            tools.notices.done(format!("{name} is at {} now.", super::paths::shown(&at)));
        }
        (Ok(QuarantineDone::Stays(Caught::Infected(found))), _) => {
            tools.notices.failed(format!("{name} stays: {} was found in it.", visible(&found)));
        }
        (Ok(QuarantineDone::Stays(Caught::Held(why))), _) => {
            let why = why.to_string();
            tools.notices.failed(format!("{name} stays: {}.", visible(&why).trim_end_matches('.')));
        }
    }
}
