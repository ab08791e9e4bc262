//! Asking the person who sends whether both devices show the same code.
//!
//! Knows what counts as an answer. Must not know what follows from one.

use super::{ask::Typed, news::Tell, words::meeting};
use crate::model::{CompareCode, Transfer};

/// Who can be asked about a device that was never met before.
#[derive(Debug)]
pub enum Company {
    /// A person, with what they type.
    Person(Typed),
    Nobody,
}

/// What a person has seen on the other screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Same,
    Another,
    /// Nobody will ever say.
    Nothing,
}

/// The question about the code of one transfer, once it has one.
pub struct Comparing {
    company: Company,
    open: Option<CompareCode>,
    /// The engine may not have heard it yet.
    answered: Option<CompareCode>,
}

impl Comparing {
    #[must_use]
    pub fn new(company: Company) -> Self {
        Self { company, open: None, answered: None }
    }

    /// Puts the question, or takes it back when it needs no answer any more.
    pub fn learn(&mut self, transfer: &Transfer, tell: &mut dyn Tell) {
        let Company::Person(typed) = &mut self.company else { return };
        let code = transfer.meeting.filter(|_| transfer.compares()).map(|meeting| meeting.code);
        match code {
            Some(code) if self.open.is_none() && self.answered != Some(code) => {
                typed.begin();
                tell.ask(&meeting::compare(transfer, code));
                self.open = Some(code);
            }
            None if self.open.is_some() => {
                tell.ask(&meeting::withdrawn());
                self.close(tell);
            }
            _ => {}
        }
    }

    /// Waits for the answer to the open question; without end where there is none. Nothing is lost when it
    /// is dropped while it waits.
    pub async fn answer(&mut self, tell: &mut dyn Tell) -> Seen {
        let (Some(code), Company::Person(typed)) = (self.open, &mut self.company) else {
            return std::future::pending().await;
        };
        let seen = loop {
            match typed.next().await.as_deref().map(understand) {
                None => break Seen::Nothing,
                Some(Some(seen)) => break seen,
                Some(None) => tell.ask(&meeting::again()),
            }
        };
        self.answered = Some(code);
        self.close(tell);
        seen
    }

    fn close(&mut self, tell: &mut dyn Tell) {
        tell.answered();
        self.open = None;
    }
}

/// `None` for what is no answer: nothing is sent, and nobody is accused, by mistake.
fn understand(line: &str) -> Option<Seen> {
    match line.trim().to_lowercase().as_str() {
        "y" | "yes" => Some(Seen::Same),
        "n" | "no" => Some(Seen::Another),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::{
        cli::{
            exit::Exit,
            send::{Sending, send},
            stage::{Stage, Told, complete, transfer, within},
        },
        engine::{Command, Remember, Strangers},
        model::{Agreement, CompareCode, Direction, Meeting, Outcome, Side, Source, Transfer, TransferState},
    };

    fn met(transfer: &Transfer, here: Agreement) -> Transfer {
        let meeting = Some(Meeting { code: CompareCode::new(42_007), here });
        Transfer { meeting, ..transfer.clone() }
    }

    /// Sends to a stranger with a person at the terminal.
    async fn run(
        stage: &mut Stage,
        told: &mut Told,
        typed: mpsc::Receiver<String>,
        script: impl AsyncFnOnce(&mut Stage, Transfer),
    ) -> Exit {
        let sending = Sending {
            to: "host".parse().unwrap(),
            code: None,
            remember: Remember::Known,
            sources: vec![Source::Path("photo.jpg".into())],
            company: Company::Person(Typed::Lines(typed)),
        };
        let interrupts = stage.interrupts.take().unwrap();
        let sent = send(stage.handle.clone(), sending, told, interrupts);
        let script = async {
            let Command::Send { id, manner, .. } = stage.command().await else { panic!("not a send") };
            assert_eq!(manner.strangers, Strangers::Compare);
            script(stage, Transfer { id, ..transfer(0, Direction::Send) }).await;
        };
        let (exit, ()) = within(async { tokio::join!(sent, script) }).await;
        exit.unwrap()
    }

    #[tokio::test]
    async fn a_person_who_sees_the_same_code_agrees_and_one_who_sees_another_does_not() {
        for (line, agrees) in [("y", true), ("No", false)] {
            let (mut stage, mut told) = (Stage::set(), Told::new());
            let (type_line, typed) = mpsc::channel(1);
            let shown = told.asked_by();
            type_line.send("y".to_owned()).await.unwrap();
            let exit = run(&mut stage, &mut told, typed, async |stage, t| {
                stage.say(&t, TransferState::Preparing);
                stage.say(&met(&t, Agreement::Asked), TransferState::Comparing);
                shown.wait_for("show 042 007 (“").await;
                type_line.send(String::new()).await.unwrap();
                shown.wait_for("Please type y or n").await;
                type_line.send(line.to_owned()).await.unwrap();
                match stage.command().await {
                    Command::Agree(id) => assert!(agrees && id == t.id),
                    Command::Differ(id) => assert!(!agrees && id == t.id),
                    other => panic!("{other:?}"),
                }
                // Something else happens before the engine has heard the answer.
                stage.say(&met(&t, Agreement::Asked), TransferState::Comparing);
                if agrees {
                    stage.say(&met(&t, Agreement::Given), TransferState::Comparing);
                    stage.say(&t, TransferState::Finished(Box::new(complete(&t))));
                } else {
                    stage.finish(&t, Outcome::Cancelled { by: Side::Here });
                }
            })
            .await;
            assert_eq!(exit, if agrees { Exit::Complete } else { Exit::Cancelled });
            let lines = told.json();
            let meeting =
                lines.iter().find(|line| line["event"] == "meeting").expect("it is told to scripts");
            assert_eq!((&meeting["code"], &meeting["asked"]), (&"042 007".into(), &true.into()));
            assert_eq!(meeting["words"].as_array().unwrap().len(), 2);
            assert_eq!(told.asked().matches("Does the screen").count(), 1);
            assert!(!told.asked().contains("nothing to compare any more"));
        }
    }

    #[tokio::test]
    async fn a_terminal_that_closes_before_the_answer_gives_the_transfer_up() {
        let (mut stage, mut told) = (Stage::set(), Told::new());
        let (type_line, typed) = mpsc::channel(1);
        let exit = run(&mut stage, &mut told, typed, async |stage, t| {
            drop(type_line);
            stage.say(&met(&t, Agreement::Asked), TransferState::Comparing);
            assert!(matches!(stage.command().await, Command::Cancel(id) if id == t.id));
            stage.finish(&t, Outcome::Cancelled { by: Side::Here });
        })
        .await;
        assert_eq!(exit, Exit::Cancelled);
    }

    #[tokio::test]
    async fn who_is_known_here_is_not_asked_about_and_a_question_without_its_transfer_is_taken_back() {
        let (mut stage, mut told) = (Stage::set(), Told::new());
        let (_type_line, typed) = mpsc::channel(1);
        let shown = told.asked_by();
        run(&mut stage, &mut told, typed, async |stage, t| {
            stage.say(&met(&t, Agreement::NotNeeded), TransferState::Preparing);
            stage.say(&met(&t, Agreement::Asked), TransferState::Comparing);
            shown.wait_for("Does the screen").await;
            stage.finish(&t, Outcome::Declined { by: Side::There, reason: None });
        })
        .await;
        assert!(told.asked().ends_with("There is nothing to compare any more.\n"), "{}", told.asked());
        assert_eq!(told.events(), ["meeting", "offer", "finished"]);
    }
}
