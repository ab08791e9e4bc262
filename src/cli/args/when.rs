//! Moments as a person types them: a date, a date and a time, or how long ago.
//!
//! Knows this device’s clock and time zone. Must not know what is asked about a moment.

use std::time::{Duration, SystemTime};

use jiff::{
    Timestamp, ToSpan as _, ZonedDateTime,
    civil::{Date, DateTime},
};

const NOT_UNDERSTOOD: &str =
    "it is no date: type it like 2026-11-30, “2026-11-30 14:00”, today, yesterday, or 7d for seven days ago";

/// The first moment of what is typed.
pub fn since(text: &str) -> Result<SystemTime, String> {
    moment(text, &ZonedDateTime::now(), Edge::First)
}

/// The first moment after what is typed.
pub fn until(text: &str) -> Result<SystemTime, String> {
    moment(text, &ZonedDateTime::now(), Edge::After)
}

/// Which end of a day is meant.
#[derive(Clone, Copy)]
enum Edge {
    First,
    After,
}

fn moment(text: &str, now: &ZonedDateTime, edge: Edge) -> Result<SystemTime, String> {
    let text = text.trim();
    let (day, time) = match text {
        "today" => (Some(now.date()), None),
        "yesterday" => (now.date().yesterday().ok(), None),
        // What has a time is no whole day, though it can be read as one.
        _ if text.contains(':') => (None, text.parse::<DateTime>().ok()),
        _ => (text.parse::<Date>().ok(), None),
    };
    let local = match (day, time, edge) {
        (Some(day), _, Edge::First) => Some(day.at(0, 0, 0, 0)),
        (Some(day), _, Edge::After) => day.checked_add(1.day()).ok().map(|next| next.at(0, 0, 0, 0)),
        (None, time, _) => time,
    };
    let at = match local {
        Some(local) => local.to_zoned_datetime(now.time_zone().clone()).ok(),
        None => return ago(text, now).ok_or_else(|| NOT_UNDERSTOOD.to_owned()),
    };
    at.and_then(|at| SystemTime::try_from(at).ok()).ok_or_else(|| NOT_UNDERSTOOD.to_owned())
}

/// `90min`, `12h`, `7d`, `2w`: so long before now.
fn ago(text: &str, now: &ZonedDateTime) -> Option<SystemTime> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at(unit);
    let minutes = match unit.trim() {
        "min" => 1,
        "h" => 60,
        "d" => 24 * 60,
        "w" => 7 * 24 * 60,
        _ => return None,
    };
    let ago = Duration::from_secs(count.parse::<u64>().ok()?.checked_mul(minutes)?.checked_mul(60)?);
    let at = SystemTime::try_from(now).ok()?.checked_sub(ago)?;
    // Before any calendar there is no moment.
    Timestamp::try_from(at).is_ok().then_some(at)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    /// In New York, on a day after the clocks were turned back.
    fn told(text: &str, edge: Edge) -> Result<String, String> {
        let zone = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap();
        let now = "2026-11-03T12:00:00Z".parse::<Timestamp>().unwrap().to_zoned_datetime(zone);
        moment(text, &now, edge).map(|at| Timestamp::try_from(at).unwrap().to_string())
    }

    #[test]
    fn a_day_begins_and_ends_by_the_clock_on_the_wall() {
        for (text, first, after) in [
            ("2026-10-31", "2026-10-31T04:00:00Z", "2026-11-01T04:00:00Z"),
            // Twenty-five hours.
            ("2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
            ("today", "2026-11-03T05:00:00Z", "2026-11-04T05:00:00Z"),
            (" yesterday ", "2026-11-02T05:00:00Z", "2026-11-03T05:00:00Z"),
        ] {
            assert_eq!(told(text, Edge::First).unwrap(), first, "{text}");
            assert_eq!(told(text, Edge::After).unwrap(), after, "{text}");
        }
    }

    #[test]
    fn a_time_and_how_long_ago_are_moments_whichever_end_is_meant() {
        for (text, expected) in [
            ("2026-11-02 14:00", "2026-11-02T19:00:00Z"),
            ("2026-11-02T14:00:30", "2026-11-02T19:00:30Z"),
            ("90min", "2026-11-03T10:30:00Z"),
            ("1 h", "2026-11-03T11:00:00Z"),
            ("7d", "2026-10-27T12:00:00Z"),
            ("2w", "2026-10-20T12:00:00Z"),
            ("0d", "2026-11-03T12:00:00Z"),
        ] {
            assert_eq!(told(text, Edge::First).unwrap(), expected, "{text}");
            assert_eq!(told(text, Edge::After).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused_with_how_to_type_one() {
        for text in [
            "",
            "7",
            "d",
            "7days",
            "2026-13-01",
            "2026-02-30",
            "30.11.2026",
            "-7d",
            "tomorrow",
            "99999999999999999999d",
        ] {
            assert!(told(text, Edge::First).unwrap_err().contains("type it like"), "{text}");
        }
        // Before any clock.
        assert!(told("9999999999w", Edge::First).is_err());
    }
}
