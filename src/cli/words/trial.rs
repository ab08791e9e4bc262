//! What a person is told of a speed test.

use super::phrases::{Line, pace, place, progress, who};
use crate::{
    cli::news::News,
    model::{Bottleneck, Direction, Medium, Peer, Purpose, Report, Side, Transfer, text},
};

/// `None` for what is no speed test, or is told of it as of everything else.
#[must_use]
pub fn lines(news: News<'_>) -> Option<Vec<Line>> {
    let (News::Begun(t)
    | News::Connected(t)
    | News::Offered(t)
    | News::Started(t)
    | News::Progress(t, _)
    | News::Finished(t, _)) = news
    else {
        return None;
    };
    let Purpose::Trial(medium) = t.summary.purpose else { return None };
    let (way, label) = (medium.way(), t.peer.label());
    let told = |line: String| vec![Line::Told(line)];
    Some(match (news, t.direction) {
        (News::Begun(_), Direction::Send) => told(format!("Speed test, {way}: preparing …")),
        (News::Offered(_), Direction::Send) => {
            told(format!("Speed test, {way}: waiting for the answer of {label} …"))
        }
        (News::Started(_), Direction::Send) => {
            told(format!("Speed test, {way}: sending {} …", text::bytes(t.summary.bytes)))
        }
        (News::Started(_), Direction::Receive) => {
            told(format!("Speed test by {}, {way}. {}", who(&t.peer), t.summary.size_line()))
        }
        (News::Progress(_, at), _) => told(format!("Speed test, {way}: {}", progress(at))),
        (News::Finished(_, report), direction) => match (report.outcome.problem(), direction) {
            (Some(problem), Direction::Send) => vec![Line::Wrong(problem)],
            (Some(problem), Direction::Receive) => {
                vec![Line::Wrong(format!("Speed test by {label}: {problem}"))]
            }
            // The table has it.
            (None, Direction::Send) => Vec::new(),
            (None, Direction::Receive) => {
                let (bytes, took) = (text::bytes(report.bytes), text::duration(report.took));
                told(format!(
                    "Speed test by {label}, {way}: {bytes} in {took}{}. Nothing was kept.",
                    pace(report)
                ))
            }
        },
        (_, _) => Vec::new(),
    })
}

/// The question to a person whether a speed test may be made.
#[must_use]
pub fn question(offer: &Transfer, medium: Medium) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        format!("{} wants to try how fast it can send to this device.", who(&offer.peer)),
        format!("  {}", offer.summary.size_line()),
    ];
    if let (Medium::Disk, Some(folder)) = (medium, &offer.folder) {
        let place = place(folder, offer.free);
        lines.push(format!("  It is written to {place}, and removed at once."));
    }
    lines
}

/// One round of a speed test that is complete.
#[derive(Clone, Debug)]
pub struct Round {
    medium: Medium,
    speed: String,
    limited_by: Option<Bottleneck>,
}

impl Round {
    #[must_use]
    pub fn of(medium: Medium, report: &Report) -> Self {
        let speed = report.rate().map_or_else(|| "—".to_owned(), text::rate);
        Self { medium, speed, limited_by: report.pipeline.limited_by }
    }
}

/// Who took part.
#[derive(Clone, Debug)]
pub enum Ends {
    /// This device alone: its two ends share a disk and a processor.
    OneDevice,
    /// This device and another.
    Two(Peer),
}

/// All rounds, for a person.
#[must_use]
pub fn table(ends: &Ends, rounds: &[Round]) -> Vec<String> {
    let title = match ends {
        Ends::OneDevice => "Speed test of this device with itself".to_owned(),
        Ends::Two(peer) => format!("Speed test with {}", who(peer)),
    };
    let row = |way: &str, speed: &str, limit: &str| format!("{way:<15}   {speed:<10}   {limit}");
    let mut lines = vec![String::new(), title, row("", "speed", "limited by")];
    lines.extend(rounds.iter().map(|round| {
        let limit = match (round.limited_by, ends) {
            (None, _) => "nothing that could be told: try a larger --size",
            (Some(Bottleneck::Disk(Side::Here)), Ends::OneDevice) => "the disk, reading",
            (Some(Bottleneck::Disk(Side::There)), Ends::OneDevice) => "the disk, writing",
            (Some(Bottleneck::Processor(_)), Ends::OneDevice) => "the processor",
            (Some(Bottleneck::Network), Ends::OneDevice) => "the loopback, which is no network",
            (Some(limit), _) => limit.name(),
        };
        row(round.medium.way(), &round.speed, limit)
    }));
    lines
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        cli::{
            stage::{complete, transfer},
            words,
        },
        model::{Outcome, Pipeline},
    };

    fn trial(direction: Direction, medium: Medium) -> Transfer {
        let mut t = transfer(1, direction);
        t.summary.purpose = Purpose::Trial(medium);
        t
    }

    #[test]
    fn who_is_asked_reads_that_nothing_is_kept_and_what_is_written_meanwhile() {
        let memory = words::question(&trial(Direction::Receive, Medium::Memory)).join("\n");
        assert!(memory.contains("A speed test of 3.50 kB. Nothing is kept."), "{memory}");
        assert!(!memory.contains("/home/anna/in") && !memory.contains("photo.jpg"), "{memory}");
        let disk = words::question(&trial(Direction::Receive, Medium::Disk)).join("\n");
        assert!(disk.contains("written to /home/anna/in (5.00 kB free), and removed at once"), "{disk}");
    }

    #[test]
    fn no_line_of_a_speed_test_speaks_of_files_or_of_what_is_saved() {
        for direction in [Direction::Send, Direction::Receive] {
            let t = trial(direction, Medium::Disk);
            let (whole, cut) =
                (complete(&t), Report { files: 1, ..Report::of(Outcome::Cancelled { by: Side::There }) });
            let news = [
                News::Begun(&t),
                News::Connected(&t),
                News::Offered(&t),
                News::Started(&t),
                News::Finished(&t, &whole),
                News::Finished(&t, &cut),
            ];
            let lines: Vec<_> = news.into_iter().flat_map(words::lines).collect();
            assert!(lines.len() > 2, "{lines:?}");
            for line in lines {
                let (Line::Told(line) | Line::Wrong(line) | Line::Words(line)) = line;
                assert!(
                    !line.contains("file") && !line.contains("photo") && !line.contains("Saved"),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn the_table_names_each_limit_and_of_one_device_alone_no_other() {
        let round = |medium, bytes, limited_by| {
            let pipeline = Pipeline { limited_by, ..Pipeline::default() };
            let took = Duration::from_secs(1);
            Round::of(medium, &Report { bytes, took, pipeline, ..Report::of(Outcome::Complete) })
        };
        let rounds = [
            round(Medium::Memory, 112_000_000, Some(Bottleneck::Network)),
            round(Medium::Disk, 9_000_000, Some(Bottleneck::Disk(Side::There))),
            round(Medium::Disk, 0, None),
        ];
        let peer = transfer(1, Direction::Send).peer;
        let apart = table(&Ends::Two(peer), &rounds);
        assert!(apart[1].starts_with("Speed test with Anna’s laptop ("), "{}", apart[1]);
        assert_eq!(apart[2], "                  speed        limited by");
        assert_eq!(apart[3], "memory → memory   112 MB/s     the network");
        assert_eq!(apart[4], "disk → disk       9.00 MB/s    the other device’s disk");
        assert_eq!(
            apart[5],
            "disk → disk       —            nothing that could be told: try a larger --size"
        );
        let alone = table(&Ends::OneDevice, &rounds);
        assert_eq!(alone[3], "memory → memory   112 MB/s     the loopback, which is no network");
        assert_eq!(alone[4], "disk → disk       9.00 MB/s    the disk, writing");
    }
}
