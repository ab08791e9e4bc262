//! Words and numbers as people read them. Shared by both faces so that they agree.

use std::{borrow::Cow, fmt::Write as _, io, time::Duration};

/// True for characters that can hide or reorder what stands beside them: controls, terminal
/// escapes, bidirectional overrides, zero-width and other invisible characters.
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// A peer's text, fit for a terminal, a window or a log: what would hide or reorder is escaped.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_deceptive(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// What an error of the system says, without its number: that says nothing to a person. It belongs into the log.
#[must_use]
pub fn reason(why: &io::Error) -> String {
    const NUMBER: &str = " (os error ";
    let mut said = why.to_string();
    while let Some(start) = said.find(NUMBER) {
        let Some(length) = said[start..].find(')') else { break };
        said.replace_range(start..=start + length, "");
    }
    said
}

/// Bytes in decimal units with three digits: `999 B`, `1.25 kB`, `2.10 GB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 1000 {
        return format!("{count} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = match value {
        ..9.995 => 2,
        9.995..99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// A rate in bytes a second: `84.6 MB/s`.
#[must_use]
pub fn rate(bytes_per_second: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let whole = bytes_per_second.max(0.0) as u64;
    format!("{}/s", bytes(whole))
}

/// A duration in its two largest units: `3 s`, `2 min 05 s`, `1 h 12 min`, `3 d 4 h`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    let s = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {:02} s", s / 60, s % 60),
        3600..86_400 => format!("{} h {:02} min", s / 3600, s % 3600 / 60),
        _ => format!("{} d {} h", s / 86_400, s % 86_400 / 3600),
    }
}

/// A count with its noun: `1 file`, `12,000 files`.
#[must_use]
pub fn count(n: u64, one: &str, many: &str) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    let _ = write!(out, " {}", if n == 1 { one } else { many });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_of_an_error_is_told_to_a_person() {
        for number in [1, 5, 28, 111, 40_000] {
            let why = io::Error::from_raw_os_error(number);
            assert!(why.to_string().contains("os error"), "it is worth a test no more");
            let said = reason(&why);
            assert!(!said.contains("os error") && !said.contains('(') && !said.is_empty(), "{said}");
            let inside = io::Error::other(format!("{why}, and {why}"));
            assert_eq!(reason(&inside), format!("{said}, and {said}"));
        }
        assert_eq!(reason(&io::ErrorKind::TimedOut.into()), "timed out");
        assert_eq!(reason(&io::Error::other("odd (os error ")), "odd (os error ");
    }

    #[test]
    fn nothing_that_hides_reaches_the_screen_unescaped() {
        assert_eq!(visible("invoice\u{1b}[2K\u{1b}[1Gevil.sh"), "invoice\\u{1b}[2K\\u{1b}[1Gevil.sh");
        assert_eq!(visible("photo_\u{202e}gpj.exe"), "photo_\\u{202e}gpj.exe");
        assert_eq!(visible("a\nb\u{9b}c"), "a\\nb\\u{9b}c");
        assert!(matches!(visible("写真 صور 🎉.zip"), Cow::Borrowed(_)));
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        for (n, shown) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.00 kB"),
            (9_999, "10.0 kB"),
            (99_960, "100 kB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (2_147_483_648, "2.15 GB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(bytes(n), shown);
        }
        assert_eq!(count(1, "file", "files"), "1 file");
        assert_eq!(count(1_234_567, "file", "files"), "1,234,567 files");
        assert_eq!(duration(Duration::from_millis(2_100)), "3 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 05 s");
        assert_eq!(duration(Duration::from_secs(4_330)), "1 h 12 min");
        assert_eq!(rate(-1.0), "0 B/s");
    }
}
