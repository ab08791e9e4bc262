//! Days and times as people here read them: by this device’s clock and time zone.

use std::time::SystemTime;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

fn local(time: SystemTime) -> jiff::civil::DateTime {
    TimeZone::system().to_datetime(Timestamp::try_from(time).unwrap_or_default())
}

pub fn day(time: SystemTime) -> Date {
    local(time).date()
}

/// When that day began; `None` for one that no clock knows.
pub fn start(day: Date) -> Option<SystemTime> {
    let midnight = TimeZone::system().to_timestamp(day.at(0, 0, 0, 0)).ok()?;
    midnight.try_into().ok()
}

/// `14:02`
pub fn clock(time: SystemTime) -> String {
    let time = local(time);
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// `30 November 2026`
pub fn date(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

/// `30 November 2026, 14:02:07`
pub fn moment(time: SystemTime) -> String {
    format!("{}, {}", date(day(time)), local(time).strftime("%H:%M:%S"))
}

/// What stands above a day’s rows.
pub fn heading(day: Date, today: Date) -> String {
    if day == today {
        "Today".to_owned()
    } else if today.yesterday().is_ok_and(|yesterday| day == yesterday) {
        "Yesterday".to_owned()
    } else {
        day.strftime("%A %-d %B %Y").to_string()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as on;

    use super::*;

    #[test]
    fn days_are_called_as_people_call_them() {
        let today = on(2026, 12, 1);
        for (day, expected) in [
            (today, "Today"),
            (on(2026, 11, 30), "Yesterday"),
            (on(2026, 11, 29), "Sunday 29 November 2026"),
            (on(2026, 12, 2), "Wednesday 2 December 2026"),
            (on(2025, 12, 1), "Monday 1 December 2025"),
        ] {
            assert_eq!(heading(day, today), expected);
        }
        assert_eq!(heading(on(2026, 12, 31), on(2027, 1, 1)), "Yesterday");
        assert_eq!(heading(Date::MIN, Date::MIN), "Today");
    }

    #[test]
    fn a_day_holds_the_moment_it_began_at_and_not_the_one_before() {
        let now = SystemTime::now();
        let start = start(day(now)).unwrap();
        assert_eq!(day(start), day(now));
        assert_eq!(day(start - std::time::Duration::from_secs(1)), day(now).yesterday().unwrap());
        // What no clock knows breaks nothing.
        assert!(!moment(SystemTime::UNIX_EPOCH).is_empty());
    }
}
