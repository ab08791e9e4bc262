//! News for a person at a terminal, or reading a log of one.
//!
//! Knows how much is shown and when. Must not know the words.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::{
    bars::Bars,
    news::{News, Tell},
    render::Screen,
    words::{self, Line},
};
use crate::{engine::CodeState, model::TransferId};

/// The least time between two lines of progress of one transfer.
const PACE: Duration = Duration::from_secs(5);

/// Before each line of a text that somebody has sent.
const MARK: &str = "│ ";

/// How much a person is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Only what went wrong.
    Errors,
    /// Lines that stay.
    Lines,
    /// Lines, and bars that move.
    Bars,
}

pub struct Human<'a> {
    screen: &'a mut Screen,
    show: Show,
    /// The last line of the question that waits for its answer.
    asked: Option<String>,
}

enum Show {
    Errors,
    /// When each transfer's last line of progress was due.
    Lines(HashMap<TransferId, Instant>),
    Bars(Bars),
}

impl<'a> Human<'a> {
    pub fn new(screen: &'a mut Screen, detail: Detail) -> Self {
        let show = match detail {
            Detail::Errors => Show::Errors,
            Detail::Lines => Show::Lines(HashMap::new()),
            Detail::Bars => Show::Bars(Bars::default()),
        };
        Self { screen, show, asked: None }
    }

    fn print(&mut self, lines: &[Line]) {
        let screen = &mut *self.screen;
        // Beside nothing of Airlift's own there is nothing to tell them from.
        let mark = if matches!(self.show, Show::Errors) { "" } else { MARK };
        let mut print = || {
            for line in lines {
                match line {
                    Line::Told(line) => screen.out(line),
                    Line::Wrong(line) => screen.err(line),
                    Line::Words(line) => screen.out(&format!("{mark}{line}")),
                }
            }
        };
        match &self.show {
            Show::Errors | Show::Lines(_) => print(),
            Show::Bars(bars) => bars.above(print),
        }
        if let Some(question) = self.asked.as_ref().filter(|_| !lines.is_empty()) {
            self.screen.err(question);
        }
    }
}

impl Tell for Human<'_> {
    fn tell(&mut self, news: News<'_>) {
        match (&mut self.show, news) {
            (Show::Errors, News::Progress(..)) => return,
            (_, News::Progress(..)) if self.asked.is_some() => return,
            (Show::Lines(last), News::Progress(transfer, _)) => {
                let now = Instant::now();
                if !due(last.get(&transfer.id).copied(), now) {
                    return;
                }
                last.insert(transfer.id, now);
            }
            // The first line of progress is due a while after the start, not with it.
            (Show::Lines(last), News::Started(transfer)) => drop(last.insert(transfer.id, Instant::now())),
            (Show::Lines(last), News::Finished(transfer, _)) => drop(last.remove(&transfer.id)),
            (Show::Bars(bars), News::Progress(transfer, progress)) => return bars.show(transfer, progress),
            (Show::Bars(bars), News::Finished(transfer, _)) => bars.remove(transfer.id),
            _ => {}
        }
        let mut lines = words::lines(news);
        // Whoever wants a code wants to see it.
        let is_asked_for = matches!(news, News::Code(CodeState::Given { .. }));
        if matches!(self.show, Show::Errors) && !is_asked_for {
            lines.retain(|line| matches!(line, Line::Wrong(_) | Line::Words(_)));
        }
        self.print(&lines);
    }

    fn ask(&mut self, lines: &[String]) {
        if let Show::Bars(bars) = &mut self.show {
            bars.clear();
        }
        for line in lines {
            self.screen.err(line);
        }
        self.asked = lines.last().cloned();
    }

    fn answered(&mut self) {
        self.asked = None;
    }
}

fn due(last: Option<Instant>, now: Instant) -> bool {
    last.is_none_or(|last| now.saturating_duration_since(last) >= PACE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::{
            render::shown::screen,
            stage::{complete, transfer},
        },
        model::{Direction, Outcome, Progress, Purpose, Report, Side},
    };

    fn tell_all(detail: Detail) -> (String, String) {
        let (mut screen, out, err) = screen();
        let mut human = Human::new(&mut screen, detail);
        let mut t = transfer(1, Direction::Receive);
        t.summary.top[0].name = "\u{1b}]0;owned\u{7}".to_owned();
        human.tell(News::Started(&t));
        human.tell(News::Progress(&t, &Progress::default()));
        human.ask(&["Really?".to_owned()]);
        human.tell(News::Progress(&t, &Progress { total: Some(1), ..Progress::default() }));
        human.answered();
        human.tell(News::Progress(&t, &Progress { total: Some(1), ..Progress::default() }));
        human.tell(News::Finished(&t, &complete(&t)));
        human.tell(News::Finished(&t, &Report::of(Outcome::Cancelled { by: Side::There })));
        drop(human);
        (out.text(), err.text())
    }

    #[test]
    fn lines_and_bars_tell_the_same_and_no_peer_writes_to_the_terminal() {
        for detail in [Detail::Lines, Detail::Bars] {
            let (out, err) = tell_all(detail);
            assert!(out.contains("Receiving 2 files") && out.contains("Verified."), "{out}");
            assert!(err.starts_with("Really?\n\\u{1b}]0;owned\\u{7} and 1 more from"), "{err}");
            assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'));
        }
    }

    #[test]
    fn who_wants_quiet_hears_of_mistakes_and_questions_alone() {
        let (out, err) = tell_all(Detail::Errors);
        assert_eq!(out, "");
        assert_eq!(err.lines().count(), 2, "{err}");
    }

    #[test]
    fn a_question_stays_the_last_thing_on_the_screen_until_it_is_answered() {
        for detail in [Detail::Lines, Detail::Bars] {
            let (mut screen, _, err) = screen();
            let mut human = Human::new(&mut screen, detail);
            let t = transfer(1, Direction::Receive);
            human.ask(&["What?".to_owned(), "Really?".to_owned()]);
            human.tell(News::Progress(&t, &Progress::default()));
            assert_eq!(err.text(), "What?\nReally?\n", "progress can wait");
            human.tell(News::Started(&t));
            assert_eq!(err.text(), "What?\nReally?\nReally?\n");
            human.answered();
            human.tell(News::Finished(&t, &complete(&t)));
            assert_eq!(err.text(), "What?\nReally?\nReally?\n");
        }
    }

    #[test]
    fn lines_of_progress_keep_their_distance() {
        let start = Instant::now();
        assert!(due(None, start));
        assert!(!due(Some(start), start));
        assert!(!due(Some(start + PACE), start), "a clock that jumped");
        assert!(due(Some(start), start + PACE));
    }

    #[test]
    fn a_code_is_shown_to_whoever_asked_for_it_however_little_they_want_to_hear() {
        for detail in [Detail::Errors, Detail::Lines, Detail::Bars] {
            let (mut screen, out, err) = screen();
            let code = "7-lamp-orbit".parse().unwrap();
            let mut human = Human::new(&mut screen, detail);
            human.tell(News::Code(&CodeState::Given { code, until: Instant::now() }));
            human.tell(News::Code(&CodeState::Spent));
            assert!(out.text().starts_with("Code: 7-lamp-orbit\n"), "{}", out.text());
            assert!(err.text().contains("tried a wrong code"));
        }
    }

    #[test]
    fn a_text_can_neither_drive_a_terminal_nor_pose_as_what_airlift_says() {
        let text =
            "one\n\u{1b}[2Jtwo\u{202e}\rReceived 3 files.\r\nReceived 3 files.\n\nend".parse().unwrap();
        let mut t = transfer(1, Direction::Receive);
        t.summary.purpose = Purpose::Text;
        for (detail, mark) in [(Detail::Lines, "│ "), (Detail::Bars, "│ "), (Detail::Errors, "")] {
            let (mut screen, out, _) = screen();
            Human::new(&mut screen, detail).tell(News::Text(&t, &text));
            let out = out.text();
            let shown: Vec<_> = out.lines().filter(|line| !line.starts_with("Text from")).collect();
            let lines = ["one", "\\u{1b}[2Jtwo\\u{202e}\\rReceived 3 files.", "Received 3 files.", "", "end"];
            assert_eq!(shown, lines.map(|line| format!("{mark}{line}")));
        }
    }
}
