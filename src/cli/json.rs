//! News as JSON, one object a line, for scripts.
//!
//! Knows the fields that `docs/CLI.md` promises. Must not know words for people.

mod code;
pub mod fields;
mod kept;
mod line;
mod meeting;
mod pipeline;
mod visible;

use serde::Serialize;
use serde_json::Serializer;

pub use self::line::Line;
use self::visible::Visible;
use super::{
    news::{News, Tell},
    render::Screen,
};

/// Tells scripts on standard output; questions go to standard error.
pub struct Json<'a> {
    screen: &'a mut Screen,
}

impl<'a> Json<'a> {
    pub fn new(screen: &'a mut Screen) -> Self {
        Self { screen }
    }
}

impl Tell for Json<'_> {
    fn tell(&mut self, news: News<'_>) {
        if let Some(line) = Line::of(news) {
            write(self.screen, &line);
        }
    }

    fn ask(&mut self, lines: &[String]) {
        for line in lines {
            self.screen.err(line);
        }
    }

    fn answered(&mut self) {}
}

/// Writes one line, at once.
pub fn write(screen: &mut Screen, line: &impl Serialize) {
    screen.raw(&text(line));
}

/// One line, with its end.
#[must_use]
pub fn text(line: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::new();
    line.serialize(&mut Serializer::with_formatter(&mut text, Visible))
        .expect("plain data has a JSON form, and a vector takes every byte");
    text.push(b'\n');
    text
}

#[cfg(test)]
mod tests;
