//! How a row looks, whatever it is about: a picture, a name, whom with, how far, and what is said of it.
//!
//! Knows tones and texts. Must not know transfers.

use egui::Color32;

use crate::gui::{icons::Icon, theme::Palette};

/// Between the parts of a line.
pub const SEPARATOR: &str = " · ";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Plain,
    /// Something of this device's own goes out.
    Accent,
    Warning,
    Bad,
}

impl Tone {
    /// Of a picture or a bar, and of the ground that a picture stands on.
    pub fn colors(self, p: &Palette) -> (Color32, Color32) {
        match self {
            Self::Good => (p.good, p.good_soft),
            Self::Plain => (p.faint, p.well),
            Self::Accent => (p.accent, p.accent_soft),
            Self::Warning => (p.warn, p.well),
            Self::Bad => (p.bad, p.bad_soft),
        }
    }

    /// Of a sentence.
    pub fn ink(self, p: &Palette) -> Color32 {
        match self {
            Self::Good | Self::Plain | Self::Accent => p.faint,
            Self::Warning => p.warn,
            Self::Bad => p.bad,
        }
    }
}

/// A row as it is painted.
pub struct Face<'a> {
    pub icon: Icon,
    pub tone: Tone,
    pub title: &'a str,
    /// From whom or to whom.
    pub peer: &'a str,
    /// At the right of the title.
    pub aside: &'a str,
    /// Its bar: how far, and what it is called; no bar without.
    pub bar: Option<Bar<'a>>,
    /// A sentence with a line of its own.
    pub status: Option<(&'a str, Tone)>,
    /// Amounts, beside the buttons.
    pub line: &'a str,
    /// What there is to know of the line.
    pub hint: &'a str,
}

#[derive(Clone, Copy)]
pub struct Bar<'a> {
    /// From 0 to 1; `None` where it isn't known.
    pub fraction: Option<f32>,
    pub name: &'a str,
}
