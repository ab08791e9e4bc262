//! What a scanner says of itself, and how old what it knows is.

use jiff::{ZonedDateTime, civil};

use crate::model::text;

/// As it says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// `ClamAV 1.4.6`.
    pub engine: String,
    /// The number of its database; `None` where it has signatures of somebody's own alone.
    pub database: Option<u32>,
    /// The day on which that was built, by the scanner's own clock.
    built: Option<civil::Date>,
}

/// No version is longer.
const MOST: usize = 80;

impl Version {
    /// From which on its database is said to be old.
    pub const OLD: u32 = 7;

    /// Reads `ClamAV 1.4.6/27500/Mon Nov 30 09:43:32 2026`, or the first of the three alone.
    pub fn parse(line: &str) -> Option<Self> {
        let mut parts = line.splitn(3, '/');
        let engine = parts.next().filter(|engine| engine.starts_with("ClamAV "))?;
        let engine: String = text::visible(engine).chars().take(MOST).collect();
        let database = parts.next().and_then(|number| number.parse().ok());
        let time = parts.next().filter(|_| database.is_some());
        let built = time.and_then(|time| civil::DateTime::strptime("%a %b %d %H:%M:%S %Y", time.trim()).ok());
        Some(Self { engine, database, built: built.map(civil::DateTime::date) })
    }

    /// Whole days since its database was built; `None` where that isn't known. The scanner's clock may be in
    /// another zone: a day more or less is nothing.
    #[must_use]
    pub fn age(&self) -> Option<u32> {
        self.age_on(ZonedDateTime::now().date())
    }

    fn age_on(&self, today: civil::Date) -> Option<u32> {
        let days = self.built?.until(today).ok()?.get_days();
        // Of tomorrow: it is beyond midnight there.
        Some(u32::try_from(days).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_an_age_in_whole_days_or_none() {
        let today = civil::date(2026, 12, 8);
        for (line, database, age) in [
            ("ClamAV 1.4.6/27500/Mon Nov 30 09:43:32 2026", Some(27_500), Some(8)),
            ("ClamAV 1.4.6/27500/Tue Dec  1 23:59:59 2026", Some(27_500), Some(7)),
            ("ClamAV 1.4.6/7/Wed Dec  9 00:10:00 2026", Some(7), Some(0)),
            ("ClamAV 1.4.6/27500/Mon Nov 30 09:43:32 2020", Some(27_500), Some(2199)),
            ("ClamAV 1.4.6", None, None),
            ("ClamAV 1.4.6/x/Mon Nov 30 09:43:32 2026", None, None),
            ("ClamAV 1.4.6/7/yesterday", Some(7), None),
        ] {
            let version = Version::parse(line).unwrap();
            assert_eq!((version.engine.as_str(), version.database), ("ClamAV 1.4.6", database), "{line}");
            assert_eq!(version.age_on(today), age, "{line}");
        }
    }

    #[test]
    fn what_is_no_version_is_none_and_none_deceives() {
        for line in ["", "PONG", "UNKNOWN COMMAND", "clamav 1", "stream: OK"] {
            assert_eq!(Version::parse(line), None, "{line}");
        }
        let long = Version::parse(&format!("ClamAV \u{202e}{}", "x".repeat(5000))).unwrap();
        assert!(long.engine.len() < 200 && !long.engine.contains('\u{202e}'));
    }
}
