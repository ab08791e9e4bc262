//! `airlift id`: who this device is, and where others find it.

use std::net::IpAddr;

use super::{json, render::Screen};
use crate::engine::DeviceCard;

/// Shows it to a person.
pub fn show(screen: &mut Screen, device: &DeviceCard, addresses: &[IpAddr]) {
    screen.out(&format!("Name       {}", device.name));
    screen.out(&format!("Id         {}", device.id));
    if addresses.is_empty() {
        screen.out("Addresses  none: this device is on no network");
    }
    for (i, address) in addresses.iter().enumerate() {
        let heading = if i == 0 { "Addresses" } else { "" };
        screen.out(&format!("{heading:<9}  {address}"));
    }
}

/// Shows it to a script.
pub fn show_json(screen: &mut Screen, device: &DeviceCard, addresses: &[IpAddr]) {
    let name = device.name.as_str();
    json::write(screen, &json::Line::Id { name, device_id: device.id.to_string(), addresses });
}

/// The addresses that others can dial, IPv4 first; this machine's own loopback where it has no
/// other. IPv6 link-local addresses are left out: they mean nothing without the caller's own
/// interface.
///
/// # Errors
/// When the system doesn't tell.
pub fn addresses() -> std::io::Result<Vec<IpAddr>> {
    let mut all: Vec<IpAddr> = if_addrs::get_if_addrs()?.into_iter().map(|face| face.ip()).collect();
    let dialable = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_loopback(),
        IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unicast_link_local(),
    };
    if all.iter().any(dialable) {
        all.retain(dialable);
    }
    all.sort_by_key(IpAddr::is_ipv6);
    all.dedup();
    Ok(all)
}
