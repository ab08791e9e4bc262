//! The words after `airlift receive`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{
    code::{Giving, Words},
    typed::{absolute, one_name},
};
use crate::{
    cli::asked::ReceiveUntil,
    engine::{AcceptRule, PortChoice, Remember},
    model::{ByteRate, Conflict, Landing},
};

/// How to receive, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reception {
    pub port: PortChoice,
    /// `None`: as the settings have it.
    pub accept: Option<Accept>,
    pub until: ReceiveUntil,
    /// Where it goes; its `conflict` is the default until the settings are known.
    pub landing: Landing,
    /// `None`: as the settings have it.
    pub conflict: Option<Conflict>,
    pub code: Option<Words>,
    pub remember: Remember,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Accept {
    /// Ask for each offer; decline where there is no terminal to ask on
    Ask,
    /// Accept the offers of devices that are trusted, and ask for each other one; decline those where
    /// there is no terminal to ask on
    Trusted,
    /// Accept every offer
    All,
}

impl From<AcceptRule> for Accept {
    fn from(rule: AcceptRule) -> Self {
        match rule {
            AcceptRule::Ask => Self::Ask,
            AcceptRule::Trusted => Self::Trusted,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnConflict {
    /// Store the new file beside the old one, as “photo (1).jpg”
    KeepBoth,
    /// Leave the old file and don’t fetch the new one
    Skip,
    /// Put the new file in the old one’s place once it is whole
    Replace,
    /// Add to the folders that are there what is missing in them; what is there and the same isn’t sent
    Complete,
}

#[derive(Args)]
pub struct Receive {
    /// The folder that files go to; it is made when it isn’t there
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The port to listen on, or none; 0 lets the system choose. Otherwise it is the usual
    /// port, or the next free one
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Who says yes to an offer; unless given, what the settings say
    #[arg(long, value_enum)]
    accept: Option<Accept>,
    #[command(flatten)]
    giving: Giving,
    /// Exit after one transfer, however it ends
    #[arg(long)]
    once: bool,
    /// Another name for the one thing that is sent, or a new folder for several
    #[arg(long, value_name = "NAME", value_parser = one_name)]
    save_as: Option<String>,
    /// What becomes of a file whose name is taken; unless given, what the settings say
    #[arg(long, value_enum)]
    conflict: Option<OnConflict>,
    /// The most to receive in a second, such as 20MB/s or 100Mbit/s, by all transfers together;
    /// unless given, what the settings say
    #[arg(long, value_name = "SPEED")]
    pub limit: Option<ByteRate>,
}

impl Receive {
    pub fn reception(self) -> Result<Reception, clap::Error> {
        Ok(Reception {
            code: self.giving.code,
            remember: self.giving.remember(),
            port: self.port.map_or(PortChoice::Default, PortChoice::Exactly),
            accept: self.accept,
            until: if self.once { ReceiveUntil::OneTransfer } else { ReceiveUntil::Interrupted },
            landing: Landing {
                folder: self.dir.as_deref().map(absolute).transpose()?,
                name: self.save_as,
                ..Landing::default()
            },
            conflict: self.conflict.map(Conflict::from),
        })
    }
}

impl From<OnConflict> for Conflict {
    fn from(choice: OnConflict) -> Self {
        match choice {
            OnConflict::KeepBoth => Self::KeepBoth,
            OnConflict::Skip => Self::Skip,
            OnConflict::Replace => Self::Replace,
            OnConflict::Complete => Self::Complete,
        }
    }
}
