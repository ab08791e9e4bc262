//! The ways to a device: from what a person said, and from what is known of where it is.
//!
//! Knows addresses and ids. Must not know what a connection is for.

mod search;

use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr},
};

use super::discovering::View;
use crate::{
    discovery::Directory,
    engine::trust::devices::Devices,
    model::{Address, DeviceId, DeviceName, PairingCode, Target},
    net::{self, Connection, NetError, Packets, Tls},
    wire::limits,
};

pub use search::Search;

/// Reaches devices. Cheap to clone.
#[derive(Clone)]
pub struct Routes {
    tls: Tls,
    devices: Devices,
    /// `None`: the network is not asked.
    view: Option<View>,
}

impl Routes {
    #[must_use]
    pub fn new(tls: Tls, devices: Devices, view: Option<View>) -> Self {
        Self { tls, devices, view }
    }

    /// Connects to whom a person named; to `known` and nobody else, if it was met before.
    ///
    /// # Errors
    /// When nobody answers, or another device does.
    pub async fn connect(&self, to: &Target, known: Option<DeviceId>) -> Result<Connection, NetError> {
        let id = known.or(match to {
            Target::Device(id) => Some(*id),
            Target::Link(link) => Some(link.id),
            Target::Address(_) | Target::Name(_) | Target::Code(_) => None,
        });
        let typed = match to {
            Target::Address(address) => Some(address),
            Target::Link(link) => Some(&link.address),
            Target::Device(_) | Target::Name(_) | Target::Code(_) => None,
        };
        match (id, typed) {
            (Some(id), Some(typed)) => match self.dial(typed, Some(id)).await {
                Ok(connection) => Ok(connection),
                // It may have another address by now.
                Err(e) => self.dial_device(id, &to.to_string()).await.map_err(|_| e),
            },
            (Some(id), None) => self.dial_device(id, &to.to_string()).await,
            (None, Some(typed)) => match named(typed) {
                Some(name) => self.dial_name_or_host(&name, typed).await,
                None => self.dial(typed, None).await,
            },
            (None, None) => match to {
                Target::Name(name) => match self.by_name(name).await? {
                    Some(id) => self.dial_device(id, name.as_str()).await,
                    None => Err(NetError::NotSeen { name: name.to_string() }),
                },
                other => Err(NetError::NotSeen { name: other.to_string() }),
            },
        }
    }

    async fn dial(&self, address: &Address, expected: Option<DeviceId>) -> Result<Connection, NetError> {
        match expected {
            Some(id) => net::dial(address, &self.tls.only(id)).await,
            None => net::dial(address, &self.tls).await,
        }
    }

    /// One word may be a device's name or a host's. What a person has met comes first, what anybody can
    /// announce last.
    async fn dial_name_or_host(&self, name: &DeviceName, host: &Address) -> Result<Connection, NetError> {
        if let Some(id) = self.known_by(name)? {
            return self.dial_device(id, name.as_str()).await;
        }
        // Some networks have an address for every name.
        let failure = match self.dial(host, None).await {
            Ok(connection) => return Ok(connection),
            Err(e) => e,
        };
        match self.seen_as(name).await {
            Ok(Some(id)) => self.dial_device(id, name.as_str()).await.map_err(|e| failure.or_more_telling(e)),
            Ok(None) => Err(failure),
            Err(e) => Err(failure.or_more_telling(e)),
        }
    }

    async fn by_name(&self, name: &DeviceName) -> Result<Option<DeviceId>, NetError> {
        match self.known_by(name)? {
            Some(id) => Ok(Some(id)),
            None => self.seen_as(name).await,
        }
    }

    /// The device that is known by this name.
    fn known_by(&self, name: &DeviceName) -> Result<Option<DeviceId>, NetError> {
        let known = self.devices.all();
        one(name, known.iter().filter(|known| known.name.resembles(name)).map(|known| known.id))
    }

    /// The device that is announced under this name.
    async fn seen_as(&self, name: &DeviceName) -> Result<Option<DeviceId>, NetError> {
        let Some(view) = &self.view else { return Ok(None) };
        let seen = view.find(|directory| {
            let nearby = directory.nearby(&self.devices.all());
            let named = nearby.iter().filter(|near| near.name.resembles(name)).map(|near| near.id);
            let named: Vec<_> = named.collect();
            (!named.is_empty()).then_some(named)
        });
        one(name, seen.await.unwrap_or_default().into_iter())
    }

    /// Tries every way that is known to a device; then whether it appears somewhere.
    async fn dial_device(&self, id: DeviceId, called: &str) -> Result<Connection, NetError> {
        let mut failure = None;
        let mut before = Vec::new();
        let now = self.addresses(id);
        if !now.is_empty() {
            match net::dial_first(&now, Some(id), &self.tls).await {
                Ok(connection) => return Ok(connection),
                Err(e) => failure = Some(e),
            }
            before = now;
        }
        if let Some(view) = &self.view {
            let appeared = view.find(|directory| {
                let mut routes: Vec<_> = directory.routes(id).iter().map(|route| route.address).collect();
                routes.retain(|address| !before.contains(address));
                (!routes.is_empty()).then_some(routes)
            });
            if let Some(routes) = appeared.await {
                match net::dial_first(&routes, Some(id), &self.tls).await {
                    Ok(connection) => return Ok(connection),
                    Err(e) => failure = Some(e),
                }
            }
        }
        Err(failure.unwrap_or_else(|| NetError::NotSeen { name: called.to_owned() }))
    }

    /// Waits until a device is announced where it was not before; without end where the network is not asked.
    pub async fn appears(&self, id: DeviceId) {
        let Some(view) = &self.view else { return std::future::pending().await };
        let announced = |directory: &Directory| {
            directory.routes(id).iter().map(|route| route.address).collect::<HashSet<_>>()
        };
        let before = view.now(announced);
        view.until(|directory| (!announced(directory).is_subset(&before)).then_some(())).await;
    }

    /// Where a device is, or was: the likeliest first.
    fn addresses(&self, id: DeviceId) -> Vec<SocketAddr> {
        let mut addresses: Vec<_> = match &self.view {
            Some(view) => view.now(|directory| directory.routes(id)).iter().map(|r| r.address).collect(),
            None => Vec::new(),
        };
        for address in self.devices.known(id).into_iter().flat_map(|known| known.addresses) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses.truncate(limits::MAX_DIALLED);
        addresses
    }

    /// Calls whoever may have given out a code.
    #[must_use]
    pub fn search(&self, to: &Target, code: PairingCode) -> Search {
        Search::new(self.clone(), to.clone(), code)
    }

    /// One more connection to a device that was reached there.
    ///
    /// # Errors
    /// As [`Routes::connect`].
    pub async fn again(
        &self,
        (route, peer): (SocketAddr, DeviceId),
        packets: Packets,
    ) -> Result<Connection, NetError> {
        net::dial_again(route, peer, &self.tls, packets).await
    }
}

/// What was typed, where it can be a device's name.
fn named(typed: &Address) -> Option<DeviceName> {
    if typed.port.is_some() || typed.host.parse::<IpAddr>().is_ok() {
        return None;
    }
    DeviceName::parse(&typed.host).ok()
}

/// The only one of that name.
fn one(name: &DeviceName, mut ids: impl Iterator<Item = DeviceId>) -> Result<Option<DeviceId>, NetError> {
    let first = ids.next();
    match (first, ids.next()) {
        (Some(one), Some(other)) if one != other => {
            Err(NetError::Ambiguous { name: name.to_string(), ids: format!("{one}, {other}") })
        }
        _ => Ok(first),
    }
}
