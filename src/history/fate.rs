//! What became of a file, taken apart into what the file of the history keeps.
//!
//! Knows no tables.

use super::{
    code::Code as _,
    row::{Became, Screened},
};
use crate::model::{Digest, FileFate, Screening, Side};

/// What the table has of a fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub became: Became,
    pub screening: Screening,
    pub digest: Option<Digest>,
    pub side: Option<Side>,
    pub why: Option<String>,
}

impl Settled {
    pub fn of(fate: &FileFate) -> Self {
        let became = Became::of(fate);
        let settled = Self { became, screening: Screening::Off, digest: None, side: None, why: None };
        match fate {
            FileFate::Stored { digest, screening } => {
                Self { digest: *digest, screening: screening.clone(), ..settled }
            }
            FileFate::Already { digest } => Self { digest: *digest, ..settled },
            FileFate::Held { digest, why } => {
                Self { digest: *digest, screening: Screening::NotScanned(why.clone()), ..settled }
            }
            FileFate::Infected { digest, name } => {
                Self { digest: *digest, screening: Screening::Infected(name.clone()), ..settled }
            }
            FileFate::Failed { side, why } => Self { side: Some(*side), why: Some(why.clone()), ..settled },
            FileFate::LeftOut => settled,
        }
    }

    /// A virus check’s result as it is kept; `None` where nobody has looked.
    pub fn kept(screening: &Screening) -> Option<String> {
        (*screening != Screening::Off).then(|| serde_json::to_string(screening).unwrap_or_default())
    }

    /// As [`Settled::kept`] wrote it. What a newer version has written, is read as far as its number goes.
    pub fn read(screened: i64, kept: Option<&str>) -> Screening {
        let read = kept.and_then(|kept| serde_json::from_str(kept).ok());
        read.unwrap_or_else(|| match Screened::of_code(screened) {
            Screened::Off => Screening::Off,
            Screened::Clean => Screening::Clean,
            Screened::NotScanned => {
                Screening::NotScanned(crate::model::NotScanned::Failed("no reason is kept".to_owned()))
            }
            Screened::Infected => Screening::Infected(String::new()),
        })
    }
}

/// The last part of a path as it was offered, and what is above it.
pub fn parts(path: &str) -> (&str, &str) {
    path.rsplit_once('/').map_or((path, ""), |(folder, name)| (name, folder))
}

/// A number that paths of a transfer rarely have in common. Those of one folder are near each other: they come together, and
/// what is put into an index near each other touches few pages of it.
pub fn mark(path: &str) -> i64 {
    let (name, folder) = parts(path);
    let [folder, name] = [folder, name].map(|part| blake3::hash(part.as_bytes()));
    let bytes = folder.as_bytes()[..4].iter().chain(&name.as_bytes()[..4]);
    bytes.fold(0, |all, byte| (all << 8) | i64::from(*byte))
}
