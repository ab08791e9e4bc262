//! The words after `airlift trust`.

use std::path::PathBuf;

use clap::Subcommand;

use super::typed::absolute;
use crate::{
    cli::asked::Trusting,
    model::{DeviceName, Recording, Trust},
};

#[derive(Subcommand)]
pub enum Action {
    /// List the devices that are known (what happens without a word)
    List {
        /// Names, ids, or their unique beginnings; otherwise all
        #[arg(value_name = "DEVICE")]
        devices: Vec<String>,
    },
    /// Trust a device: what it sends may be accepted without a question
    Add {
        /// A device that is known: its name, its id, or the unique beginning of that. Any other one: its
        /// whole id, which “airlift id” shows there
        #[arg(value_name = "DEVICE")]
        device: String,
        /// What to call it until it says its name itself
        #[arg(long, value_name = "NAME", value_parser = DeviceName::parse)]
        name: Option<DeviceName>,
        /// It is one of your own
        #[arg(long)]
        own: bool,
        /// The folder that its files go to, unless one is given when they are received
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Forget devices: they are strangers again
    Remove {
        /// Names, ids, or their unique beginnings
        #[arg(required = true, value_name = "DEVICE")]
        devices: Vec<String>,
    },
    /// Keep the transfers of devices out of the history from now on
    NeverRecord {
        /// Names, ids, or their unique beginnings
        #[arg(required = true, value_name = "DEVICE")]
        devices: Vec<String>,
    },
    /// Record the transfers of devices in the history again
    Record {
        /// Names, ids, or their unique beginnings
        #[arg(required = true, value_name = "DEVICE")]
        devices: Vec<String>,
    },
    /// Block devices: they are not answered, and nothing of them is shown
    Block {
        /// Names, ids, or their unique beginnings; whole ids of devices that aren’t known
        #[arg(required = true, value_name = "DEVICE")]
        devices: Vec<String>,
    },
}

impl Action {
    pub fn trusting(action: Option<Self>) -> Result<Trusting, clap::Error> {
        Ok(match action {
            None => Trusting::List(Vec::new()),
            Some(Self::List { devices }) => Trusting::List(devices),
            Some(Self::Add { device, name, own, dir }) => Trusting::Add {
                device,
                name,
                trust: if own { Trust::Own } else { Trust::Trusted },
                folder: dir.as_deref().map(absolute).transpose()?,
            },
            Some(Self::Remove { devices }) => Trusting::Remove(devices),
            Some(Self::NeverRecord { devices }) => Trusting::Record { devices, recording: Recording::Never },
            Some(Self::Record { devices }) => Trusting::Record { devices, recording: Recording::Usual },
            Some(Self::Block { devices }) => Trusting::Block(devices),
        })
    }
}
