//! Where this device is: its own addresses and networks, as the system lists them.

use std::net::IpAddr;

/// The addresses of this device that others may reach it at, the likeliest first. Loopback
/// addresses only when there are no others.
#[must_use]
pub fn local_addresses() -> Vec<IpAddr> {
    let mut addresses: Vec<IpAddr> = interfaces().iter().map(if_addrs::Interface::ip).collect();
    // Link-local IPv6 addresses need a zone that differs on every other device.
    addresses.retain(|ip| !matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local()));
    addresses.sort_by_key(|ip| (ip.is_loopback(), ip.is_ipv6(), *ip));
    addresses.dedup();
    if addresses.iter().any(|ip| !ip.is_loopback()) {
        addresses.retain(|ip| !ip.is_loopback());
    }
    addresses
}

/// All addresses of this device, each with the length of its network's prefix in bits.
#[must_use]
pub fn local_networks() -> Vec<(IpAddr, u8)> {
    let network = |interface: &if_addrs::Interface| match &interface.addr {
        if_addrs::IfAddr::V4(v4) => (v4.ip.into(), v4.prefixlen),
        if_addrs::IfAddr::V6(v6) => (v6.ip.into(), v6.prefixlen),
    };
    interfaces().iter().map(network).collect()
}

/// Whether that is an address of this machine; it may be one where nobody knows them.
pub(super) fn is_here(ip: IpAddr) -> bool {
    let own = interfaces();
    ip.is_loopback() || own.is_empty() || own.iter().any(|interface| interface.ip() == ip)
}

fn interfaces() -> Vec<if_addrs::Interface> {
    if_addrs::get_if_addrs().unwrap_or_else(|e| {
        tracing::warn!(error = %e, "this device’s addresses can’t be listed");
        Vec::new()
    })
}
