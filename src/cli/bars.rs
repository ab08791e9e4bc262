//! Progress bars: for each transfer one for the whole, and a line for what limits it and the file in
//! hand.
//!
//! Knows how bars are drawn. Must not know what lines are printed above them.

use std::collections::HashMap;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::words;
use crate::model::{Progress, Transfer, TransferId, text::visible};

const WHOLE: &str = "{bar:24} {percent:>3}%  {wide_msg}";
/// For a stream, whose end isn't known.
const ENDLESS: &str = "{spinner} {wide_msg}";
const DETAIL: &str = "{wide_msg:.dim}";

#[derive(Default)]
pub struct Bars {
    multi: MultiProgress,
    drawn: HashMap<TransferId, Pair>,
}

struct Pair {
    whole: ProgressBar,
    detail: ProgressBar,
}

impl Bars {
    pub fn show(&mut self, transfer: &Transfer, progress: &Progress) {
        let pair = self.drawn.entry(transfer.id).or_insert_with(|| Pair {
            whole: self.multi.add(ProgressBar::no_length().with_style(style(ENDLESS))),
            detail: self.multi.add(ProgressBar::no_length().with_style(style(DETAIL))),
        });
        pair.show(transfer, progress);
    }

    pub fn remove(&mut self, id: TransferId) {
        if let Some(pair) = self.drawn.remove(&id) {
            self.multi.remove(&pair.detail);
            self.multi.remove(&pair.whole);
        }
    }

    /// Lets lines be printed where the bars are.
    pub fn above<T>(&self, print: impl FnOnce() -> T) -> T {
        self.multi.suspend(print)
    }

    /// Takes the bars off the screen; what is shown next brings them back.
    pub fn clear(&mut self) {
        for id in self.drawn.keys().copied().collect::<Vec<_>>() {
            self.remove(id);
        }
    }
}

impl Pair {
    fn show(&self, transfer: &Transfer, progress: &Progress) {
        let what = format!("{}  {}", words::flow(progress), transfer.summary.title());
        self.whole.set_message(visible(&what).into_owned());
        // The end of a stream becomes known with its last byte, and never unknown again.
        if let Some(total) = progress.total
            && self.whole.length() != Some(total)
        {
            self.whole.set_style(style(WHOLE));
            self.whole.set_length(total);
        }
        self.whole.set_position(progress.bytes);
        let file = progress
            .file
            .as_ref()
            .map(|file| format!("{file}  {}", words::amount(progress.file_bytes, progress.file_total)));
        // The file last: its path may be longer than the line.
        let detail: String =
            words::limit(progress).into_iter().chain(file).map(|part| "  ".to_owned() + &part).collect();
        self.detail.set_message(visible(&detail).into_owned());
    }
}

fn style(template: &'static str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates above are well formed")
}
