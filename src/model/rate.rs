//! A speed, as a person types and reads it.

use std::{fmt, str::FromStr};

use parse_size::{ByteSuffix, Config};
use serde::{Deserialize, Serialize};

/// Bytes a second, from [`ByteRate::MIN`] to [`ByteRate::MAX`]. Shown without loss, so that it is
/// the same again when it is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ByteRate(u64);

/// Why a text is no speed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadByteRate {
    #[error("“{}” is no speed. Type it like 20MB/s or 500kB/s.", super::text::visible(.0))]
    NoSpeed(String),
    #[error("“{}” could mean bits or bytes. Type Mbit/s for bits, MB/s for bytes.", super::text::visible(.0))]
    BitsOrBytes(String),
    #[error("“{}” is too slow for a speed limit: the least is {}.", super::text::visible(.0), ByteRate::MIN)]
    TooSlow(String),
    #[error("“{}” is more than any link: the most is {}.", super::text::visible(.0), ByteRate::MAX)]
    TooFast(String),
}

impl ByteRate {
    /// 1 kB/s. Slower, a file of any size is never there, and a typing mistake is likelier.
    pub const MIN: Self = Self(1_000);
    /// 1 TB/s: beyond any link, and far from where sums overflow.
    pub const MAX: Self = Self(1_000_000_000_000);

    /// `None` for what is below [`ByteRate::MIN`] or above [`ByteRate::MAX`].
    #[must_use]
    pub fn new(bytes_per_second: u64) -> Option<Self> {
        let rate = Self(bytes_per_second);
        (Self::MIN..=Self::MAX).contains(&rate).then_some(rate)
    }

    #[must_use]
    pub fn bytes_per_second(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteRate {
    type Err = BadByteRate;

    /// Understands a number with a unit of bytes (`B`) or bits (`bit`), decimal (`k`, `M`, `G`) or
    /// binary (`Ki`, `Mi`, `Gi`), with or without `/s`. A number alone is bytes. Case matters only
    /// where it has to: `b` alone is refused, because it is read as either.
    fn from_str(text: &str) -> Result<Self, BadByteRate> {
        let no_speed = || BadByteRate::NoSpeed(text.to_owned());
        let amount = text.trim();
        let amount = without_end(amount, "/s").or_else(|| without_end(amount, "ps")).unwrap_or(amount);
        let bits = without_end(amount, "bit").or_else(|| without_end(amount, "bits"));
        if bits.is_none() && amount.ends_with('b') {
            return Err(BadByteRate::BitsOrBytes(text.to_owned()));
        }
        let sizes = Config::new().with_byte_suffix(bits.map_or(ByteSuffix::Allow, |_| ByteSuffix::Deny));
        let rate = match sizes.parse_size(bits.unwrap_or(amount)) {
            Ok(0) => return Err(no_speed()),
            Ok(count) => count / if bits.is_some() { 8 } else { 1 },
            Err(parse_size::Error::PosOverflow) => u64::MAX,
            Err(_) => return Err(no_speed()),
        };
        match rate {
            _ if rate < Self::MIN.0 => Err(BadByteRate::TooSlow(text.to_owned())),
            _ if rate > Self::MAX.0 => Err(BadByteRate::TooFast(text.to_owned())),
            _ => Ok(Self(rate)),
        }
    }
}

/// What stands before `end`, however that is capitalised.
fn without_end<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    let (before, last) = text.split_at_checked(text.len().checked_sub(end.len())?)?;
    last.eq_ignore_ascii_case(end).then(|| before.trim_end())
}

impl TryFrom<String> for ByteRate {
    type Error = BadByteRate;

    fn try_from(text: String) -> Result<Self, BadByteRate> {
        text.parse()
    }
}

impl From<ByteRate> for String {
    fn from(rate: ByteRate) -> Self {
        rate.to_string()
    }
}

impl fmt::Display for ByteRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, factor) = match self.0 {
            ..1_000_000 => ("kB", 1_000),
            1_000_000..1_000_000_000 => ("MB", 1_000_000),
            1_000_000_000..1_000_000_000_000 => ("GB", 1_000_000_000),
            _ => ("TB", 1_000_000_000_000),
        };
        write!(f, "{}", self.0 / factor)?;
        let rest = self.0 % factor;
        if rest > 0 {
            let digits = factor.ilog10() as usize;
            write!(f, ".{}", format!("{rest:0digits$}").trim_end_matches('0'))?;
        }
        write!(f, " {unit}/s")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_speed_is_understood_as_people_write_it() {
        for (text, bytes) in [
            ("20MB/s", 20_000_000),
            ("20 MB/s", 20_000_000),
            (" 20 MB/s ", 20_000_000),
            ("20MB", 20_000_000),
            ("20M", 20_000_000),
            ("20m/s", 20_000_000),
            ("20MBps", 20_000_000),
            ("500kB/s", 500_000),
            ("500KB/S", 500_000),
            ("1.5GB/s", 1_500_000_000),
            ("1GiB/s", 1 << 30),
            ("1giB/s", 1 << 30),
            ("1Mi", 1 << 20),
            ("100Mbit/s", 12_500_000),
            ("100 mbit/s", 12_500_000),
            ("100Mbits", 12_500_000),
            ("1Gibit/s", 1 << 27),
            ("8000", 8_000),
            ("8000B/s", 8_000),
            ("1TB/s", 1_000_000_000_000),
        ] {
            assert_eq!(text.parse().map(ByteRate::bytes_per_second), Ok(bytes), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_speed_is_refused_with_its_reason() {
        for text in
            ["", " ", "/s", "fast", "0", "0MB/s", "-1MB/s", "20 apples", "20MB/h", "1,5MB/s", "∞", "é"]
        {
            assert!(matches!(text.parse::<ByteRate>(), Err(BadByteRate::NoSpeed(_))), "{text:?}");
        }
        for text in ["MB/s", "20MBbit/s", "20MB/s/s", "NaN", "inf", "0x20MB/s", "20\0MB"] {
            assert!(text.parse::<ByteRate>().is_err(), "{text:?}");
        }
        for text in ["20Mb/s", "20mb", "100Mbps", "1Gib/s"] {
            assert!(matches!(text.parse::<ByteRate>(), Err(BadByteRate::BitsOrBytes(_))), "{text:?}");
        }
        for text in ["1", "999", "0.9kB/s", "7kbit/s"] {
            assert!(matches!(text.parse::<ByteRate>(), Err(BadByteRate::TooSlow(_))), "{text:?}");
        }
        for text in ["1.1TB/s", "99999999999999999999", "99999999999999999999EB/s"] {
            assert!(matches!(text.parse::<ByteRate>(), Err(BadByteRate::TooFast(_))), "{text:?}");
        }
        assert_eq!(
            "\u{1b}[2K".parse::<ByteRate>().unwrap_err().to_string(),
            "“\\u{1b}[2K” is no speed. Type it like 20MB/s or 500kB/s."
        );
        assert_eq!(
            "5".parse::<ByteRate>().unwrap_err().to_string(),
            "“5” is too slow for a speed limit: the least is 1 kB/s."
        );
    }

    #[test]
    fn a_speed_is_shown_as_short_as_it_can_be() {
        for (bytes, shown) in [
            (1_000, "1 kB/s"),
            (1_001, "1.001 kB/s"),
            (20_000_000, "20 MB/s"),
            (12_500_000, "12.5 MB/s"),
            (1 << 30, "1.073741824 GB/s"),
            (1_000_000_000_000, "1 TB/s"),
        ] {
            assert_eq!(ByteRate::new(bytes).unwrap().to_string(), shown);
        }
        assert_eq!(ByteRate::new(999), None);
        assert_eq!(ByteRate::new(1_000_000_000_001), None);
    }

    #[test]
    fn settings_keep_it_as_text() {
        let rate = ByteRate::new(20_000_000).unwrap();
        assert_eq!(serde_json::to_string(&rate).unwrap(), "\"20 MB/s\"");
        assert_eq!(serde_json::from_str::<ByteRate>("\"20MB/s\"").unwrap(), rate);
        assert!(serde_json::from_str::<ByteRate>("\"0\"").is_err());
    }

    proptest! {
        #[test]
        fn every_speed_reads_back_as_it_is_shown(bytes in 1_000u64..=1_000_000_000_000) {
            let rate = ByteRate::new(bytes).unwrap();
            prop_assert_eq!(rate.to_string().parse::<ByteRate>(), Ok(rate));
            prop_assert_eq!(rate.to_string().replace(' ', "").parse::<ByteRate>(), Ok(rate));
        }

        #[test]
        fn no_text_whatever_gives_a_speed_out_of_bounds(text in "\\PC{0,12}|[0-9.eE+_ -]{0,8}[kKmMgGtTpPeE]?i?[bB]?(it)?s?(/s)?") {
            if let Ok(rate) = text.parse::<ByteRate>() {
                prop_assert_eq!(ByteRate::new(rate.bytes_per_second()), Some(rate));
            }
        }

        #[test]
        fn bits_are_an_eighth_of_bytes(megas in 1u64..100_000) {
            let bits: ByteRate = format!("{}Mbit/s", megas * 8).parse().unwrap();
            let bytes: ByteRate = format!("{megas}MB/s").parse().unwrap();
            prop_assert_eq!(bits, bytes);
        }
    }
}
