//! Two devices that meet for the first time: the short code that both show, and the words of a code
//! that one person tells the other.

use std::{fmt, str::FromStr};

use super::{DeviceId, DeviceName};

/// A number that both devices derive from the same secure connection, and both persons compare: below
/// [`CompareCode::COUNT`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CompareCode(u32);

impl CompareCode {
    /// How many there are: somebody in the middle has one guess in so many.
    pub const COUNT: u32 = 1_000_000;

    /// Of any number; evenly spread where the number is.
    #[must_use]
    pub fn new(number: u64) -> Self {
        // Below COUNT, which fits.
        Self(u32::try_from(number % u64::from(Self::COUNT)).unwrap_or_default())
    }

    /// The same number as two words, for those who would rather read words.
    #[must_use]
    pub fn words(self) -> [&'static str; 2] {
        let list = bip39::Language::English.word_list();
        // Both below 1,000; the list has 2,048.
        [list[self.0 as usize / 1000], list[self.0 as usize % 1000]]
    }
}

impl fmt::Display for CompareCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03} {:03}", self.0 / 1000, self.0 % 1000)
    }
}

impl fmt::Debug for CompareCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompareCode({self})")
    }
}

/// A first meeting, as its transfer shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// What both screens show.
    pub code: CompareCode,
    pub here: Agreement,
}

/// Whether this device's person has to say that the codes are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// They are asked; nothing is sent, and nothing is stored, before.
    Asked,
    /// They have said so.
    Given,
    /// The other device is known here; the code is shown for its person.
    NotNeeded,
}

/// What should make a person careful about a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caution {
    /// It has the name of a device that is known here, and another key.
    OtherKey { name: DeviceName, known: DeviceId },
}

/// The words that one person tells the other so that their devices find and know each other:
/// `7-lamp-orbit`. The number says whom to try and is no secret; the words are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PairingCode {
    channel: u16,
    words: [usize; 2],
}

/// A text that is not a [`PairingCode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is not a code. A code is a number and two words, such as 7-lamp-orbit.")]
pub struct BadPairingCode;

impl PairingCode {
    /// Channels are from 1 to this.
    pub const CHANNELS: u16 = 999;

    /// Of random bytes.
    #[must_use]
    pub fn of(random: [u8; 6]) -> Self {
        let number = |i: usize| u16::from_le_bytes([random[2 * i], random[2 * i + 1]]);
        // 65,536 is a multiple of 2,048: no word is likelier than another.
        let word = |i| usize::from(number(i)) % bip39::Language::English.word_list().len();
        Self { channel: 1 + number(0) % Self::CHANNELS, words: [word(1), word(2)] }
    }

    /// Whom to try. No secret.
    #[must_use]
    pub fn channel(self) -> u16 {
        self.channel
    }
}

impl fmt::Display for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = bip39::Language::English.word_list();
        write!(f, "{}-{}-{}", self.channel, list[self.words[0]], list[self.words[1]])
    }
}

impl fmt::Debug for PairingCode {
    /// Without the words: they must not get into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PairingCode({}-…)", self.channel)
    }
}

impl FromStr for PairingCode {
    type Err = BadPairingCode;

    /// Takes any case, and spaces for hyphens.
    fn from_str(text: &str) -> Result<Self, BadPairingCode> {
        let text = text.trim().to_lowercase();
        let mut parts = text.split(['-', ' ']).filter(|part| !part.is_empty());
        let channel = parts.next().and_then(|digits| digits.parse().ok()).ok_or(BadPairingCode)?;
        if !(1..=Self::CHANNELS).contains(&channel) {
            return Err(BadPairingCode);
        }
        let list = bip39::Language::English.word_list();
        let mut word = || {
            let part = parts.next().ok_or(BadPairingCode)?;
            list.iter().position(|word| *word == part).ok_or(BadPairingCode)
        };
        let words = [word()?, word()?];
        if parts.next().is_some() { Err(BadPairingCode) } else { Ok(Self { channel, words }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_to_compare_is_six_digits_or_two_words_and_both_tell_all_of_it() {
        let code = CompareCode::new(7_042_007);
        assert_eq!(code.to_string(), "042 007");
        let mut all: Vec<_> = (0..5000).map(|n| CompareCode::new(n * 197).words()).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 5000);
    }

    #[test]
    fn a_code_to_tell_reads_back_however_it_is_typed() {
        for i in 0..200u8 {
            let code = PairingCode::of([i, i.wrapping_mul(7), i, 255 - i, i.wrapping_mul(31), i / 3]);
            let shown = code.to_string();
            assert_eq!(shown.parse(), Ok(code));
            assert_eq!(format!("  {}", shown.to_uppercase().replace('-', " ")).parse(), Ok(code));
            assert!(!format!("{code:?}").contains(shown.split_once('-').unwrap().1));
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in ["", "7", "7-lantern", "0-abandon-ability", "1000-abandon-ability", "7-abandon-notaword"]
        {
            assert_eq!(text.parse::<PairingCode>(), Err(BadPairingCode), "{text}");
        }
        assert_eq!("7-abandon-ability-able".parse::<PairingCode>(), Err(BadPairingCode));
        assert_eq!("192.168.1.7".parse::<PairingCode>(), Err(BadPairingCode));
    }
}
