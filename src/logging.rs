//! The log: one file a day in the data folder, and standard error where it was asked for.
//!
//! Knows where log lines go and which are kept. Must not know who writes them. No content of a
//! file and no key is ever logged; names of devices and files are, so the folder is its owner's alone.

use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use tracing::{Dispatch, level_filters::LevelFilter};
use tracing_appender::{
    non_blocking::WorkerGuard,
    rolling::{InitError, Rotation},
};
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::ParseError, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// Names what the file keeps, as `tracing_subscriber`'s `EnvFilter` reads it.
const FILTER: &str = "AIRLIFT_LOG";
/// A week: long enough to look into what went wrong, short enough to be forgotten.
const FILES: usize = 7;

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
    #[error("No log is kept: the folder {} can’t be written: {source}.", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("No log is kept: {0}.")]
    File(#[from] InitError),
    #[error("{FILTER} can’t be understood, so the log is kept as usual: {0}.")]
    Filter(#[from] ParseError),
}

/// A running log: what was logged is in the file once this is dropped.
#[must_use]
pub struct Log {
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
    let filter = filter().unwrap_or_else(|problem| {
        problems.push(problem);
        EnvFilter::new("info")
    });
    let (file, flush) = folder
        .and_then(|folder| open(folder).map_err(|problem| problems.push(problem)).ok())
        .map(tracing_appender::non_blocking)
        .unzip();
    let file = file
        .map(|file| tracing_subscriber::fmt::layer().with_ansi(false).with_writer(file).with_filter(filter));
    let echo = match echo {
        Echo::Nothing => None,
        Echo::Info => Some(EnvFilter::new("info")),
        Echo::Debug => Some(EnvFilter::new("info,airlift=debug")),
    }
    .map(|filter| {
        tracing_subscriber::fmt::layer()
            .with_ansi(io::stderr().is_terminal())
            .with_writer(io::stderr)
            .with_filter(filter)
    });
    let dispatch = tracing_subscriber::registry().with(file).with(echo).into();
    (dispatch, Log { _flush: flush, problems })
}

fn filter() -> Result<EnvFilter, LogProblem> {
    let given = std::env::var(FILTER).unwrap_or_default();
    Ok(EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).parse(given)?)
}

fn open(folder: &Path) -> Result<tracing_appender::rolling::RollingFileAppender, LogProblem> {
    private(folder).map_err(|source| LogProblem::Folder { path: folder.to_owned(), source })?;
    Ok(tracing_appender::rolling::Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix("airlift")
        .filename_suffix("log")
        .max_log_files(FILES)
        .build(folder)?)
}

/// Makes the folder, for its owner alone where the system knows such folders.
fn private(folder: &Path) -> io::Result<()> {
    let mut make = std::fs::DirBuilder::new();
    make.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.create(folder)
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
mod tests {
    use super::*;

    #[test]
    fn the_log_is_in_its_owners_folder_and_says_what_happened() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("new/logs");
        let (dispatch, log) = set_up(Some(&folder), Echo::Nothing);
        assert!(log.problems.is_empty(), "{:?}", log.problems);
        tracing::dispatcher::with_default(&dispatch, || {
            tracing::info!(port = 7, "listening");
            tracing::debug!("too much");
        });
        drop(log);
        let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        let text = std::fs::read_to_string(&files[0]).unwrap();
        assert!(
            text.contains("listening") && text.contains("port=7") && !text.contains("too much"),
            "{text}"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&folder).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "others may not read it");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_is_a_problem_and_no_end() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        std::fs::write(&file, "").unwrap();
        let (_, log) = set_up(Some(&file.join("logs")), Echo::Nothing);
        assert_eq!(log.problems.len(), 1);
        assert!(log.problems[0].to_string().starts_with("No log is kept"), "{}", log.problems[0]);
    }
}
