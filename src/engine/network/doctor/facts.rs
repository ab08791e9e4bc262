//! Finds out about this device. Blocks, for a moment.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket},
    path::Path,
};

use super::{Facts, Inbox, Interface, Port, firewall};
use crate::{
    disk,
    engine::{
        Multicast,
        network::deafness::{self, Hearing},
    },
    model::text,
    net,
    settings::Visibility,
    wire::DEFAULT_PORT,
};

/// The groups of multicast DNS (RFC 6762, section 3).
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);

/// Everything that can be known from here; `receives` is the port that this program waits on.
#[must_use]
pub fn gather(receives: Option<u16>, visibility: Visibility, inbox: &Path, multicast: Multicast) -> Facts {
    let mut own = net::interfaces();
    own.retain(|own| own.is_up);
    own.sort_by_cached_key(net::Interface::rank);
    let interfaces = own.into_iter().map(|own| Interface {
        refuses_multicast: match multicast {
            Multicast::Allowed => join(own.ip, own.index),
            // Not a packet of it.
            Multicast::Never => None,
        },
        address: own.ip,
        sort: own.sort,
        name: own.name,
    });
    let hearing = match multicast {
        Multicast::Allowed => deafness::examine(),
        Multicast::Never => Hearing::Well,
    };
    let port = match TcpListener::bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, DEFAULT_PORT)))
        .or_else(|_| TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, DEFAULT_PORT))))
    {
        _ if receives == Some(DEFAULT_PORT) => Port::Ours,
        Ok(_) => Port::Free,
        Err(_) => Port::Taken,
    };
    let inbox = match disk::is_writable(inbox) {
        Ok(()) => Inbox::Writable,
        Err(why) => Inbox::Closed(text::reason(&why)),
    };
    Facts {
        interfaces: interfaces.collect(),
        receives,
        visibility,
        port,
        firewalls: firewalls(),
        rules: firewall::look(receives.unwrap_or(DEFAULT_PORT), deafness::PORT),
        hearing,
        year: jiff::ZonedDateTime::now().year(),
        inbox,
        multicast,
    }
}

/// Why multicast can't be joined and sent there, if so.
fn join(address: IpAddr, index: u32) -> Option<String> {
    let tried = match address {
        IpAddr::V4(v4) => UdpSocket::bind((v4, 0)).and_then(|socket| {
            socket.join_multicast_v4(&GROUP_V4, &v4)?;
            // To nobody's port: only whether it can leave is asked.
            socket.send_to(&[], (GROUP_V4, 9)).map(drop)
        }),
        IpAddr::V6(v6) if v6.is_unicast_link_local() => UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))
            .and_then(|socket| socket.join_multicast_v6(&GROUP_V6, index)),
        // It is the link-local address of an interface that multicast goes by.
        IpAddr::V6(_) => Ok(()),
    };
    tried.err().map(|e| text::reason(&e))
}

/// Those whose service is installed and enabled: rules themselves are the administrator's to see.
#[cfg(target_os = "linux")]
fn firewalls() -> Vec<&'static str> {
    let is_on = |file: &str, line: &str| {
        std::fs::read_to_string(file).is_ok_and(|text| text.lines().any(|l| l.trim() == line))
    };
    let mut found = Vec::new();
    if is_on("/etc/ufw/ufw.conf", "ENABLED=yes") {
        found.push("ufw");
    }
    if Path::new("/run/firewalld").exists() {
        found.push("firewalld");
    }
    if Path::new("/etc/systemd/system/sysinit.target.wants/nftables.service").exists() {
        found.push("nftables");
    }
    found
}

/// Both have one, and it asks when a program listens for the first time.
#[cfg(not(target_os = "linux"))]
fn firewalls() -> Vec<&'static str> {
    vec!["the system’s own"]
}
