//! The ways to a device: from what a person said, and from what is known of where it is.
//!
//! Knows addresses and ids. Must not know what a connection is for.

use crate::{
    model::{Address, DeviceId, PairingCode, Target},
    net::{self, Connection, NetError, Tls},
};

/// Reaches devices. Cheap to clone.
#[derive(Clone)]
pub struct Routes {
    tls: Tls,
}

impl Routes {
    #[must_use]
    pub fn new(tls: Tls) -> Self {
        Self { tls }
    }

    /// Connects to whom a person named; to `known` and nobody else, if it was met before.
    ///
    /// # Errors
    /// When nobody answers, or another device does.
    pub async fn connect(&self, to: &Target, known: Option<DeviceId>) -> Result<Connection, NetError> {
        let (address, expected) = match to {
            Target::Address(address) => (address.clone(), known),
            Target::Link(link) => (link.address.clone(), Some(known.unwrap_or(link.id))),
            other => {
                let nowhere = Address { host: other.to_string(), port: None };
                return Err(NetError::Unknown { host: nowhere.host });
            }
        };
        let connection = net::dial(&address, &self.tls).await?;
        match expected {
            Some(id) if id != connection.peer => {
                Err(NetError::OtherDevice { address: connection.address.to_string() })
            }
            _ => Ok(connection),
        }
    }

    /// Where devices that have given out a code of the same number say that they are, the likeliest first.
    #[expect(clippy::unused_async, reason = "nobody looks for devices yet")]
    pub async fn candidates(&self, _code: PairingCode) -> Vec<Target> {
        Vec::new()
    }

    /// One more connection to a device that was reached there.
    ///
    /// # Errors
    /// As [`Routes::connect`].
    pub async fn again(&self, connected: (std::net::SocketAddr, DeviceId)) -> Result<Connection, NetError> {
        net::dial_again(connected.0, connected.1, &self.tls).await
    }
}
