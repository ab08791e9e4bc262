//! What something takes.

use std::{fmt, time::Instant};

/// Medians, in milliseconds.
pub struct Measured {
    /// Of this thread.
    pub cpu: f64,
    pub wall: f64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ms of processor, {:.2} ms of wall time", self.cpu, self.wall)
    }
}

/// Does it so often.
pub fn measured<T>(times: usize, mut work: impl FnMut() -> T) -> Measured {
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let (before, begun) = (processor(), Instant::now());
        std::hint::black_box(work());
        let took = begun.elapsed().as_secs_f64() * 1000.0;
        wall.push(took);
        // Where nobody tells, wall time is the most that it can have been.
        cpu.push(processor().zip(before).map_or(took, |(now, before)| now - before));
    }
    Measured { cpu: median(cpu), wall: median(wall) }
}

pub fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// Milliseconds of processor time of this thread.
fn processor() -> Option<f64> {
    // Linux brings its account up to date then.
    std::thread::yield_now();
    let account = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    account.split_whitespace().next()?.parse::<f64>().ok().map(|nanos| nanos / 1e6)
}
