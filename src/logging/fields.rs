//! What a line says: on one line, whatever a peer put into it, and not without end.
//!
//! Knows how fields are written. Must not know what they mean, nor where the line goes.

use std::fmt;

use tracing::field::Visit;
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FormatFields,
        format::{DefaultVisitor, Writer},
    },
};

use crate::model::text::is_deceptive;

/// Bytes of a line, without its time, level and place. No honest line of ours is a quarter as long.
const CAP: usize = 4000;

/// Writes fields as `tracing_subscriber` does. That escapes what moves a terminal's cursor, but only in
/// messages, and lets new lines pass: a name of a device or a reason that a peer gives could forge a line.
pub struct Fields;

impl<'writer> FormatFields<'writer> for Fields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        writer.write_str(&shown(|visitor| fields.record(visitor), CAP))
    }
}

/// What is recorded, as it stands in the log, cut to so many bytes.
pub fn shown(record: impl FnOnce(&mut dyn Visit), cap: usize) -> String {
    let mut line = Line { text: String::new(), cap, is_cut: false };
    // It stops at the first error, which is that the line is full.
    record(&mut DefaultVisitor::new(Writer::new(&mut line), true));
    if line.is_cut {
        line.text.push_str("… (cut)");
    }
    line.text
}

/// Takes text until it is full, and never formats more than it takes.
struct Line {
    text: String,
    cap: usize,
    is_cut: bool,
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| self.write_char(c))
    }

    fn write_char(&mut self, c: char) -> fmt::Result {
        let whole = self.text.len();
        if is_deceptive(c) {
            self.text.extend(c.escape_default());
        } else {
            self.text.push(c);
        }
        if self.is_cut || self.text.len() > self.cap {
            self.text.truncate(whole);
            self.is_cut = true;
            return Err(fmt::Error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn taken(parts: &[&str], cap: usize) -> (String, bool) {
        let mut line = Line { text: String::new(), cap, is_cut: false };
        for part in parts {
            let _ = line.write_str(part);
        }
        (line.text, line.is_cut)
    }

    #[test]
    fn what_would_begin_a_line_or_move_a_cursor_or_reorder_is_escaped() {
        let (text, _) = taken(&["a\nb\r\tc\u{1b}[2K", "\u{9b}\u{202e}\u{2028}", "写真 🎉 ’…"], CAP);
        assert_eq!(text, "a\\nb\\r\\tc\\u{1b}[2K\\u{9b}\\u{202e}\\u{2028}写真 🎉 ’…");
    }

    #[test]
    fn a_line_is_cut_between_characters_and_takes_nothing_after_that() {
        assert_eq!(taken(&["12345"], 5), ("12345".to_owned(), false));
        assert_eq!(taken(&["1234", "写", "x"], 6), ("1234".to_owned(), true));
        assert_eq!(taken(&["1234\n5"], 5), ("1234".to_owned(), true), "an escape is whole or not there");
    }

    #[test]
    fn what_is_too_long_is_not_formatted_to_its_end() {
        struct Endless;
        impl fmt::Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("and so on ")?;
                }
            }
        }
        let mut line = Line { text: String::new(), cap: CAP, is_cut: false };
        assert!(write!(line, "{Endless}").is_err());
        assert_eq!(line.text.len(), CAP);
    }
}
