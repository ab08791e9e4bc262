//! Where this device is: its own addresses and networks.

use std::net::IpAddr;

use super::interfaces::{Interface, Sort, interfaces};

/// The addresses of this device that others may reach it at, the likeliest first; none while it is on no network.
#[must_use]
pub fn local_addresses() -> Vec<IpAddr> {
    let mut reachable = interfaces();
    // A zone is another one on every other device.
    reachable
        .retain(|interface| interface.is_up && interface.sort != Sort::Loopback && !interface.needs_zone());
    reachable.sort_by_cached_key(Interface::rank);
    let mut addresses = Vec::new();
    for ip in reachable.iter().map(|interface| interface.ip) {
        if !addresses.contains(&ip) {
            addresses.push(ip);
        }
    }
    addresses
}

/// All addresses of this device, each with the length of its network's prefix in bits.
#[must_use]
pub fn local_networks() -> Vec<(IpAddr, u8)> {
    interfaces().iter().map(|interface| (interface.ip, interface.prefix)).collect()
}

/// The interfaces that a link-local address can be on, by name.
#[must_use]
pub fn zones() -> Vec<String> {
    let mut with_zone = interfaces();
    with_zone.retain(|interface| interface.is_up && interface.needs_zone());
    with_zone.sort_by_cached_key(Interface::rank);
    let mut names: Vec<_> = with_zone.into_iter().map(|interface| interface.name).collect();
    names.dedup();
    names
}

/// Whether that is an address of this machine; it may be one where nobody knows them.
pub(super) fn is_here(ip: IpAddr) -> bool {
    let own = interfaces();
    ip.is_loopback() || own.is_empty() || own.iter().any(|interface| interface.ip == ip)
}
