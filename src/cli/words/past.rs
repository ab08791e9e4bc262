//! The history in words.

use std::time::SystemTime;

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    engine::history::{Became, Count, Ending, Item, Row, Verdict},
    model::{Direction, Screening, Side, text},
};

pub const NOTHING_TO_REMOVE: &str = "Nothing in the history fits, so nothing is removed.";
pub const CLEARED: &str = "The history is empty. Every file stays where it is.";

/// Before the lines of one entry that follow its first.
const INDENT: &str = "           ";

/// A moment on this device's clock, in the form that is asked for.
#[must_use]
pub fn moment(time: SystemTime, form: &str) -> String {
    // One before any calendar is no time at all.
    let time = Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned_datetime(TimeZone::system()).strftime(form).to_string()
}

/// One entry: what, how large, from whom or whereto; then where it is, and what became of it.
#[must_use]
pub fn entry(row: &Row, is_there: Option<bool>) -> Vec<String> {
    let mut lines = vec![format!("{:>9}  {}", row.id, what(row))];
    if let Some(place) = &row.place {
        let gone = if is_there == Some(false) { " (not there any more)" } else { "" };
        lines.push(format!("{INDENT}{}{gone}", place.display()));
    }
    lines.extend(became(row).into_iter().map(|sentence| format!("{INDENT}{sentence}")));
    lines
}

/// `2026-12-01 14:32  report.pdf, 2.10 MB, document, from Anna’s laptop`.
fn what(row: &Row) -> String {
    let name = match (&row.place, row.folder.as_str()) {
        (None, folder) if !folder.is_empty() => format!("{folder}/{}", row.name),
        _ => row.name.clone(),
    };
    let way = match row.direction {
        Direction::Send => "to",
        Direction::Receive => "from",
    };
    let size = row.size.map(text::bytes);
    let kind = (row.item == Item::File && row.place.is_some()).then(|| row.kind.word().to_owned());
    let device = Some(format!("{way} {}", row.device.name));
    let clean = (row.screening == Screening::Clean).then(|| "clean".to_owned());
    let parts: Vec<_> = [Some(name), size, kind, device, clean].into_iter().flatten().collect();
    format!("{}  {}", moment(row.when, "%Y-%m-%d %H:%M"), parts.join(", "))
}

/// What became of it; nothing where it simply arrived.
fn became(row: &Row) -> Vec<String> {
    let by = |side| match side {
        Side::Here => "here",
        Side::There => "by the other device",
    };
    let whose = match row.direction {
        Direction::Receive => "",
        Direction::Send => " there",
    };
    let held = || {
        let place = match &row.why {
            Some(since) => format!("{since} It could not be checked"),
            None => format!("Held{whose} until it can be checked for viruses"),
        };
        match &row.screening {
            Screening::NotScanned(why) => format!("{place}: {why}."),
            Screening::Off | Screening::Clean | Screening::Infected(_) => format!("{place}."),
        }
    };
    let infected = || {
        let place = row.why.clone().unwrap_or_else(|| format!("In quarantine{whose}."));
        match &row.screening {
            Screening::Infected(name) => format!("“{name}” was found in it. {place}"),
            Screening::Off | Screening::Clean | Screening::NotScanned(_) => place,
        }
    };
    let because = |what: &str| match row.why.as_deref().or(row.transfer.why.as_deref()) {
        // Some sentences say so by themselves.
        Some(why) if why.starts_with(what) => why.to_owned(),
        Some(why) => format!("{what}: {why}"),
        None => format!("{what}."),
    };
    let fate = match row.became {
        Became::Stored => None,
        Became::Already => Some("It was there before, and is the same.".to_owned()),
        Became::Held => Some(held()),
        Became::Infected => Some(infected()),
        Became::Failed => Some(because("Failed")),
        Became::LeftOut => Some("It was not wanted.".to_owned()),
        Became::Declined | Became::Cancelled => Some(match row.transfer.ending {
            Ending::Declined(Side::Here) => because("Declined here"),
            Ending::Declined(Side::There) => because("The other device declined"),
            Ending::Cancelled(side) => format!("Cancelled {}.", by(side)),
            Ending::NotYet | Ending::Complete | Ending::Failed(_) => because("Not transferred"),
        }),
        Became::Unsettled => {
            Some("It is not over yet. “airlift transfers” has what is kept of it.".to_owned())
        }
    };
    let said = match (&row.screening, row.became) {
        (Screening::NotScanned(why), Became::Stored) => Some(format!("Not checked for viruses: {why}.")),
        (Screening::Infected(name), Became::Stored) => {
            let since = row.why.as_deref().unwrap_or("It was released from quarantine all the same.");
            Some(format!("“{name}” was found in it. {since}"))
        }
        _ => None,
    };
    fate.into_iter().chain(said).collect()
}

/// Why nothing is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emptiness {
    /// There are entries, and none of them fits.
    NothingFits,
    /// There is no entry.
    NothingYet,
    /// Nor will there be.
    SwitchedOff,
}

/// What is said where nothing is shown.
#[must_use]
pub fn nothing(why: Emptiness) -> &'static str {
    match why {
        Emptiness::NothingFits => {
            "Nothing in the history fits. “airlift history” without more shows the newest of all."
        }
        Emptiness::NothingYet => "Nothing was sent or received yet. What is, is listed here from then on.",
        Emptiness::SwitchedOff => {
            "The history is empty, and the settings say that nothing is recorded (history: off)."
        }
    }
}

/// What is said where there is more than is shown.
#[must_use]
pub fn more(shown: usize, of: Count) -> String {
    let shown = number(Count::Exactly(shown as u64));
    format!("The first {shown} of {}. --limit shows more; words and filters find fewer.", number(of))
}

fn number(count: Count) -> String {
    let figure = |n| text::count(n, "", "").trim_end().to_owned();
    match count {
        Count::Exactly(n) => figure(n),
        Count::MoreThan(n) => format!("more than {}", figure(n)),
    }
}

fn entries(count: Count) -> String {
    match count {
        Count::Exactly(n) => text::count(n, "entry", "entries"),
        Count::MoreThan(_) => format!("{} entries", number(count)),
    }
}

fn and_more(unnamed: u64) -> String {
    format!("{INDENT}and {}", text::count(unnamed, "more", "more"))
}

/// The question before some go, but for its last line.
#[must_use]
pub fn about_to_remove(count: Count, some: &[Row]) -> Vec<String> {
    let mut lines = vec![format!("This removes {} from the history for good:", entries(count))];
    let all = match count {
        Count::Exactly(n) | Count::MoreThan(n) => n,
    };
    lines.extend(some.iter().map(|row| format!("{:>9}  {}", row.id, what(row))));
    let unnamed = all.saturating_sub(some.len() as u64);
    if unnamed > 0 {
        lines.push(and_more(unnamed));
    }
    lines.push("Every file stays where it is.".to_owned());
    lines
}

/// The question before everything goes, but for its last line. A count that isn't known is left out.
#[must_use]
pub fn about_to_clear(count: Option<Count>) -> Vec<String> {
    let all = count.map_or_else(
        || "everything that is recorded".to_owned(),
        |count| match count {
            Count::Exactly(n) => format!("all that is recorded, {}", text::count(n, "entry", "entries")),
            Count::MoreThan(_) => format!("all that is recorded, {}", entries(count)),
        },
    );
    vec![
        format!("This removes {all}, from this device’s history for good: it can’t be read from its file any more."),
        "Every file stays where it is. What other devices have recorded stays there, and so do the devices that are known, the transfers that are kept, and the log."
            .to_owned(),
    ]
}

/// What is said after some have gone.
#[must_use]
pub fn removed(count: u64, some: &[Row]) -> Vec<String> {
    let named = some.iter().map(|row| format!("{:>9}  {}", row.id, what(row)));
    let unnamed = count.saturating_sub(some.len() as u64);
    let more = (!some.is_empty() && unnamed > 0).then(|| and_more(unnamed));
    let entries = text::count(count, "entry", "entries");
    let end = format!("Removed from the history: {entries}. Every file stays where it is.");
    named.chain(more).chain([end]).collect()
}

/// How a file stands that is not as it was; `None` of one that is.
#[must_use]
pub fn stands(row: &Row, verdict: &Verdict) -> Option<String> {
    let place = row.place.as_deref().map(|place| place.display().to_string()).unwrap_or_default();
    let since = moment(row.when, "%Y-%m-%d");
    Some(match verdict {
        Verdict::Unchanged | Verdict::Incomparable => return None,
        Verdict::Changed => format!("changed (recorded {since}): {place}"),
        Verdict::Gone => format!("gone (recorded {since}): {place}"),
        Verdict::Unreadable(why) => format!("can’t be read ({why}): {place}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::history::{Device, TransferRow},
        model::{ContentKind, TransferId},
    };

    fn row(became: Became, screening: Screening, why: Option<&str>) -> Row {
        let transfer = TransferRow {
            id: TransferId([1; 16]),
            began: SystemTime::UNIX_EPOCH,
            ended: Some(SystemTime::UNIX_EPOCH),
            ending: Ending::Complete,
            took: std::time::Duration::from_secs(1),
            bytes: 5,
            why: None,
        };
        Row {
            id: "1".parse().unwrap(),
            when: SystemTime::UNIX_EPOCH,
            item: Item::File,
            name: "a".to_owned(),
            folder: String::new(),
            place: None,
            size: Some(5),
            kind: ContentKind::Other,
            direction: Direction::Receive,
            device: Device { id: None, name: "Anna".to_owned() },
            became,
            screening,
            digest: None,
            side: None,
            why: why.map(str::to_owned),
            transfer,
        }
    }

    #[test]
    fn what_was_deleted_released_or_is_stuck_is_said_to_be() {
        let infected = || Screening::Infected("Win.Test".to_owned());
        let busy = || Screening::NotScanned(crate::model::NotScanned::Busy);
        let deleted = Some("It was deleted from quarantine.");
        for (became, screening, why, said) in [
            (Became::Infected, infected(), None, "“Win.Test” was found in it. In quarantine."),
            (
                Became::Infected,
                infected(),
                deleted,
                "“Win.Test” was found in it. It was deleted from quarantine.",
            ),
            (
                Became::Stored,
                infected(),
                None,
                "“Win.Test” was found in it. It was released from quarantine all the same.",
            ),
            (
                Became::Stored,
                infected(),
                Some("It stands there."),
                "“Win.Test” was found in it. It stands there.",
            ),
            (
                Became::Held,
                busy(),
                None,
                "Held until it can be checked for viruses: the virus scanner is busy.",
            ),
            (
                Became::Held,
                busy(),
                deleted,
                "It was deleted from quarantine. It could not be checked: the virus scanner is busy.",
            ),
            (Became::Stored, busy(), None, "Not checked for viruses: the virus scanner is busy."),
        ] {
            assert_eq!(super::became(&row(became, screening, why)), [said]);
        }
    }

    #[test]
    fn who_declined_is_said_once() {
        for (side, why, said) in [
            (Side::Here, Some("Declined here."), "Declined here."),
            (Side::Here, Some("Declined here: no room"), "Declined here: no room"),
            (Side::Here, None, "Declined here."),
            (Side::There, Some("The other device declined: no"), "The other device declined: no"),
            (Side::There, None, "The other device declined."),
        ] {
            let mut row = row(Became::Declined, Screening::Off, None);
            (row.transfer.ending, row.transfer.why) = (Ending::Declined(side), why.map(str::to_owned));
            assert_eq!(super::became(&row), [said]);
        }
    }
}
