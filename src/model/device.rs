//! Who a device is: the fingerprint of its public key, and the name its owner gave it.

use std::{fmt, str::FromStr};

use data_encoding::BASE32_NOPAD;
use unicode_normalization::UnicodeNormalization as _;

/// A device's identity: the first 160 bits of the BLAKE3 hash of its public key
/// (`SubjectPublicKeyInfo`, DER; RFC 5280).
///
/// Shown in one form only: base32 (RFC 4648) in eight groups of four, `K3QF-7A2M-…`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId([u8; DeviceId::LEN]);

/// A text that is not a [`DeviceId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is not a device id. An id is eight groups of four letters and digits.")]
pub struct BadDeviceId;

impl DeviceId {
    /// Length in bytes.
    pub const LEN: usize = 20;

    /// The id that belongs to a public key, given as DER-encoded `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn of_public_key(spki: &[u8]) -> Self {
        let mut id = [0; Self::LEN];
        id.copy_from_slice(&blake3::hash(spki).as_bytes()[..Self::LEN]);
        Self(id)
    }

    /// The id that [`DeviceId::as_bytes`] has told.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The first two groups: enough to tell one's own devices apart, never to decide trust.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string().chars().take(9).collect()
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = BASE32_NOPAD.encode(&self.0);
        for (i, c) in digits.chars().enumerate() {
            if i > 0 && i % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({self})")
    }
}

impl FromStr for DeviceId {
    type Err = BadDeviceId;

    fn from_str(text: &str) -> Result<Self, BadDeviceId> {
        let digits: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let bytes = BASE32_NOPAD.decode(digits.as_bytes()).map_err(|_| BadDeviceId)?;
        Ok(Self(bytes.try_into().map_err(|_| BadDeviceId)?))
    }
}

/// A device's friendly name: 1 to 64 characters that can all be seen. It decides nothing; two
/// devices may share it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceName(String);

/// A text that can't be a [`DeviceName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDeviceName {
    #[error("A device name can't be empty.")]
    Empty,
    #[error("A device name has at most {} characters.", DeviceName::MAX_CHARS)]
    TooLong,
    #[error("A device name can't hold control or invisible characters.")]
    Invisible,
}

impl DeviceName {
    /// What fits into a row of the window without being cut.
    pub const MAX_CHARS: usize = 64;

    /// # Errors
    /// When the trimmed text is empty, too long, or holds characters that can't be seen.
    pub fn parse(text: &str) -> Result<Self, BadDeviceName> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadDeviceName::Empty);
        }
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(BadDeviceName::TooLong);
        }
        if text.chars().any(super::text::is_deceptive) {
            return Err(BadDeviceName::Invisible);
        }
        Ok(Self(text.to_owned()))
    }

    /// The nearest name to a text that this machine itself supplied, such as its host name.
    #[must_use]
    pub fn from_host_name(text: &str) -> Self {
        let visible: String =
            text.chars().filter(|c| !super::text::is_deceptive(*c)).take(Self::MAX_CHARS).collect();
        Self::parse(&visible).unwrap_or_else(|_| Self("This device".to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True of names that a person may take for the same: they differ in case, width, composition, spaces
    /// or punctuation at most. Letters of different scripts that look alike are different.
    #[must_use]
    pub fn resembles(&self, other: &Self) -> bool {
        self.essence() == other.essence()
    }

    /// What names that resemble each other have in common.
    #[must_use]
    pub fn essence(&self) -> String {
        // Up and down, so that one letter that becomes two does so in both names.
        let folded: String = self.0.nfkc().collect::<String>().to_uppercase().to_lowercase().nfkc().collect();
        let essence: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
        // A name may be all signs.
        if essence.is_empty() { folded } else { essence }
    }
}

impl FromStr for DeviceName {
    type Err = BadDeviceName;

    fn from_str(text: &str) -> Result<Self, BadDeviceName> {
        Self::parse(text)
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_the_form_it_is_shown_in() {
        let id = DeviceId::of_public_key(b"some key");
        let shown = id.to_string();
        assert_eq!(shown.len(), 39);
        assert_eq!(shown.split('-').count(), 8);
        assert_eq!(shown.parse(), Ok(id));
        assert_eq!(shown.to_lowercase().replace('-', " ").parse(), Ok(id));
        assert!(shown.starts_with(&id.short()));
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in ["", "AAAA", "not an id at all", &"A".repeat(33), &"1".repeat(32)] {
            assert_eq!(text.parse::<DeviceId>(), Err(BadDeviceId), "{text}");
        }
    }

    #[test]
    fn names_that_a_person_may_take_for_the_same_resemble_each_other() {
        let name = |text| DeviceName::parse(text).unwrap();
        for (one, other) in [
            ("Anna’s laptop", "anna's  LAPTOP"),
            ("Anna’s laptop", "Ａｎｎａ’ｓ ｌａｐｔｏｐ"),
            ("Straße", "STRASSE"),
            ("Büro", "Bu\u{308}ro"),
            ("ﬁle server", "File-Server"),
            ("🎉", "🎉"),
        ] {
            assert!(name(one).resembles(&name(other)), "{one} {other}");
        }
        for (one, other) in [("Anna", "Anne"), ("laptop", "laptop 2"), ("🎉", "🎈"), ("Büro", "Buro")] {
            assert!(!name(one).resembles(&name(other)), "{one} {other}");
        }
    }

    #[test]
    fn a_name_that_would_deceive_the_eye_is_refused() {
        assert_eq!(DeviceName::parse("  Anna’s laptop 办公室 ").unwrap().as_str(), "Anna’s laptop 办公室");
        assert_eq!(DeviceName::parse(" \t"), Err(BadDeviceName::Empty));
        assert_eq!(DeviceName::parse(&"x".repeat(65)), Err(BadDeviceName::TooLong));
        for bad in ["a\u{1b}[2Kb", "a\u{202e}b", "a\u{200b}b", "a\nb", "a\0b"] {
            assert_eq!(DeviceName::parse(bad), Err(BadDeviceName::Invisible));
        }
        assert_eq!(DeviceName::from_host_name("\u{202e}").as_str(), "This device");
    }
}
