//! The words after `airlift quarantine`.

use clap::Subcommand;

use super::typed::sure;
use crate::cli::asked::KeptApart;

#[derive(Subcommand)]
pub enum Action {
    /// List what is in it (what happens without a word)
    List {
        /// Ids, or their unique beginnings; otherwise all
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
    /// Give some their names after all, in the folder that they were meant for
    Release {
        /// Ids, or their unique beginnings
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
        /// Don’t ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Remove some for good
    Delete {
        /// Ids, or their unique beginnings
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
        /// Don’t ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Check some once more, or all; what is clean is released
    Rescan {
        /// Ids, or their unique beginnings; otherwise all
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
}

impl Action {
    pub fn kept_apart(action: Option<Self>) -> Result<KeptApart, clap::Error> {
        Ok(match action {
            None => KeptApart::List(Vec::new()),
            Some(Self::List { ids }) => KeptApart::List(ids),
            Some(Self::Release { ids, yes }) => KeptApart::Release(ids, sure(yes)?),
            Some(Self::Delete { ids, yes }) => KeptApart::Delete(ids, sure(yes)?),
            Some(Self::Rescan { ids }) => KeptApart::Rescan(ids),
        })
    }
}
