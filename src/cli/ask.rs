//! Asking the person at the terminal, one offer at a time.
//!
//! Knows the queue of offers that wait and what counts as an answer. Must not know what follows
//! from one.

use std::{
    collections::VecDeque,
    io::{self, IsTerminal as _},
};

use tokio::sync::mpsc;

use super::{news::Tell, render::Screen, verdict::Verdict, words};
use crate::model::{BadPairingCode, PairingCode, Transfer, TransferId};

/// The offers that wait for a person.
pub struct Asker {
    typed: mpsc::Receiver<String>,
    waiting: VecDeque<Transfer>,
    /// The offer that has been put to the person: the first of those that wait.
    open: Option<TransferId>,
}

impl Asker {
    #[must_use]
    pub fn new(typed: mpsc::Receiver<String>) -> Self {
        Self { typed, waiting: VecDeque::new(), open: None }
    }

    pub fn offer(&mut self, offer: Transfer) {
        self.waiting.push_back(offer);
    }

    /// The offer needs no answer any more. An offer that isn't here is no mistake: it was answered.
    pub fn withdraw(&mut self, id: TransferId, tell: &mut dyn Tell) {
        self.waiting.retain(|offer| offer.id != id);
        if self.open.take_if(|open| *open == id).is_some() {
            tell.ask(&words::withdrawn());
            tell.answered();
        }
    }

    /// Puts the next offer to the person, unless one is open already.
    pub fn ask(&mut self, tell: &mut dyn Tell) {
        if self.open.is_some() {
            return;
        }
        let Some(offer) = self.waiting.front() else { return };
        // What was typed before the question is no answer to it.
        while self.typed.try_recv().is_ok() {}
        tell.ask(&words::question(offer));
        self.open = Some(offer.id);
    }

    /// Waits for the answer to the open question. Nothing is lost when it is dropped while it waits.
    pub async fn answer(&mut self, tell: &mut dyn Tell) -> (Transfer, Verdict) {
        let Some(asked) = self.waiting.front().filter(|_| self.open.is_some()).cloned() else {
            return std::future::pending().await;
        };
        let answers = words::Answers::of(&asked);
        let verdict = loop {
            match self.typed.recv().await.as_deref().map(Verdict::understand) {
                None => break Verdict::Nobody,
                Some(Some(verdict)) if answers.has(verdict) => break verdict,
                Some(_) => tell.ask(&answers.again()),
            }
        };
        tell.answered();
        self.open = None;
        self.waiting.retain(|offer| offer.id != asked.id);
        (asked, verdict)
    }
}

/// What is typed at the terminal, which is not read before somebody wants it: shells stop a program that
/// does so in the background.
#[derive(Debug)]
pub enum Typed {
    Unread,
    Lines(mpsc::Receiver<String>),
}

impl Typed {
    /// Reads on, and forgets what was typed before: it answers no question that comes now.
    pub fn begin(&mut self) {
        match self {
            // Without a thread nobody will ever answer, as when the input is closed.
            Self::Unread => *self = Self::Lines(typed().unwrap_or_else(|_| mpsc::channel(1).1)),
            Self::Lines(lines) => while lines.try_recv().is_ok() {},
        }
    }

    /// The next line; without end before anything is read. `None` when nobody will type any more.
    pub async fn next(&mut self) -> Option<String> {
        match self {
            Self::Unread => std::future::pending().await,
            Self::Lines(lines) => lines.recv().await,
        }
    }
}

/// The lines that are typed at the terminal from now on; the channel closes at their end.
///
/// They are read on a thread of their own, which nothing waits for: a blocking read can't be
/// called off, and Ctrl-C and the program's end must not wait for a person to press Enter. Lines
/// that nobody asked for are dropped.
///
/// # Errors
/// When the system gives no thread.
pub fn typed() -> io::Result<mpsc::Receiver<String>> {
    #[cfg(unix)]
    let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
    let (to, lines) = mpsc::channel(1);
    std::thread::Builder::new().name("answers".to_owned()).spawn(move || {
        for line in io::stdin().lines() {
            let line = match line {
                Ok(line) => line,
                Err(e) if e.kind() == io::ErrorKind::InvalidData => String::new(),
                Err(_) => break,
            };
            if let Err(mpsc::error::TrySendError::Closed(_)) = to.try_send(line) {
                break;
            }
        }
    })?;
    Ok(lines)
}

/// The code that the other device shows, typed by the person here, or read as a line where nobody types.
///
/// # Errors
/// When what comes is no code. Whoever types may try again.
pub fn code(screen: &mut Screen) -> anyhow::Result<PairingCode> {
    loop {
        screen.err(words::WHICH_CODE);
        let mut line = String::new();
        if io::stdin().read_line(&mut line)? == 0 {
            anyhow::bail!(words::NO_CODE);
        }
        match line.parse() {
            Ok(code) => return Ok(code),
            Err(bad) if io::stdin().is_terminal() => screen.err(&BadPairingCode::to_string(&bad)),
            Err(bad) => return Err(bad.into()),
        }
    }
}

/// Asks the person at the terminal until the answer is clear; who types no more has not agreed.
///
/// # Errors
/// When the terminal can't be read.
pub fn agrees(question: &[String], screen: &mut Screen) -> io::Result<bool> {
    for line in question {
        screen.err(line);
    }
    loop {
        screen.err(words::YES_OR_NO);
        let mut line = String::new();
        if io::stdin().read_line(&mut line)? == 0 {
            return Ok(false);
        }
        match Verdict::understand(&line) {
            Some(Verdict::Yes) => return Ok(true),
            Some(Verdict::No) => return Ok(false),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::stage::{Told, transfer, within},
        model::{Agreement, CompareCode, Direction, Meeting, TransferState},
    };

    #[tokio::test]
    async fn what_was_typed_before_the_question_does_not_answer_it() {
        let (type_line, typed) = mpsc::channel(1);
        let (mut asker, mut told) = (Asker::new(typed), Told::new());
        type_line.send("y".to_owned()).await.unwrap();
        asker.offer(transfer(1, Direction::Receive));
        asker.ask(&mut told);
        type_line.send("n".to_owned()).await.unwrap();
        let (_, verdict) = within(asker.answer(&mut told)).await;
        assert_eq!(verdict, Verdict::No);
    }

    #[tokio::test]
    async fn only_what_is_missing_can_be_wanted_where_something_is_here() {
        for (already, verdict) in [(0, Verdict::No), (1, Verdict::Missing), (2, Verdict::Missing)] {
            let (type_line, typed) = mpsc::channel(1);
            let (mut asker, mut told) = (Asker::new(typed), Told::new());
            asker.offer(Transfer { already, ..transfer(1, Direction::Receive) });
            asker.ask(&mut told);
            let person = async {
                for line in ["M", "n"] {
                    // Not heard any more once there is an answer.
                    let _ = type_line.send(line.to_owned()).await;
                }
            };
            let (answer, ()) = within(async { tokio::join!(asker.answer(&mut told), person) }).await;
            assert_eq!(answer.1, verdict, "{already} are here");
            let question = told.asked();
            assert_eq!(question.contains("1 of 2 files is here already."), already == 1, "{question}");
            assert_eq!(question.contains("All 2 files are here already."), already == 2, "{question}");
            assert_eq!(question.contains("m for only what is missing"), already > 0, "{question}");
        }
    }

    #[tokio::test]
    async fn that_the_codes_differ_is_an_answer_where_there_is_a_code() {
        let meeting = Meeting { code: CompareCode::new(42_007), here: Agreement::Asked };
        for (meeting, verdict) in [(None, Verdict::No), (Some(meeting), Verdict::Differ)] {
            let (type_line, typed) = mpsc::channel(1);
            let (mut asker, mut told) = (Asker::new(typed), Told::new());
            asker.offer(Transfer { meeting, ..transfer(1, Direction::Receive) });
            asker.ask(&mut told);
            let person = async {
                for line in ["d", "n"] {
                    // Not heard any more once there is an answer.
                    let _ = type_line.send(line.to_owned()).await;
                }
            };
            let (answer, ()) = within(async { tokio::join!(asker.answer(&mut told), person) }).await;
            assert_eq!(answer.1, verdict);
            let question = told.asked();
            for part in ["042 007 (“", "y, n, or d if the codes differ"] {
                assert_eq!(question.contains(part), meeting.is_some(), "{part}: {question}");
            }
        }
    }

    #[tokio::test]
    async fn the_code_is_asked_about_before_anything_is_named() {
        for (line, verdict) in [("y", Verdict::Yes), ("d", Verdict::Differ), ("n", Verdict::No)] {
            let (type_line, typed) = mpsc::channel(1);
            let (mut asker, mut told) = (Asker::new(typed), Told::new());
            let meeting = Some(Meeting { code: CompareCode::new(42_007), here: Agreement::Asked });
            let named = transfer(1, Direction::Receive);
            let (summary, state) = (named.summary.counts(), TransferState::Comparing);
            asker.offer(Transfer { meeting, summary, state, already: 1, ..named });
            asker.ask(&mut told);
            let question = told.asked();
            for part in ["042 007 (“", "2 files in 1 folder, 3.50 kB", "y, n, or d if the codes differ"] {
                assert!(question.contains(part), "{part} is not in {question}");
            }
            let person = async {
                for line in ["m", line] {
                    type_line.send(line.to_owned()).await.unwrap();
                }
            };
            let (answer, ()) = within(async { tokio::join!(asker.answer(&mut told), person) }).await;
            assert_eq!(answer.1, verdict);
            assert!(told.asked().contains("Please type y, n, or d"), "{}", told.asked());
        }
    }

    #[test]
    fn only_a_clear_yes_is_a_yes() {
        for (typed, verdict) in [
            ("y", Some(Verdict::Yes)),
            ("YES\r", Some(Verdict::Yes)),
            (" n ", Some(Verdict::No)),
            ("No", Some(Verdict::No)),
            ("", None),
            ("yn", None),
            ("да", None),
        ] {
            assert_eq!(Verdict::understand(typed), verdict, "{typed}");
        }
    }

    #[test]
    fn the_question_names_who_what_how_much_and_where() {
        let (_, typed) = mpsc::channel(1);
        let (mut asker, mut told) = (Asker::new(typed), Told::new());
        let mut offer = transfer(1, Direction::Receive);
        offer.summary.top[0].name = "photo\u{1b}[8m.jpg".to_owned();
        offer.notes = vec!["1 name is changed.".to_owned()];
        let id = offer.peer.id.unwrap().short();
        asker.offer(offer);
        asker.ask(&mut told);
        let question = told.asked();
        for part in [
            "Anna’s laptop",
            &id,
            "192.168.1.20",
            "2 files in 1 folder, 3.50 kB",
            "photo\\u{1b}[8m.jpg  3.00 kB",
            "trip/",
            "/home/anna/in (5.00 kB free)",
            "1 name is changed.",
        ] {
            assert!(question.contains(part), "{part} is not in {question}");
        }
    }
}
