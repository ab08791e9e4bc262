//! Two devices that both are this machine, and how they meet.
//!
//! Knows how to start them and to make one receive. Must not know what is sent.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    news::Listening,
    watch::{Turn, Watch},
};
use crate::{
    engine::{
        Command, Config, Consent, Earlier, Engine, Multicast, PortChoice, Receiving, StartError, Unheard,
    },
    model::{Address, DeviceName, Landing, Problem},
};

/// Where the two meet.
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Starts one of them.
///
/// # Errors
/// When its data folder can't be used.
pub fn device(home: PathBuf, name: &str) -> Result<Engine, StartError> {
    Engine::start(
        Config {
            home,
            device_name: DeviceName::parse(name).ok(),
            limit: None,
            earlier: Earlier::None,
            multicast: Multicast::Never,
        },
        Arc::new(|| {}),
    )
}

/// Makes one of them accept everything, and waits until it listens.
///
/// # Errors
/// When the engine has ended.
pub async fn receive(there: &mut Watch, inbox: &Path) -> Result<Result<Listening, Problem>, Unheard> {
    let landing = Landing { folder: Some(inbox.to_owned()), ..Landing::default() };
    let receiving = Receiving { port: PortChoice::Loopback, consent: Consent::All, landing };
    there.handle().send(Command::Receive(receiving)).await?;
    loop {
        match there.next().await {
            Turn::Listening { port, .. } => {
                let device = there.snapshot().device.clone();
                let (addresses, folder) = (vec![HERE], inbox.to_owned());
                return Ok(Ok(Listening { device, port, addresses, folder, free: None }));
            }
            Turn::CannotListen(problem) => return Ok(Err(problem)),
            Turn::Gone => return Err(Unheard::Gone),
            Turn::Transfer(..)
            | Turn::Progress(..)
            | Turn::Broken(..)
            | Turn::Paused(..)
            | Turn::Mended(_)
            | Turn::Text(..)
            | Turn::Met(_)
            | Turn::Code(_)
            | Turn::Unkept(_)
            | Turn::Deaf(_)
            | Turn::Forgotten(_)
            | Turn::Interrupted => {}
        }
    }
}

/// What to dial.
#[must_use]
pub fn address(listening: &Listening) -> Address {
    Address { host: HERE.to_string(), port: Some(listening.port) }
}
