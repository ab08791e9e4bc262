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
