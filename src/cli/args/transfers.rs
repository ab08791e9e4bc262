//! The words after `airlift transfers`.

use clap::Subcommand;

use crate::{cli::asked::Keeping, engine::PortChoice};

#[derive(Subcommand)]
pub enum Action {
    /// List them (what happens without a word)
    List {
        /// Ids, or their unique beginnings; otherwise all
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
    /// Go on with some, and follow them to their end
    Resume {
        /// Ids, or their unique beginnings
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
        /// The port to wait on for the senders of those that receive, or none; 0 lets the system choose.
        /// Otherwise it is the usual port, or the next free one
        #[arg(long, value_name = "N")]
        port: Option<u16>,
    },
    /// Give some up: what is there of them is removed, and the other devices are told when they can be
    Cancel {
        /// Ids, or their unique beginnings
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Remove what is left of some, without a word to anybody
    Remove {
        /// Ids, or their unique beginnings
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
}

impl Action {
    pub fn keeping(action: Option<Self>) -> Keeping {
        match action {
            None => Keeping::List(Vec::new()),
            Some(Self::List { ids }) => Keeping::List(ids),
            Some(Self::Resume { ids, port }) => {
                Keeping::Resume { ids, port: port.map_or(PortChoice::Default, PortChoice::Exactly) }
            }
            Some(Self::Cancel { ids }) => Keeping::Cancel(ids),
            Some(Self::Remove { ids }) => Keeping::Remove(ids),
        }
    }
}
