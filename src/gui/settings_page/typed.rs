//! What is typed into settings, read and written: sizes, times of day, rates, numbers.
//!
//! Knows how people write them. Must not know what they are for.

use crate::{
    engine::QuietHours,
    model::{ByteRate, text},
};

/// A number of bytes that reads back as it is.
pub fn amount(bytes: u64) -> String {
    let shown = text::bytes(bytes);
    if parse_size::parse_size(&shown) == Ok(bytes) { shown } else { bytes.to_string() }
}

/// # Errors
/// What to type instead.
pub fn size(typed: &str) -> Result<Option<u64>, String> {
    match typed.trim() {
        "" => Ok(None),
        typed => match parse_size::parse_size(typed) {
            Ok(size) if size > 0 => Ok(Some(size)),
            _ => Err("Type a size like 500 MB or 10 GB, or leave it empty.".to_owned()),
        },
    }
}

/// `22:00`
pub fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `22:00 to 07:00`
pub fn hours(quiet: Option<QuietHours>) -> String {
    quiet.map_or_else(String::new, |quiet| format!("{} to {}", clock(quiet.from), clock(quiet.to)))
}

/// # Errors
/// What to type instead.
pub fn quiet(typed: &str) -> Result<Option<QuietHours>, String> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    let parts = typed.split_once(['-', '–']).or_else(|| typed.split_once("to"));
    let times = parts.and_then(|(from, to)| minute(from.trim()).zip(minute(to.trim())));
    let (from, to) = times
        .filter(|(from, to)| from != to)
        .ok_or("Type two times, such as 22:00 to 07:00, or leave it empty.")?;
    Ok(Some(QuietHours { from, to }))
}

/// Minutes after midnight of `22:00`, `7:5` or `22`.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once([':', '.']).unwrap_or((text, "0"));
    let number = |text: &str, below| text.trim().parse::<u16>().ok().filter(|number| *number < below);
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

/// # Errors
/// What to type instead.
pub fn limit(typed: &str) -> Result<Option<ByteRate>, String> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    typed.parse().map(Some).map_err(|problem: crate::model::BadByteRate| problem.to_string())
}

/// # Errors
/// What to type instead.
pub fn number(typed: &str, what: &str, most: u32) -> Result<u32, String> {
    let number = typed.trim().parse::<u32>().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("Type the {what} as a number from 1 to {most}."))
}

/// # Errors
/// What to type instead.
pub fn port(typed: &str) -> Result<Option<u16>, String> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    let port = typed.trim().parse::<u16>().ok().filter(|port| *port >= 1024);
    port.map(Some).ok_or_else(|| "Type a number from 1024 to 65535, or leave it empty.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (typed, expected) in [
            ("22:00 to 07:30", (1320, 450)),
            ("22-7", (1320, 420)),
            (" 22.15 – 6 ", (1335, 360)),
            ("0:0to7:59", (0, 479)),
        ] {
            let quiet = quiet(typed).unwrap().unwrap();
            assert_eq!((quiet.from, quiet.to), expected, "{typed}");
            assert_eq!(super::quiet(&hours(Some(quiet))), Ok(Some(quiet)));
        }
        for bad in ["22:00", "24:00 to 7", "7:60 to 8", "seven to eight", "7 to 7", "to", "-1:00 to 3"] {
            assert!(quiet(bad).is_err(), "{bad}");
        }
        assert_eq!(quiet(" "), Ok(None));
    }

    #[test]
    fn a_size_reads_back_as_it_was() {
        for bytes in [1, 999, 1000, 1_234_567, 10_000_000_000, u64::MAX] {
            assert_eq!(size(&amount(bytes)), Ok(Some(bytes)));
        }
        assert_eq!(size(""), Ok(None));
        assert!(size("much").is_err() && size("0").is_err());
    }

    #[test]
    fn what_is_no_number_that_is_meant_is_refused() {
        assert_eq!(number(" 24 ", "hours", 8760), Ok(24));
        for bad in ["", "0", "8761", "-1", "1.5", "x"] {
            assert!(number(bad, "hours", 8760).is_err(), "{bad}");
        }
        assert_eq!((port(""), port("40000")), (Ok(None), Ok(Some(40_000))));
        for bad in ["80", "65536", "x"] {
            assert!(port(bad).is_err(), "{bad}");
        }
    }
}
