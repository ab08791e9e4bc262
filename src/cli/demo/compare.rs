//! Two trees side by side, compared by their bytes alone.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fmt,
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::Path,
};

use crate::model::text;

/// One thing of the two trees.
#[derive(Debug)]
pub struct Found {
    name: String,
    depth: usize,
    is: Is,
}

#[derive(Debug, PartialEq, Eq)]
enum Is {
    Folder,
    SameFile {
        bytes: u64,
    },
    Different,
    Missing,
    /// It arrived, and was not sent.
    Extra,
}

impl Found {
    #[must_use]
    pub fn is_same(&self) -> bool {
        matches!(self.is, Is::Folder | Is::SameFile { .. })
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, depth, is } = self;
        write!(f, "{:indent$}{name}", "", indent = 2 * depth)?;
        match is {
            Is::Folder => write!(f, "/"),
            Is::SameFile { bytes } => write!(f, "  {}  verified", text::bytes(*bytes)),
            Is::Different => write!(f, "  DIFFERENT"),
            Is::Missing => write!(f, "  MISSING"),
            Is::Extra => write!(f, "  NOT SENT"),
        }
    }
}

/// Everything at and below `sent` and `arrived`, a folder before what is in it.
///
/// # Errors
/// When something that is there can't be read.
pub fn compare(sent: &Path, arrived: &Path) -> io::Result<Vec<Found>> {
    let mut all = Vec::new();
    visit(sent, arrived, 0, &mut all)?;
    Ok(all)
}

fn visit(sent: &Path, arrived: &Path, depth: usize, all: &mut Vec<Found>) -> io::Result<()> {
    let name = sent.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let kind = |path: &Path| match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    };
    let is = match (kind(sent)?, kind(arrived)?) {
        (_, None) => Is::Missing,
        (None, Some(_)) => Is::Extra,
        (Some(sent), Some(arrived)) if sent.is_dir() && arrived.is_dir() => Is::Folder,
        (Some(a), Some(b)) if a.is_file() && b.is_file() && same_bytes(sent, arrived)? => {
            Is::SameFile { bytes: b.len() }
        }
        (Some(_), Some(_)) => Is::Different,
    };
    let inside = is == Is::Folder;
    all.push(Found { name, depth, is });
    if inside {
        for name in names(sent)?.union(&names(arrived)?) {
            visit(&sent.join(name), &arrived.join(name), depth + 1, all)?;
        }
    }
    Ok(())
}

fn names(folder: &Path) -> io::Result<BTreeSet<OsString>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect()
}

fn same_bytes(a: &Path, b: &Path) -> io::Result<bool> {
    let mut a = BufReader::with_capacity(1 << 16, File::open(a)?);
    let mut b = BufReader::with_capacity(1 << 16, File::open(b)?);
    loop {
        let (left, right) = (a.fill_buf()?, b.fill_buf()?);
        let both = left.len().min(right.len());
        if both == 0 {
            return Ok(left.is_empty() && right.is_empty());
        }
        if left[..both] != right[..both] {
            return Ok(false);
        }
        a.consume(both);
        b.consume(both);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(root: &Path) {
        fs::create_dir_all(root.join("f/empty")).unwrap();
        fs::write(root.join("f/big"), vec![7; 200_000]).unwrap();
        fs::write(root.join("f/nothing"), "").unwrap();
    }

    #[test]
    fn only_the_same_bytes_in_the_same_places_count_as_the_same() {
        let place = tempfile::tempdir().unwrap();
        let (a, b) = (place.path().join("a"), place.path().join("b"));
        let judge = || -> Vec<String> {
            let all = compare(&a.join("f"), &b.join("f")).unwrap();
            all.iter().filter(|found| !found.is_same()).map(ToString::to_string).collect()
        };
        tree(&a);
        assert_eq!(judge(), ["f  MISSING"]);
        tree(&b);
        assert!(judge().is_empty());
        let mut almost = vec![7; 200_000];
        almost[199_999] = 8;
        fs::write(b.join("f/big"), almost).unwrap();
        fs::write(b.join("f/extra"), "").unwrap();
        fs::remove_dir(b.join("f/empty")).unwrap();
        fs::write(b.join("f/nothing"), "x").unwrap();
        assert_eq!(
            judge(),
            ["  big  DIFFERENT", "  empty  MISSING", "  extra  NOT SENT", "  nothing  DIFFERENT"]
        );
        fs::write(b.join("f/empty"), "").unwrap();
        assert!(judge().contains(&"  empty  DIFFERENT".to_owned()), "a file is no folder");
    }
}
