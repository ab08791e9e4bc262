//! Why a call did not come through: on whose side that is, as far as it can be told from here.
//!
//! Systems tell little: the same error stands for a device that is off, a firewall that says no, and a cable that is
//! not plugged in. What this device itself has, its ways out and its neighbours, tells them apart.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use super::{
    NetError,
    addresses::zones,
    interfaces::{interfaces, source_for},
};

/// “Operation not permitted”: what a device's own rules say to its own programs. A refusal that came over the
/// network is “permission denied”.
#[cfg(unix)]
const NOT_PERMITTED: i32 = 1;
#[cfg(not(unix))]
const NOT_PERMITTED: i32 = i32::MIN;

impl NetError {
    /// Of two failures the one that tells more of the device that was meant; the first among equals.
    #[must_use]
    pub fn or_more_telling(self, other: Self) -> Self {
        if weight(&other) > weight(&self) { other } else { self }
    }
}

fn weight(e: &NetError) -> u8 {
    match e {
        NetError::Unknown { .. } => 0,
        NetError::Unreachable { .. } | NetError::NoWayHere { .. } | NetError::Forbidden { .. } => 1,
        NetError::Silent { .. }
        | NetError::Away { .. }
        | NetError::NoWayThere { .. }
        | NetError::OtherDevice { .. } => 2,
        NetError::Refused { .. } | NetError::Barred { .. } => 3,
        _ => 4,
    }
}

/// What it means that no connection came about.
pub(super) fn of_call(route: SocketAddr, e: io::Error) -> NetError {
    tracing::debug!(%route, error = ?e, "no connection");
    let address = route.to_string();
    match e.kind() {
        io::ErrorKind::ConnectionRefused => NetError::Refused { address },
        _ if !leads_out(route) => NetError::NoWayHere { address },
        io::ErrorKind::TimedOut => NetError::Silent { address },
        io::ErrorKind::PermissionDenied if e.raw_os_error() == Some(NOT_PERMITTED) => {
            NetError::Forbidden { address }
        }
        // Of IPv6 alone.
        io::ErrorKind::PermissionDenied => NetError::Barred { address },
        // Whoever says that of a neighbour that is there is the neighbour.
        io::ErrorKind::HostUnreachable if is_neighbour(route.ip()) => NetError::Barred { address },
        io::ErrorKind::HostUnreachable => NetError::Away { address },
        io::ErrorKind::NetworkUnreachable => NetError::NoWayThere { address },
        _ => NetError::Unreachable { address, source: e },
    }
}

/// Whether packets for it leave this device at all: there is a way, and what it goes by is up. Sends none.
#[must_use]
pub fn leads_out(route: SocketAddr) -> bool {
    let Ok(from) = source_for(route) else { return false };
    let listed = interfaces();
    // What is not listed can't be told to be down.
    listed.is_empty() || !listed.iter().any(|own| own.ip == from && !own.is_up)
}

/// Whether the device with this address has told this one of its network card's: then it is in the same network, on,
/// and awake.
#[cfg(target_os = "linux")]
fn is_neighbour(ip: IpAddr) -> bool {
    let IpAddr::V4(ip) = ip.to_canonical() else { return false };
    std::fs::read_to_string("/proc/net/arp").is_ok_and(|table| answers(&table, ip))
}

#[cfg(not(target_os = "linux"))]
fn is_neighbour(_: IpAddr) -> bool {
    false
}

#[cfg(any(target_os = "linux", test))]
fn answers(table: &str, ip: Ipv4Addr) -> bool {
    /// `ATF_COM`: the address of the card is known.
    const COMPLETE: u32 = 2;
    table.lines().any(|line| {
        let mut fields = line.split_whitespace();
        let (at, flags) = (fields.next(), fields.nth(1));
        let flags = flags.and_then(|flags| u32::from_str_radix(flags.strip_prefix("0x")?, 16).ok());
        at.and_then(|at| at.parse().ok()) == Some(ip) && flags.is_some_and(|flags| flags & COMPLETE != 0)
    })
}

/// A host as it was typed, with its zone where it needs one and only one is possible.
///
/// # Errors
/// When there are several networks that it can be in, or none.
pub(super) fn with_zone(host: &str) -> Result<String, NetError> {
    let (ip, zone) = match host.split_once('%') {
        Some((ip, zone)) => (ip, Some(zone)),
        None => (host, None),
    };
    match ip.parse::<Ipv6Addr>() {
        Ok(ip) if ip.is_unicast_link_local() => zoned(ip, zone, &zones(), &interfaces()),
        _ => Ok(host.to_owned()),
    }
}

fn zoned(
    ip: Ipv6Addr,
    zone: Option<&str>,
    possible: &[String],
    listed: &[super::Interface],
) -> Result<String, NetError> {
    match (zone, possible) {
        (Some(zone), _) if listed.iter().any(|own| own.name == zone || own.index.to_string() == zone) => {
            Ok(format!("{ip}%{zone}"))
        }
        (_, []) => Err(NetError::NoWayHere { address: ip.to_string() }),
        (Some(zone), possible) => {
            Err(NetError::NoSuchZone { zone: zone.to_owned(), choices: possible.join(", ") })
        }
        (None, [only]) => Ok(format!("{ip}%{only}")),
        (None, several) => {
            let choices: Vec<_> = several.iter().map(|zone| format!("{ip}%{zone}")).collect();
            Err(NetError::WhichZone { host: ip.to_string(), choices: choices.join(" or ") })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Sort;

    #[test]
    fn a_neighbour_is_there_if_the_address_of_its_card_is_known() {
        let table = "IP address       HW type     Flags       HW address            Mask     Device\n\
                     10.0.0.2         0x1         0x2         0a:00:00:00:00:02     *        eth0\n\
                     10.0.0.3         0x1         0x0         00:00:00:00:00:00     *        eth0\n\
                     10.0.0.20        0x1         0x6         0a:00:00:00:00:14     *        eth0\n";
        let there = [2, 3, 20, 4].map(|last| answers(table, Ipv4Addr::new(10, 0, 0, last)));
        assert_eq!(there, [true, false, true, false]);
        assert!(!answers("10.0.0.2\n10.0.0.2 0x1 x\n", Ipv4Addr::new(10, 0, 0, 2)));
    }

    #[test]
    fn an_address_that_each_network_has_for_itself_needs_the_name_of_one_unless_there_is_only_one() {
        let own = |name: &str, index| super::super::Interface {
            name: name.to_owned(),
            index,
            ip: "fe80::7".parse().unwrap(),
            prefix: 64,
            sort: Sort::Outer,
            is_up: true,
            default_route: None,
        };
        let listed = [own("eth0", 2), own("wlan0", 3)];
        let names = ["eth0".to_owned(), "wlan0".to_owned()];
        let asked = |zone, count: usize| {
            let ip = "fe80::1".parse().unwrap();
            zoned(ip, zone, &names[..count], &listed[..count]).map_err(|e| e.to_string())
        };
        assert_eq!(asked(None, 1), Ok("fe80::1%eth0".to_owned()));
        assert_eq!(asked(Some("wlan0"), 2), Ok("fe80::1%wlan0".to_owned()));
        assert_eq!(asked(Some("3"), 2), Ok("fe80::1%3".to_owned()));
        assert!(asked(None, 2).unwrap_err().contains("fe80::1%eth0 or fe80::1%wlan0"));
        let wrong = asked(Some("eth7"), 2).unwrap_err();
        assert!(wrong.contains("“eth7”") && wrong.contains("eth0, wlan0"), "{wrong}");
        assert!(asked(None, 0).unwrap_err().contains("This device is in no network"));
        assert_eq!(with_zone("laptop.local").unwrap(), "laptop.local");
        assert_eq!(with_zone("fd00::1").unwrap(), "fd00::1");
    }

    #[test]
    fn what_has_no_way_out_is_this_devices_own() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert!(leads_out(at("127.0.0.1:9")));
        assert!(!leads_out(at("[fe80::1]:9")), "without a zone");
        let gone = of_call(at("[fe80::1]:9"), io::ErrorKind::HostUnreachable.into());
        assert!(matches!(gone, NetError::NoWayHere { .. }), "{gone}");
        let refused = of_call(at("127.0.0.1:9"), io::ErrorKind::ConnectionRefused.into());
        assert!(matches!(refused, NetError::Refused { .. }), "{refused}");
    }
}
