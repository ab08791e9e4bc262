//! Opens files in other programs, and shows them in their folder.
//!
//! What is asked of a desktop may come to nothing without anybody being told: so the program that opens files is
//! waited for, and the one that shows folders has a time limit. Blocks: it needs a thread of its own.

use std::path::Path;

/// Opens a file or folder.
///
/// # Errors
/// In words, when nothing has opened it.
pub fn open(path: &Path) -> Result<(), String> {
    std::fs::metadata(path).map_err(|e| of_path(&e))?;
    system::open(path)
}

/// Shows a file in its folder.
///
/// # Errors
/// As [`open`].
pub fn reveal(path: &Path) -> Result<(), String> {
    // A link is shown itself, wherever it leads.
    std::fs::symlink_metadata(path).map_err(|e| of_path(&e))?;
    system::reveal(path)
}

fn of_path(e: &std::io::Error) -> String {
    match e.kind() {
        std::io::ErrorKind::NotFound => "it is not there any more".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::{
        io,
        os::unix::process::CommandExt as _,
        path::Path,
        process::{Command, Stdio},
        time::{Duration, Instant},
    };

    use zbus::blocking::connection::Builder;

    use crate::gui::within::within;

    /// The programs that desktops have for it, each with its first words: the first that is installed is asked.
    const OPENERS: [&[&str]; 4] = [&["xdg-open"], &["gio", "open"], &["kde-open"], &["exo-open"]];

    /// Some stay for as long as what they have opened: after this one that ends has opened something.
    const SOON: Duration = Duration::from_secs(10);

    /// For a file manager to show a folder, which may have to be started for that.
    const FILE_MANAGER: Duration = Duration::from_secs(15);

    pub fn open(path: &Path) -> Result<(), String> {
        with(&OPENERS, path)
    }

    pub fn reveal(path: &Path) -> Result<(), String> {
        let (asked, path) = (path.to_owned(), path);
        match within(FILE_MANAGER, move || Builder::session().and_then(|bus| show(bus, &asked))) {
            Some(Ok(())) => Ok(()),
            Some(Err(problem)) => {
                tracing::info!(%problem, "no file manager shows the folder");
                open(path.parent().unwrap_or(Path::new("/")))
            }
            // It may do so yet, and a second window would be one too many.
            None => Err("the file manager doesn’t answer".to_owned()),
        }
    }

    /// Asks the file manager (`org.freedesktop.FileManager1`).
    fn show(bus: Builder<'_>, path: &Path) -> zbus::Result<()> {
        const NAME: &str = "org.freedesktop.FileManager1";
        let path = std::path::absolute(path)?;
        let uri = url::Url::from_file_path(&path).map_err(|()| zbus::Error::Unsupported)?;
        let bus = bus.build()?;
        let place = "/org/freedesktop/FileManager1";
        bus.call_method(Some(NAME), place, Some(NAME), "ShowItems", &(vec![uri.as_str()], "")).map(drop)
    }

    pub(super) fn with(openers: &[&[&str]], path: &Path) -> Result<(), String> {
        for words in openers {
            let Some((program, first)) = words.split_first() else { continue };
            let mut command = Command::new(program);
            command.args(first).arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            // What is meant to end this program doesn’t end what it has opened.
            let since = Instant::now();
            let ended = match command.process_group(0).spawn().and_then(|mut opening| opening.wait()) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                ended => ended,
            };
            tracing::debug!(program, ?ended, "asked to open something");
            return match ended {
                Ok(ended) if ended.success() || since.elapsed() > SOON => Ok(()),
                Ok(_) => Err("no program on this machine opens it".to_owned()),
                Err(e) => Err(format!("{program} could not be started ({})", e.kind())),
            };
        }
        Err("this machine has no program that opens things (xdg-open, of xdg-utils)".to_owned())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_nothing_has_opened_is_an_error_and_only_a_program_that_is_missing_lets_the_next_one_try() {
            let place = tempfile::tempdir().unwrap();
            let tried = |openers: &[&[&str]]| with(openers, place.path());
            let missing: &[&str] = &["no-such-program-of-airlifts"];
            assert_eq!(tried(&[missing, &["true"]]), Ok(()));
            assert!(tried(&[&["sh", "-c", "exit 3"], &["true"]]).unwrap_err().contains("no program"));
            assert!(tried(&[missing]).unwrap_err().contains("xdg-open"));
            assert!(tried(&[&["test", "-d"]]).is_ok(), "the path comes last");
        }

        #[test]
        fn a_bus_without_a_file_manager_or_no_bus_at_all_is_found_out_at_once() {
            let place = tempfile::tempdir().unwrap();
            let nowhere = format!("unix:path={}", place.path().join("bus").display());
            let bus = Builder::address(nowhere.as_str()).unwrap();
            assert!(show(bus, place.path()).is_err());
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::path::Path;

    pub fn open(path: &Path) -> Result<(), String> {
        opener::open(path).map_err(|e| e.to_string())
    }

    pub fn reveal(path: &Path) -> Result<(), String> {
        opener::reveal(path).map_err(|e| e.to_string())
    }
}
