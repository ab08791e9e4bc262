//! What a person is told, word for word.
//!
//! Knows sentences. Must not know where they are shown; whoever shows them escapes them.

pub mod apart;
mod code;
mod kept;
pub mod meeting;
pub mod past;
pub mod phrases;
mod question;
mod texts;
pub mod trial;

use self::phrases::{LISTED, and_more, notes, pace, place, size_of};
pub use self::{
    code::{NO_CODE, WHICH_CODE},
    kept::{asks_to_go_on, left_for_later},
    phrases::{Line, amount, flow, limit, progress, short, who},
    question::{Answers, NOBODY_ANY_MORE, YES_OR_NO, question, withdrawn},
};
use super::news::{Listening, News};
use crate::model::{Direction, Outcome, Pause, Problem, Report, Retry, Side, Transfer, text};

/// What became of a broken link, and what comes next.
fn broken(transfer: &Transfer, why: &Problem) -> String {
    let next = match transfer.direction {
        Direction::Send => "Trying again until it works; Ctrl-C stops that.",
        Direction::Receive => "It goes on when the other device is back; Ctrl-C stops that.",
    };
    format!("Interrupted: {}. {} {next}", transfer.summary.title(), why.text)
}

/// Why it rests; whoever waits for it need do nothing.
fn paused(transfer: &Transfer, why: Pause) -> String {
    let why = why.sentence(transfer.direction, &transfer.peer);
    let leaving = match transfer.direction {
        Direction::Send => "gives it up",
        Direction::Receive => "leaves it for later",
    };
    format!("{}: {why} Waiting; Ctrl-C {leaving}.", transfer.summary.title())
}

#[must_use]
pub fn lines(news: News<'_>) -> Vec<Line> {
    if let Some(lines) = trial::lines(news).or_else(|| texts::lines(news)) {
        return lines;
    }
    let told = |line: String| vec![Line::Told(line)];
    match news {
        News::Listening(listening) => self::listening(listening),
        News::Code(state) => code::code(state),
        News::Begun(t) => match t.direction {
            Direction::Send => told(format!("Connecting to {} …", t.peer.label())),
            Direction::Receive => Vec::new(),
        },
        News::Connected(t) => match t.direction {
            Direction::Send => {
                told(format!("Connected to {}. Reading what there is to send …", who(&t.peer)))
            }
            Direction::Receive => Vec::new(),
        },
        News::Offered(t) => match t.direction {
            Direction::Send => {
                let mut lines = told(format!(
                    "Offering {} ({}). Waiting for the answer of {} …",
                    t.summary.title(),
                    t.summary.size_line(),
                    t.peer.label()
                ));
                lines.extend(notes(t).map(Line::Told));
                let left_out = t.summary.skipped.listed(t.direction);
                lines.extend(left_out.map(|listed| Line::Told(format!("Left out: {listed}."))));
                lines
            }
            // Whoever is asked reads it in the question, and everyone else when it starts.
            Direction::Receive => Vec::new(),
        },
        News::Met(t) => meeting::met(t),
        News::Started(t) => started(t),
        News::Broken(t, why) => told(broken(t, why)),
        News::Paused(t, why) => told(paused(t, why)),
        News::Mended(t) => told(format!("Connected again: {} goes on.", t.summary.title())),
        News::Progress(t, progress) => told(format!("{}: {}", t.summary.title(), self::progress(progress))),
        News::Finished(t, report) => finished(t, report),
        News::Cancelling => told("Cancelling … Ctrl-C again leaves at once.".to_owned()),
        News::Kept(kept) => kept::kept(kept),
        News::Removed(t) => kept::removed(t),
        // The table at the end has the one, and the other has words of its own.
        News::Tried(..) | News::Text(..) => Vec::new(),
        News::Remark(line) => told(line.to_owned()),
        News::Error(sentence) => vec![Line::Wrong(sentence.to_owned())],
    }
}

fn listening(listening: &Listening) -> Vec<Line> {
    let address = |ip: &std::net::IpAddr| std::net::SocketAddr::new(*ip, listening.port).to_string();
    let mut lines = vec![
        format!("Receiving as {} ({}).", listening.device.name, listening.device.id),
        format!("Files go to {}.", place(&listening.folder, listening.free)),
    ];
    match listening.addresses.as_slice() {
        [] => lines.push(format!(
            "Listening on port {}. This device is on no network now: others reach it once it has joined theirs.",
            listening.port
        )),
        [first, others @ ..] => {
            lines.push(format!("On the other device: airlift send FILE --to {}", address(first)));
            lines.extend(others.iter().map(|ip| format!("  or --to {}", address(ip))));
        }
    }
    lines.into_iter().map(Line::Told).collect()
}

fn started(t: &Transfer) -> Vec<Line> {
    let size = t.summary.size_line();
    match t.direction {
        Direction::Send => {
            let label = t.peer.label();
            let mut lines = vec![format!("Sending {size} to {label} …")];
            lines
                .extend(t.short.map(|short| format!("The disk of {label} may be too small: {short} there.")));
            lines.into_iter().map(Line::Told).collect()
        }
        Direction::Receive => {
            let mut lines = vec![Line::Told(match &t.folder {
                Some(folder) => {
                    format!("Receiving {size} from {} into {} …", who(&t.peer), folder.display())
                }
                None => format!("Receiving {size} from {} …", who(&t.peer)),
            })];
            lines.extend(t.short.map(|short| Line::Told(format!("There may not be enough room: {short}."))));
            lines.extend(notes(t).map(Line::Told));
            lines
        }
    }
}

fn finished(t: &Transfer, report: &Report) -> Vec<Line> {
    let Some(problem) = report.outcome.problem() else { return complete(t, report) };
    let anything_to_name = t.summary.files + t.summary.folders > 0;
    let mut lines = vec![Line::Wrong(match t.direction {
        Direction::Receive if anything_to_name => {
            format!("{} from {}: {problem}", t.summary.title(), t.peer.label())
        }
        Direction::Receive => format!("From {}: {problem}", t.peer.label()),
        Direction::Send => problem,
    })];
    let listed = report.problems.iter().take(LISTED).map(|file| {
        let side = match file.side {
            Side::Here => "",
            Side::There => " (on the other device)",
        };
        format!("  {}{side}: {}", file.path, file.why)
    });
    lines.extend(listed.map(Line::Wrong));
    let failed = report.failed + report.failed_folders;
    lines.extend(and_more(failed, report.problems.len()).map(Line::Wrong));
    if report.hopeless > 0 && t.direction == Direction::Send {
        lines.push(Line::Wrong(match failed.saturating_sub(report.hopeless) {
            0 => "To send the same once more would not help.".to_owned(),
            _ => format!("To send {} of them once more would not help.", report.hopeless),
        }));
    }
    if report.is_incomplete() && report.retry == Retry::Possible {
        let text = "Give the same command once more to send what failed, and nothing else.";
        lines.push(Line::Wrong(text.to_owned()));
    }
    if matches!(report.outcome, Outcome::Failed(_) | Outcome::Cancelled { .. }) && report.files > 0 {
        lines.push(Line::Wrong(format!("{} had arrived whole.", size_of(report))));
        lines.extend(saved(t, report).into_iter().map(Line::Wrong));
    }
    lines.extend(report.notes.iter().cloned().map(Line::Wrong));
    lines.extend(report.is_incomplete().then(|| not_all(t)).flatten());
    lines
}

/// What was left out, where that is not as it was meant: also for those who want to hear of nothing else.
fn not_all(t: &Transfer) -> Option<Line> {
    t.summary.skipped.sentence(t.direction).map(Line::Wrong)
}

fn complete(t: &Transfer, report: &Report) -> Vec<Line> {
    let mut size = size_of(report);
    if t.summary.folders > 0 {
        let folders = text::count(t.summary.folders, "folder", "folders");
        size = format!("{size} ({folders})");
    }
    let took = format!("in {}{}", text::duration(report.took), pace(report));
    let mut lines = vec![match t.direction {
        Direction::Send => format!("Sent {size} {took}. Verified by {}.", t.peer.label()),
        Direction::Receive => format!("Received {size} {took}. Verified."),
    }];
    if report.already > 0 {
        let count = text::count(report.already, "file was", "files were");
        lines.push(match t.direction {
            Direction::Send => format!("{count} there already."),
            Direction::Receive => format!("{count} here already."),
        });
    }
    lines.extend(report.left_out.sentences());
    if t.direction == Direction::Receive {
        let left_out = t.summary.skipped.listed(t.direction);
        lines.extend(left_out.map(|listed| format!("The sender has left out: {listed}.")));
    }
    lines.extend(saved(t, report));
    lines.extend(report.notes.iter().cloned());
    lines.into_iter().map(Line::Told).chain(not_all(t)).collect()
}

/// `Saved in /x:` and what is there now.
fn saved(t: &Transfer, report: &Report) -> Vec<String> {
    if report.saved.is_empty() {
        return Vec::new();
    }
    // It may have been moved meanwhile.
    let folder =
        t.folder.as_deref().filter(|folder| report.saved.iter().all(|path| path.starts_with(folder)));
    let mut lines =
        vec![folder.map_or_else(|| "Saved:".to_owned(), |folder| format!("Saved in {}:", folder.display()))];
    lines.extend(report.saved.iter().take(LISTED).map(|path| {
        let inside = folder.and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(path);
        format!("  {}", inside.display())
    }));
    lines.extend(and_more(report.saved.len() as u64, report.saved.len()));
    lines
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        cli::stage::{complete, transfer},
        model::{DeviceId, FileProblem, LeftOut, Problem, ProblemKind, Skipped, Summary},
    };

    fn said(news: News<'_>) -> (Vec<String>, Vec<String>) {
        let (mut told, mut wrong) = (Vec::new(), Vec::new());
        for line in lines(news) {
            match line {
                Line::Told(line) => told.push(line),
                Line::Wrong(line) => wrong.push(line),
                Line::Words(line) => panic!("{line}"),
            }
        }
        (told, wrong)
    }

    #[test]
    fn the_last_line_says_what_happened_and_who_verified_it() {
        let sent = transfer(1, Direction::Send);
        let (told, wrong) = said(News::Finished(&sent, &complete(&sent)));
        assert_eq!(told, ["Sent 2 files, 3.50 kB (1 folder) in 1 s (7.00 kB/s). Verified by Anna’s laptop."]);
        assert!(wrong.is_empty());
        let received = transfer(1, Direction::Receive);
        let notes = vec!["The disk can’t promise much.".to_owned()];
        let (told, wrong) = said(News::Finished(&received, &Report { notes, ..complete(&received) }));
        assert_eq!((told.last().map(String::as_str), wrong.len()), (Some("The disk can’t promise much."), 0));
        let (told, _) = said(News::Finished(&received, &complete(&received)));
        assert_eq!(
            told,
            [
                "Received 2 files, 3.50 kB (1 folder) in 1 s (7.00 kB/s). Verified.",
                "Saved in /home/anna/in:",
                "  photo.jpg",
                "  trip",
            ]
        );
    }

    #[test]
    fn what_was_left_out_is_said_and_an_empty_file_has_no_rate() {
        let mut sent = transfer(1, Direction::Send);
        sent.summary.folders = 0;
        let left_out = LeftOut { untold: 2, ..LeftOut::default() };
        let report = Report { files: 1, bytes: 0, took: Duration::ZERO, left_out, ..complete(&sent) };
        let (told, _) = said(News::Finished(&sent, &report));
        assert_eq!(told[0], "Sent 1 file, 0 B in 0 s. Verified by Anna’s laptop.");
        assert_eq!(
            told[1],
            "2 files were left out: the other device has something of that name, or did not accept it."
        );
    }

    #[test]
    fn whoever_wants_to_hear_of_mistakes_alone_hears_of_what_was_not_sent_in_one_line() {
        let skipped = Skipped { links: 2, unreadable: 1, ..Skipped::default() };
        let mut sent = transfer(1, Direction::Send);
        sent.summary.skipped = skipped;
        let expected = "Left out: 2 links and 1 file or folder that can’t be read or named.";
        let (told, wrong) = said(News::Finished(&sent, &complete(&sent)));
        assert!(told[0].starts_with("Sent 2 files"), "{told:?}");
        assert_eq!(wrong, [expected]);
        let text = "1 of 2 files did not arrive.".to_owned();
        let outcome = Outcome::Failed(Problem { side: Side::There, kind: ProblemKind::Incomplete, text });
        let (_, wrong) = said(News::Finished(&sent, &Report::of(outcome)));
        assert_eq!(wrong.last().unwrap(), expected);
        let (_, wrong) = said(News::Finished(&sent, &Report::of(Outcome::Cancelled { by: Side::Here })));
        assert_eq!(wrong.len(), 1);
        // Whoever receives has all that there was to be had, and is told what there was not.
        let mut received = transfer(1, Direction::Receive);
        received.summary.skipped = skipped;
        let (told, wrong) = said(News::Finished(&received, &complete(&received)));
        assert_eq!(
            told[1],
            "The sender has left out: 2 links and 1 file or folder that can’t be read or named."
        );
        assert!(wrong.is_empty());
    }

    #[test]
    fn a_failure_is_the_sentence_and_a_list_that_ends() {
        let sent = transfer(1, Direction::Send);
        let problems = (0..50)
            .map(|i| FileProblem {
                path: format!("trip/{i}"),
                side: Side::There,
                why: "no space".to_owned(),
                error: None,
            })
            .collect();
        let text = "50 files were not stored.".to_owned();
        let outcome = Outcome::Failed(Problem { side: Side::There, kind: ProblemKind::Files, text });
        let report = Report { problems, failed: 5_000, ..Report::of(outcome) };
        let (told, wrong) = said(News::Finished(&sent, &report));
        assert!(told.is_empty());
        assert_eq!(wrong.len(), 1 + LISTED + 1);
        assert_eq!(wrong[0], "50 files were not stored.");
        assert_eq!(wrong[1], "  trip/0 (on the other device): no space");
        assert_eq!(wrong.last().unwrap(), "  and 4,980 more");
    }

    #[test]
    fn who_receives_is_told_whose_transfer_did_not_work_out() {
        let mut received = transfer(1, Direction::Receive);
        let report = Report::of(Outcome::Cancelled { by: Side::There });
        let (_, wrong) = said(News::Finished(&received, &report));
        assert_eq!(wrong, ["photo.jpg and 1 more from Anna’s laptop: Cancelled by the other device."]);
        received.summary = Summary::default();
        let (_, wrong) = said(News::Finished(&received, &report));
        assert_eq!(wrong, ["From Anna’s laptop: Cancelled by the other device."]);
    }

    #[test]
    fn listening_shows_what_to_type_on_the_other_device() {
        let listening = Listening {
            device: crate::engine::DeviceCard {
                id: DeviceId::of_public_key(b"x"),
                name: crate::cli::stage::name("This one"),
            },
            port: 99,
            addresses: vec!["10.0.0.7".parse().unwrap(), "fd00::7".parse().unwrap()],
            folder: "/in".into(),
            free: None,
        };
        let (told, _) = said(News::Listening(&listening));
        assert!(told[0].starts_with("Receiving as This one ("));
        assert_eq!(told[1], "Files go to /in.");
        assert_eq!(told[2], "On the other device: airlift send FILE --to 10.0.0.7:99");
        assert_eq!(told[3], "  or --to [fd00::7]:99");
    }
}
