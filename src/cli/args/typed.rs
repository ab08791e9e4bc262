//! What was typed, checked: paths and names.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::error::ErrorKind;

use crate::{
    cli::{asked::Sure, terminal::at_terminal},
    model::{RelPath, text},
};

pub fn absolute(path: &Path) -> Result<PathBuf, clap::Error> {
    std::path::absolute(path)
        .map_err(|e: io::Error| usage(&format!("{} can’t be used: {}.", path.display(), text::reason(&e))))
}

pub fn usage(sentence: &str) -> clap::Error {
    clap::Error::raw(ErrorKind::ValueValidation, format!("{sentence}\n"))
}

/// One name, with no folder in front of it.
pub fn one_name(text: &str) -> Result<String, String> {
    match RelPath::parse(text) {
        Ok(path) if path.parent().is_none() => Ok(text.to_owned()),
        Ok(_) => Err("it holds a “/”, and must be one name".to_owned()),
        Err(problem) => Err(problem.to_string()),
    }
}

/// Whether a person is asked before something is removed or let out.
pub fn sure(yes: bool) -> Result<Sure, clap::Error> {
    match (yes, at_terminal()) {
        (true, _) => Ok(Sure::Said),
        (false, true) => Ok(Sure::Ask),
        (false, false) => {
            Err(usage("Nobody can be asked here, without a terminal: add --yes if you are sure."))
        }
    }
}
