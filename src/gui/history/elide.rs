//! A name that is too long for its place, cut in its middle: how it begins and how it ends says most.
//!
//! Knows letters and their widths. Must not know whose name it is.

use std::{borrow::Cow, sync::Arc};

use egui::{Color32, FontId, Galley, Painter};

/// Letters of which no more is measured: wider than any window.
const MOST: usize = 400;

/// The text as it fits into a width.
pub fn elided(painter: &Painter, text: &str, font: &FontId, color: Color32, width: f32) -> Arc<Galley> {
    let lay = |text: String| painter.layout_no_wrap(text, font.clone(), color);
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= MOST {
        let whole = lay(text.to_owned());
        if whole.size().x <= width {
            return whole;
        }
    }
    // The most letters that fit, of those that were tried.
    let (mut fits, mut too_many) = (0, letters.len().min(MOST));
    while fits + 1 < too_many {
        let middle = usize::midpoint(fits, too_many);
        if lay(cut(&letters, middle)).size().x <= width {
            fits = middle;
        } else {
            too_many = middle;
        }
    }
    lay(cut(&letters, fits))
}

/// The text, cut where it would fill more than a few lines.
pub fn short(text: &str) -> Cow<'_, str> {
    const LETTERS: usize = 120;
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= LETTERS { text.into() } else { cut(&letters, LETTERS).into() }
}

/// So many letters of it: more of its beginning than of its end.
fn cut(letters: &[char], keep: usize) -> String {
    let tail = (keep * 2 / 5).min(24);
    let head = keep - tail;
    let end = &letters[letters.len() - tail..];
    // A mark stands on the letter before it, and not on the dots.
    let end = &end[end.iter().take_while(|c| is_mark(**c)).count()..];
    let mut text: String = letters[..head].iter().collect();
    text.push('…');
    text.extend(end);
    text
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_name_begins_and_ends_is_kept() {
        let letters: Vec<char> = "holiday photographs of 2026.tar.gz".chars().collect();
        assert_eq!(cut(&letters, 20), "holiday phot…6.tar.gz");
        assert_eq!(cut(&letters, 0), "…");
        let marked: Vec<char> = "aaaae\u{301}".chars().collect();
        assert_eq!(cut(&marked, 3), "aa…");
    }
}
