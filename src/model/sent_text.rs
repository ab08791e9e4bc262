//! A text that one person sends to another: a link, an address, a paragraph.
//!
//! Knows what may be one. Must not know how it travels, nor who sees it. Its words are its people's alone: whatever
//! logs or records one has its length, and `Debug` shows no more.

use std::{fmt, str, sync::Arc};

/// From 1 to [`Text::MAX_LEN`] bytes of UTF-8. Any character may be in it: whoever shows it on a terminal makes those
/// visible that would act there. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Arc<str>);

/// Bytes that are no [`Text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    #[error("The text is empty, so there is nothing to send.")]
    Empty,
    #[error(
        "The text is longer than 1 MiB (1,048,576 bytes), the most that one may have. Send it as a file."
    )]
    TooLong,
    #[error("This is no text: some of its bytes stand for no character in UTF-8. Send it as a file.")]
    NotUtf8,
}

impl Text {
    /// Bytes. Many times what people paste, and so little that it can be kept in memory, and sent again whole.
    pub const MAX_LEN: usize = 1024 * 1024;

    /// What its one entry is offered as: a name would be read before anybody has said yes. No file ever has it for its
    /// sake.
    pub const NAME: &str = "text";

    /// # Errors
    /// When there are no bytes, too many, or others than those of UTF-8.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadText> {
        match bytes.len() {
            0 => Err(BadText::Empty),
            1..=Self::MAX_LEN => {
                str::from_utf8(bytes).map(|text| Self(text.into())).map_err(|_| BadText::NotUtf8)
            }
            _ => Err(BadText::TooLong),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How long it is, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.len() as u64
    }
}

impl str::FromStr for Text {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_1_byte_to_1_mib_of_utf8_and_nothing_else_is_one() {
        assert_eq!(Text::parse(b""), Err(BadText::Empty));
        assert_eq!(Text::parse(b"x").map(|text| text.bytes()), Ok(1));
        let longest = vec![b'x'; Text::MAX_LEN];
        assert_eq!(Text::parse(&longest).map(|text| text.bytes()), Ok(1 << 20));
        assert_eq!(Text::parse(&vec![b'x'; Text::MAX_LEN + 1]), Err(BadText::TooLong));
        // Cut within a character, a surrogate, a zero byte in two, and what is above Unicode.
        for garbled in [&b"\xe2\x82"[..], b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"a\xff"] {
            assert_eq!(Text::parse(garbled), Err(BadText::NotUtf8));
        }
        assert_eq!("\0\u{1b}[2J €".parse::<Text>().map(|text| text.bytes()), Ok(9));
    }

    #[test]
    fn no_log_has_its_words() {
        let text: Text = "the words".parse().unwrap();
        assert_eq!(
            format!("{text:?} {:?}", crate::model::Source::Text(text.clone())),
            "Text(9 bytes) Text(Text(9 bytes))"
        );
    }
}
