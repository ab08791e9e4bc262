//! JSON that is safe to look at.

use std::io;

use serde_json::ser::Formatter;

use crate::model::text::is_deceptive;

/// What could move a terminal's cursor or reorder its text
/// is written as `\u` escapes, which mean the same to whoever parses them.
pub struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, to: &mut W, fragment: &str) -> io::Result<()> {
        for piece in fragment.split_inclusive(is_deceptive) {
            let last = piece.chars().next_back().filter(|c| is_deceptive(*c));
            let plain = &piece[..piece.len() - last.map_or(0, char::len_utf8)];
            to.write_all(plain.as_bytes())?;
            for unit in last.iter().flat_map(|c| c.encode_utf16(&mut [0; 2]).to_vec()) {
                write!(to, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}
