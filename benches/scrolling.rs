//! What a frame of the history takes while 10,000 of a million rows are scrolled past: all that the window does for it but
//! the drawing of its triangles. Pages are fetched meanwhile, from a history in memory.
#![allow(clippy::unwrap_used, reason = "a measurement that can’t go on has failed")]
#![allow(clippy::print_stdout, reason = "its result")]

#[path = "../tests/gui/bench.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod bench;
#[path = "../tests/gui/history/told.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod told;

use std::time::Instant;

use told::{Told, a_million, page, rows, wheel};

const PAST: usize = 10_000;

fn main() {
    let mut told = Told::new(Vec::new());
    told.answers = a_million;
    let mut bench = page(&told);
    bench.window.hover_at(egui::pos2(400.0, 500.0));
    let top = |bench: &bench::Bench| rows(bench)[0].trim_start_matches("file ").parse::<usize>().unwrap();
    let first = top(&bench);
    let (mut frames, mut took, mut worst) = (0, 0.0, 0.0_f64);
    while top(&bench) + PAST > first {
        let began = Instant::now();
        let shown = wheel(&mut bench);
        let millis = began.elapsed().as_secs_f64() * 1000.0;
        frames += shown;
        took += millis;
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let each = millis / shown as f64;
        worst = worst.max(each);
    }
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let mean = took / frames as f64;
    println!(
        "{PAST} rows in {frames} frames: {mean:.2} ms a frame, {worst:.2} ms in the worst turn of the wheel"
    );
}
