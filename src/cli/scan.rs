//! `airlift scan`: files that are here already, shown to the virus scanner.
//!
//! Knows what is told of each, and what it comes to. Must not know how a scanner is asked.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{
    asked::{Form, Scanning},
    exit::Exit,
    json,
    render::Screen,
};
use crate::{
    engine::{
        Recheck, Settings, home,
        scanner::{LookedAt, look_through},
    },
    model::{Rechecked, ScannerChoice, Screening, text},
};

/// One file. Every field is in `docs/CLI.md`.
#[derive(Serialize)]
#[serde(tag = "event", rename = "scanned")]
struct Line<'a> {
    path: String,
    bytes: Option<u64>,
    result: &'static str,
    virus: Option<&'a str>,
    why: Option<String>,
}

/// What all came to.
#[derive(Default, Serialize)]
#[serde(tag = "event", rename = "scan")]
struct Sum {
    files: u64,
    bytes: u64,
    clean: u64,
    infected: u64,
    not_scanned: u64,
    left_out: u64,
    /// Of what was marked: not there any more.
    gone: u64,
    /// Of what was marked: something else by now.
    changed: u64,
}

/// Why nothing is looked into.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error(
        "There is no virus scanner here. Airlift asks ClamAV’s clamd; many systems have it as a package, such as clamav-daemon."
    )]
    Nobody,
    #[error("The virus scanner is off in the settings: set “scanner” to “automatic” there.")]
    Off,
    #[error("“{}” is not there. Check its name.", .0.display())]
    NotThere(PathBuf),
}

/// Shows them to the scanner, and tells what it says. The exit code tells the worst of it.
///
/// # Errors
/// When the settings can't be read, there is no scanner, or one that is named is not there: nothing is scanned then.
pub fn scan(home: &Path, what: Scanning, form: Form, screen: &mut Screen) -> anyhow::Result<Exit> {
    home::make(home)?;
    let settings = Settings::load(home)?;
    let sum = match what {
        Scanning::Paths(paths) => of_paths(home, &settings, paths, form, screen)?,
        Scanning::Marked => of_marked(home, &settings, form, screen)?,
    };
    match form {
        Form::Json => json::write(screen, &sum),
        Form::Person => screen.out(&sum.sentence()),
        Form::Quiet => {}
    }
    Ok(sum.exit())
}

fn of_paths(
    home: &Path,
    settings: &Settings,
    paths: Vec<PathBuf>,
    form: Form,
    screen: &mut Screen,
) -> anyhow::Result<Sum> {
    let is_missing = |path: &&PathBuf| {
        fs::symlink_metadata(path)
            .is_err_and(|why| matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
    };
    if let Some(missing) = paths.iter().find(is_missing) {
        return Err(Refusal::NotThere(missing.clone()).into());
    }
    let mut sum = Sum::default();
    for looked in look_through(home, settings, paths) {
        if let LookedAt::File { screening: Screening::Off, .. } = &looked {
            return Err(nobody(settings).into());
        }
        sum.add(&looked);
        tell(&Line::of(&looked), form, screen);
    }
    Ok(sum)
}

/// What was let in though nobody could look into it.
fn of_marked(home: &Path, settings: &Settings, form: Form, screen: &mut Screen) -> anyhow::Result<Sum> {
    let mut sum = Sum::default();
    let mut recheck = Recheck::of(home, settings)?;
    while let Some((row, rechecked)) = recheck.look()? {
        if rechecked == Rechecked::Nobody {
            return Err(nobody(settings).into());
        }
        let path = row.place.unwrap_or_default();
        sum.add_marked(row.size.unwrap_or_default(), &rechecked);
        tell(&Line::of_marked(&path, row.size, &rechecked), form, screen);
    }
    if let Some(problem) = recheck.unrecorded() {
        screen.err(&problem.text);
    }
    Ok(sum)
}

fn nobody(settings: &Settings) -> Refusal {
    if settings.scanner == ScannerChoice::Off { Refusal::Off } else { Refusal::Nobody }
}

fn tell(line: &Line<'_>, form: Form, screen: &mut Screen) {
    if form == Form::Json {
        return json::write(screen, line);
    }
    let path = &line.path;
    let about = match line.result {
        "infected" => "INFECTED   ",
        "gone" => "gone       ",
        "changed" => "changed    ",
        _ => "not scanned",
    };
    let said = [line.virus, line.why.as_deref()].into_iter().flatten().collect::<Vec<_>>().join("; ");
    if !said.is_empty() {
        screen.err(&format!("{about}  {path}: {said}"));
    }
}

impl<'a> Line<'a> {
    fn of(looked: &'a LookedAt) -> Self {
        let (path, bytes, result, virus, why) = match looked {
            LookedAt::File { path, size, screening } => {
                let (result, virus, why) = match screening {
                    Screening::Clean | Screening::Off => ("clean", None, None),
                    Screening::Infected(name) => ("infected", Some(name.as_str()), None),
                    Screening::NotScanned(why) => ("not_scanned", None, Some(why.to_string())),
                };
                (path, Some(*size), result, virus, why)
            }
            LookedAt::Unreadable { path, why } => {
                (path, None, "not_scanned", None, Some(format!("it can’t be read: {why}")))
            }
            LookedAt::LeftOut { path } => (path, None, "left_out", None, None),
        };
        Self { path: path.to_string_lossy().into_owned(), bytes, result, virus, why }
    }

    /// Of a file that was marked.
    fn of_marked(path: &Path, bytes: Option<u64>, rechecked: &'a Rechecked) -> Self {
        let (result, virus, why) = match rechecked {
            Rechecked::Clean => ("clean", None, None),
            Rechecked::NotScanned(why) => ("not_scanned", None, Some(why.to_string())),
            Rechecked::Caught(found) => {
                ("infected", Some(found.as_str()), Some("it is in quarantine now".to_owned()))
            }
            Rechecked::Stuck { found, why } => {
                let why = format!("it stands where it stood, because it can’t be put into quarantine: {why}");
                ("infected", Some(found.as_str()), Some(why))
            }
            Rechecked::Gone => ("gone", None, Some("it is not there any more".to_owned())),
            Rechecked::Changed => (
                "changed",
                None,
                Some("it is not what came any more, or it is written to just now".to_owned()),
            ),
            Rechecked::Unreadable(why) => ("not_scanned", None, Some(why.clone())),
            Rechecked::Nobody | Rechecked::NotMarked => {
                ("not_scanned", None, Some("nothing was recorded that it could be compared with".to_owned()))
            }
        };
        Self { path: path.to_string_lossy().into_owned(), bytes, result, virus, why }
    }
}

impl Sum {
    fn add(&mut self, looked: &LookedAt) {
        match looked {
            LookedAt::LeftOut { .. } => return self.left_out += 1,
            LookedAt::Unreadable { .. } => self.not_scanned += 1,
            LookedAt::File { size, screening, .. } => {
                self.bytes += size;
                match screening {
                    Screening::Clean | Screening::Off => self.clean += 1,
                    Screening::Infected(_) => self.infected += 1,
                    Screening::NotScanned(_) => self.not_scanned += 1,
                }
            }
        }
        self.files += 1;
    }

    fn add_marked(&mut self, size: u64, rechecked: &Rechecked) {
        match rechecked {
            Rechecked::Gone => return self.gone += 1,
            Rechecked::Changed => return self.changed += 1,
            Rechecked::Clean => self.clean += 1,
            Rechecked::Caught(_) | Rechecked::Stuck { .. } => self.infected += 1,
            Rechecked::NotScanned(_)
            | Rechecked::Unreadable(_)
            | Rechecked::Nobody
            | Rechecked::NotMarked => self.not_scanned += 1,
        }
        self.files += 1;
        self.bytes += size;
    }

    fn sentence(&self) -> String {
        let Self { files, bytes, clean, infected, not_scanned, left_out, gone, changed } = self;
        let files = text::count(*files, "file", "files");
        let left_out = match left_out {
            0 => String::new(),
            n => format!(" Left out: {}.", text::count(*n, "link or special file", "links or special files")),
        };
        let gone = match gone {
            0 => String::new(),
            n => format!(" Not there any more: {}.", text::count(*n, "file", "files")),
        };
        let changed = match changed {
            0 => String::new(),
            n => format!(" Changed since they came: {}.", text::count(*n, "file", "files")),
        };
        let bytes = text::bytes(*bytes);
        format!(
            "{files} ({bytes}): {clean} clean, {infected} infected, {not_scanned} not scanned.{left_out}{gone}{changed}"
        )
    }

    /// What was found goes before what could not be looked into.
    fn exit(&self) -> Exit {
        match self {
            Self { infected: 1.., .. } => Exit::Infected,
            Self { not_scanned: 1.., .. } | Self { changed: 1.., .. } => Exit::LeftOut,
            _ => Exit::Complete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::render::shown,
        model::{NotScanned, ScannerAddress},
    };

    fn file(path: &str, screening: Screening) -> LookedAt {
        LookedAt::File { path: path.into(), size: 5, screening }
    }

    #[test]
    fn each_file_that_is_not_clean_is_told_and_the_worst_of_all_is_the_exit_code() {
        let clean = file("/a", Screening::Clean);
        let infected = file("/b\u{202e}", Screening::Infected("A.Name".to_owned()));
        let unknown = file("/c", Screening::NotScanned(NotScanned::TooLarge));
        let closed = LookedAt::Unreadable { path: "/d".into(), why: "permission denied".to_owned() };
        let link = LookedAt::LeftOut { path: "/e".into() };
        let (mut screen, out, err) = shown::screen();
        let mut sum = Sum::default();
        for (looked, exit) in [
            (&clean, Exit::Complete),
            (&link, Exit::Complete),
            (&unknown, Exit::LeftOut),
            (&closed, Exit::LeftOut),
            (&infected, Exit::Infected),
            (&clean, Exit::Infected),
        ] {
            sum.add(looked);
            tell(&Line::of(looked), Form::Quiet, &mut screen);
            assert_eq!(sum.exit(), exit, "{looked:?}");
        }
        assert_eq!(
            err.text(),
            "not scanned  /c: too large for the virus scanner\n\
             not scanned  /d: it can’t be read: permission denied\n\
             INFECTED     /b\\u{202e}: A.Name\n"
        );
        assert_eq!(
            sum.sentence(),
            "5 files (20 B): 2 clean, 1 infected, 2 not scanned. Left out: 1 link or special file."
        );
        tell(&Line::of(&infected), Form::Json, &mut screen);
        assert!(out.text().contains("\"result\":\"infected\",\"virus\":\"A.Name\",\"why\":null}"));
    }

    #[test]
    fn without_a_scanner_nothing_is_called_clean() {
        let home = tempfile::tempdir().unwrap();
        let inside = home.path().join("file");
        fs::write(&inside, "x").unwrap();
        let (mut screen, _, err) = shown::screen();
        let mut tried = |scanner, also: &[PathBuf]| {
            Settings { scanner, ..Settings::default() }.save(home.path()).unwrap();
            let paths = [std::slice::from_ref(&inside), also].concat();
            scan(home.path(), Scanning::Paths(paths), Form::Person, &mut screen)
        };
        let off = tried(ScannerChoice::Off, &[]).unwrap_err();
        assert_eq!(off.downcast_ref(), Some(&Refusal::Off));
        let gone = || ScannerChoice::At(ScannerAddress::socket(home.path().join("nobody")));
        for missing in [home.path().join("missing"), inside.join("below")] {
            let why = tried(gone(), std::slice::from_ref(&missing)).unwrap_err();
            assert_eq!(why.downcast_ref(), Some(&Refusal::NotThere(missing)));
        }
        assert_eq!(tried(gone(), &[]).unwrap(), Exit::LeftOut);
        assert!(err.text().contains("the virus scanner doesn’t answer"), "{}", err.text());
    }
}
