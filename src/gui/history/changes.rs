//! What is to be taken out of the history: asked about first, then asked of the engine, and what came of it told.
//!
//! Knows questions and the engine’s answers. Must not know what is on the page.

use egui::Context;
use tokio::sync::oneshot::{self, error::TryRecvError};

use super::questions::{Question, Said};
use crate::{
    engine::{Command, DeviceChange, HistoryChange},
    gui::tools::Tools,
    model::{Problem, Recording, text},
};

#[derive(Default)]
pub struct Changes {
    /// What stands to be answered.
    question: Option<Question>,
    asked: Vec<Change>,
}

/// What the engine was asked to change.
struct Change {
    what: HistoryChange,
    reply: oneshot::Receiver<Result<u64, Problem>>,
}

impl Changes {
    pub fn ask(&mut self, question: Question) {
        self.question = Some(question);
    }

    /// Whether a question stands in the way of everything else.
    pub fn is_asking(&self) -> bool {
        self.question.is_some()
    }

    /// Shows the question that stands, and asks the engine for what was answered.
    pub fn show(&mut self, ctx: &Context, tools: &mut Tools) {
        let Some(said) = self.question.as_ref().and_then(|question| question.show(ctx)) else { return };
        let Some(question) = self.question.take() else { return };
        if said == Said::No {
            return;
        }
        let what = match question {
            Question::Remove { id, .. } => HistoryChange::Remove(vec![id]),
            Question::Clear => HistoryChange::Clear,
            Question::NeverRecord { id, name } => {
                let change = DeviceChange::Recording(Recording::Never);
                if tools.ask(Command::Device { id, change }) {
                    tools.notices.done(format!("Nothing of {name} is recorded from now on."));
                }
                return;
            }
        };
        let (reply, answer) = oneshot::channel();
        if tools.ask(Command::History { change: what.clone(), reply }) {
            self.asked.push(Change { what, reply: answer });
        }
    }

    /// What has been taken out since it was asked last.
    pub fn done(&mut self, tools: &mut Tools) -> Vec<HistoryChange> {
        let mut done = Vec::new();
        self.asked.retain_mut(|change| {
            match change.reply.try_recv() {
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Closed) => {
                    tools.notices.failed("Airlift could not change the history. Try again in a moment.");
                    return false;
                }
                Ok(Err(problem)) => {
                    tools.notices.failed(text::visible(&problem.text));
                    return false;
                }
                Ok(Ok(_)) => {}
            }
            tools.notices.done(match change.what {
                HistoryChange::Remove(_) => "Removed from the history. The file is where it was.".to_owned(),
                HistoryChange::Clear => "The history is clear. The files are where they were.".to_owned(),
            });
            done.push(change.what.clone());
            false
        });
        done
    }
}
