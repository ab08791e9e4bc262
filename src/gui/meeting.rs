//! First meetings: the one question that two screens ask, and the alarm where the answer is no.
//!
//! Knows codes and who is asked. Must not know what is sent.

use std::collections::HashSet;

use egui::{
    Align, Context, CornerRadius, Frame, Key, Label, Layout, Margin, Modifiers, RichText, Sense, Ui,
    WidgetInfo,
};

use super::{
    icons,
    on_screen::{Age, OnScreen},
    theme,
    tools::Tools,
    widgets::{Button, Look, icon, icon_button, modal, small, tile},
};
use crate::{
    engine::Command,
    model::{
        Answer, Caution, CompareCode, Direction, Outcome, ProblemKind, Transfer, TransferId, TransferState,
        text,
    },
};

/// The code as large as it can be read across a table, in digits and in words.
fn code(ui: &mut Ui, code: CompareCode) {
    let p = theme::palette(ui);
    let frame = Frame::new()
        .fill(p.accent_soft)
        .corner_radius(CornerRadius::same(10))
        .inner_margin(Margin::symmetric(10, 8));
    frame.show(ui, |ui| {
        ui.with_layout(Layout::top_down(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.label(RichText::new(code.to_string()).size(34.0).monospace().color(p.accent));
            ui.label(RichText::new(code.words().join(" ")).size(15.0).color(p.text));
        });
    });
}

/// What should make a person careful, in plain words.
#[must_use]
pub fn warning(caution: &Caution) -> String {
    match caution {
        Caution::OtherKey { name, known } => format!(
            "You know a device called {} ({}), and this is not it: it has another key. It may be another device of that name, one on which Airlift was set up anew, or somebody who pretends. Ask its person first.",
            text::visible(name.as_str()),
            known.short()
        ),
    }
}

/// The warning, where it can't be missed.
pub fn caution(ui: &mut Ui, warning: &str) {
    let p = theme::palette(ui);
    let frame = Frame::new()
        .fill(p.bad_soft)
        .corner_radius(CornerRadius::same(10))
        .inner_margin(Margin::symmetric(10, 8));
    frame.show(ui, |ui| {
        ui.horizontal_top(|ui| {
            icon(ui, icons::WARNING, 18.0, p.bad);
            ui.add(Label::new(RichText::new(warning).color(p.bad)).wrap());
        });
    });
}

/// “Do both screens show 323 686?”
pub struct Question<'a> {
    pub peer: &'a str,
    pub direction: Direction,
    pub code: CompareCode,
    pub warning: Option<&'a str>,
    /// How much is to be sent.
    pub size: &'a str,
}

/// What a person says to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Same,
    Differ,
    /// Neither: nothing is sent, and nobody is alarmed.
    Leave,
}

impl Question<'_> {
    /// Stands in the way of everything else until it is answered.
    pub fn show(&self, ctx: &Context, age: Age) -> Option<Word> {
        modal(ctx, "First meeting", 440.0, |ui| self.card(ui, age))
    }

    fn card(&self, ui: &mut Ui, age: Age) -> Option<Word> {
        let p = theme::palette(ui);
        let mut said = None;
        let leave = match self.direction {
            Direction::Send => "Don’t send",
            Direction::Receive => "Decline",
        };
        ui.add_enabled_ui(age == Age::Ripe, |ui| {
            ui.horizontal_top(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                    if icon_button(ui, icons::X, leave).clicked() {
                        said = Some(Word::Leave);
                    }
                    ui.with_layout(Layout::top_down(Align::Min), |ui| {
                        heading(ui, &format!("Do both screens show {}?", self.code), age);
                    });
                });
            });
        });
        code(ui, self.code);
        if let Some(warning) = self.warning {
            caution(ui, warning);
        }
        let Self { peer, size, .. } = self;
        let about = match self.direction {
            Direction::Send => format!(
                "You and {peer} have not met before. Of {size}, nothing is sent before both of you have said yes."
            ),
            Direction::Receive => {
                format!("You and {peer} have not met before. It wants to send {size}. Look at its screen.")
            }
        };
        ui.add(Label::new(RichText::new(about).color(p.faint)).wrap());
        ui.add_space(6.0);
        ui.add_enabled_ui(age == Age::Ripe, |ui| {
            ui.columns(2, |sides| {
                let no = Button::new("No", Look::Danger).icon(icons::X).height(44.0).filling();
                if sides[0].add(no).clicked() {
                    said = Some(Word::Differ);
                }
                let yes = Button::new("Yes", Look::Primary).icon(icons::CHECK).height(44.0).filling();
                if sides[1].add(yes).clicked() {
                    said = Some(Word::Same);
                }
            });
        });
        said
    }
}

/// What stands at the top of a card that came by itself. It has the keyboard at first: it is read, and what was being
/// typed answers nothing.
fn heading(ui: &mut Ui, text: &str, age: Age) {
    let words = ui.add(Label::new(RichText::new(text).size(18.0).family(theme::semibold())).wrap());
    let heading = ui.interact(words.rect, ui.scope_id().with("heading"), Sense::focusable_noninteractive());
    heading.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, text));
    if age == Age::Fresh {
        heading.request_focus();
    }
}

/// First meetings whose codes wait to be compared, and those where they differ.
#[derive(Default)]
pub struct Comparing {
    waiting: Vec<Met>,
    on_screen: OnScreen,
    /// What went wrong, and was not put aside yet.
    alarms: Vec<Alarm>,
    alarm_on_screen: OnScreen,
    /// What was told once.
    told: HashSet<TransferId>,
}

struct Met {
    id: TransferId,
    direction: Direction,
    peer: String,
    /// How much is to be sent: no more is known at the receiver.
    size: String,
    code: CompareCode,
    warning: Option<String>,
}

struct Alarm {
    id: TransferId,
    peer: String,
    why: String,
}

impl Comparing {
    /// Takes note of what a transfer has become. True when there is something new to be seen to.
    pub fn hear(&mut self, transfer: &Transfer) -> bool {
        if let TransferState::Finished(report) = &transfer.state
            && let Outcome::Failed(problem) = &report.outcome
            && problem.kind == ProblemKind::Alarm
        {
            self.waiting.retain(|waiting| waiting.id != transfer.id);
            return self.alarm(transfer.id, transfer.peer.label(), &problem.text);
        }
        let asked = transfer.meeting.filter(|_| transfer.compares());
        let known = self.waiting.iter().position(|waiting| waiting.id == transfer.id);
        match (known, asked) {
            (Some(at), None) => drop(self.waiting.remove(at)),
            (Some(at), Some(_)) => self.waiting[at].warning = transfer.caution.as_ref().map(warning),
            (None, Some(meeting)) => self.waiting.push(Met {
                id: transfer.id,
                direction: transfer.direction,
                size: transfer.summary.size_line(),
                peer: text::visible(transfer.peer.label()).into_owned(),
                code: meeting.code,
                warning: transfer.caution.as_ref().map(warning),
            }),
            (None, None) => {}
        }
        known.is_none() && asked.is_some()
    }

    fn alarm(&mut self, id: TransferId, peer: &str, why: &str) -> bool {
        let is_news = self.told.insert(id);
        if is_news {
            let (peer, why) = (text::visible(peer).into_owned(), text::visible(why).into_owned());
            self.alarms.push(Alarm { id, peer, why });
        }
        is_news
    }

    /// Forgets what waits, to be told anew.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    pub fn show(&mut self, ctx: &Context, tools: &mut Tools) {
        self.ask(ctx, tools);
        let Some(alarm) = self.alarms.first() else {
            self.alarm_on_screen.clear();
            return;
        };
        let age = self.alarm_on_screen.show(ctx, alarm.id);
        let is_read = modal(ctx, "The codes differ", 440.0, |ui| alarm.card(ui, age));
        if is_read || ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            self.alarms.remove(0);
        }
    }

    fn ask(&mut self, ctx: &Context, tools: &mut Tools) {
        let Some(met) = self.waiting.first() else {
            self.on_screen.clear();
            return;
        };
        let id = met.id;
        let age = self.on_screen.show(ctx, id);
        let question = Question {
            peer: &met.peer,
            direction: met.direction,
            code: met.code,
            warning: met.warning.as_deref(),
            size: &met.size,
        };
        let Some(word) = question.show(ctx, age) else { return };
        let command = match word {
            Word::Same => Command::Agree(id),
            Word::Differ => Command::Differ(id),
            Word::Leave if met.direction == Direction::Send => Command::Cancel(id),
            Word::Leave => Command::Answer { id, answer: Answer::Decline(None) },
        };
        if tools.ask(command) {
            self.waiting.retain(|waiting| waiting.id != id);
        }
    }
}

impl Alarm {
    /// True once it was read.
    fn card(&self, ui: &mut Ui, age: Age) -> bool {
        let p = theme::palette(ui);
        ui.horizontal_top(|ui| {
            tile(ui, icons::WARNING, 44.0, p.bad, p.bad_soft);
            ui.vertical(|ui| {
                heading(ui, "The codes differ", age);
                ui.label(small(format!("Between this device and what calls itself {}", self.peer), p.faint));
            });
        });
        caution(ui, &self.why);
        let text = "Nothing was accepted, and nothing of it can be any more.";
        ui.add(Label::new(RichText::new(text).color(p.text)).wrap());
        ui.add_space(6.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add(Button::new("Close", Look::Danger).height(40.0)).clicked()
        })
        .inner
    }
}
