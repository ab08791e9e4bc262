//! The log: a folder in the data folder, and standard error where it was asked for. Strangers on the network
//! can have lines written, so it has a budget: by source (`allowance`), by line (`fields`), by size (`shelf`).
//!
//! Knows where log lines go and which are kept. Must not know who writes them. No content of a
//! file and no key is ever logged; names of devices and files are, so the folder is its owner's alone.

mod allowance;
mod fields;
mod folder;
mod limit;
mod shelf;
mod teller;

use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use tracing::{Dispatch, level_filters::LevelFilter};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{FilterExt as _, ParseError},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use self::{
    fields::Fields,
    folder::Folder,
    limit::Limit,
    teller::{Output, Teller},
};

/// Names what the file keeps, as `tracing_subscriber`'s `EnvFilter` reads it.
const FILTER: &str = "AIRLIFT_LOG";
/// Lines that wait for the disk. More than all sources have at once, and little memory where the disk is
/// stuck and each is as long as it may be.
const QUEUE: usize = 10_000;

/// What is logged to standard error besides the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    Nothing,
    Info,
    Debug,
}

/// What keeps the log from being as it was asked for. The program can go on without.
#[derive(Debug, thiserror::Error)]
pub enum LogProblem {
    #[error("No log is kept: the folder {} can’t be written: {}.", path.display(), crate::model::text::reason(.source))]
    Folder { path: PathBuf, source: io::Error },
    #[error("{FILTER} can’t be understood, so the log is kept as usual: {0}.")]
    Filter(#[from] ParseError),
}

/// A running log: what was logged is in the file once this is dropped.
#[must_use]
pub struct Log {
    // In this order: it has last words.
    _teller: Option<Teller>,
    _flush: Option<WorkerGuard>,
    /// What the person should be told of it.
    pub problems: Vec<LogProblem>,
}

/// Starts the log of this process; a second call changes nothing. `folder` is made when it isn't
/// there; `None` keeps no file.
pub fn start(folder: Option<&Path>, echo: Echo) -> Log {
    let (dispatch, log) = set_up(folder, echo);
    if dispatch.try_init().is_ok() {
        log_panics();
    }
    log
}

fn set_up(folder: Option<&Path>, echo: Echo) -> (Dispatch, Log) {
    let mut problems = Vec::new();
    let mut outputs = Vec::new();
    let (bell, hears) = teller::bell();
    let filter = filter().unwrap_or_else(|problem| {
        problems.push(problem);
        EnvFilter::new("info")
    });
    let (file, flush) = folder
        .and_then(|folder| open(folder).map_err(|problem| problems.push(problem)).ok())
        .map(|folder| NonBlockingBuilder::default().buffered_lines_limit(QUEUE).finish(folder))
        .unzip();
    let file = file.map(|file| {
        let limit = Limit::new(bell.clone());
        let (writer, queue) = (Box::new(file.clone()), Some(file.error_counter()));
        outputs.push(Output { limit: limit.clone(), writer, queue, told: 0 });
        tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .fmt_fields(Fields)
            .with_writer(file)
            .with_filter(filter.and(limit))
    });
    let echo = match echo {
        Echo::Nothing => None,
        Echo::Info => Some(EnvFilter::new("info")),
        Echo::Debug => Some(EnvFilter::new("info,airlift=debug")),
    }
    .map(|filter| {
        // It may well be led into a file or a journal, and whoever writes to it waits until it is written.
        let limit = Limit::new(bell.clone());
        outputs.push(Output { limit: limit.clone(), writer: Box::new(io::stderr()), queue: None, told: 0 });
        tracing_subscriber::fmt::layer()
            .with_ansi(io::stderr().is_terminal())
            .fmt_fields(Fields)
            .with_writer(io::stderr)
            .with_filter(filter.and(limit))
    });
    let dispatch = tracing_subscriber::registry().with(file).with(echo).into();
    let teller = (!outputs.is_empty()).then(|| Teller::start(bell, hears, outputs));
    (dispatch, Log { _teller: teller, _flush: flush, problems })
}

fn filter() -> Result<EnvFilter, LogProblem> {
    let given = std::env::var(FILTER).unwrap_or_default();
    Ok(EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).parse(given)?)
}

fn open(folder: &Path) -> Result<Folder, LogProblem> {
    Folder::open(folder).map_err(|source| LogProblem::Folder { path: folder.to_owned(), source })
}

/// A panic is logged as well as shown: a window has nowhere else to show it.
fn log_panics() {
    let shown = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!(%panic, "the program broke down");
        shown(panic);
    }));
}

#[cfg(test)]
mod tests;
