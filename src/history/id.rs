//! What names a row, and how a person types it.

use std::{fmt, str::FromStr};

/// Names a row as long as its file’s fate stays what it is. One that is gone names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId(pub(super) i64);

/// Digits and letters, without those that are taken for others.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0.unsigned_abs();
        let mut letters = Vec::new();
        while left > 0 || letters.is_empty() {
            letters.push(char::from(LETTERS[usize::try_from(left % 32).unwrap_or_default()]));
            left /= 32;
        }
        f.pad(&letters.into_iter().rev().collect::<String>())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is no id of an entry: “airlift history” shows one before each")]
pub struct BadRowId;

impl FromStr for RowId {
    type Err = BadRowId;

    fn from_str(text: &str) -> Result<Self, BadRowId> {
        let read = |number: i64, letter: u8| {
            let digit = LETTERS.iter().position(|known| letter.eq_ignore_ascii_case(known))?;
            number.checked_mul(32)?.checked_add(i64::try_from(digit).ok()?)
        };
        let number = text.bytes().try_fold(0, read);
        number.filter(|number| *number > 0).map(Self).ok_or(BadRowId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_read_as_it_is_written() {
        for number in [1, 31, 32, 1000, 28_610_879_553_539, i64::MAX] {
            let text = RowId(number).to_string();
            assert_eq!(text.parse(), Ok(RowId(number)), "{text}");
            assert_eq!(text.to_uppercase().parse(), Ok(RowId(number)), "{text}");
        }
        assert_eq!(RowId(28_610_879_553_539).to_string(), "t0nyn0003");
        assert_eq!(format!("{:>5}|", RowId(33)), "   11|");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "0", "-1", "o", "report", "zzzzzzzzzzzzzzzzzzzz", " 1", "ä"] {
            assert_eq!(text.parse::<RowId>(), Err(BadRowId), "{text}");
        }
    }
}
