//! Why devices may not see each other: what can be found out about that from here.
//!
//! Facts are gathered in one place, and judged by a pure function. Must not change anything.

mod facts;
mod firewall;

use std::net::IpAddr;

pub use facts::gather;
use firewall::{Rules, Verdict};

use super::deafness::Hearing;
use crate::{engine::Multicast, net::Sort, settings::Visibility, wire::DEFAULT_PORT};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// In a word or two: `Network`.
    pub about: &'static str,
    pub state: Health,
    /// What was found, and, unless it is fine, what to do.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Fine,
    /// It may be the reason.
    Doubtful,
    /// It is in the way.
    Bad,
}

/// What is known of this device's place in the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub interfaces: Vec<Interface>,
    /// The port that this device receives on; `None` while it doesn't.
    pub receives: Option<u16>,
    pub visibility: Visibility,
    /// Whether another program has the usual port.
    pub port: Port,
    /// Firewalls that seem to be at work here.
    pub firewalls: Vec<&'static str>,
    /// What they say.
    pub rules: Rules,
    /// How well others can be heard.
    pub hearing: Hearing,
    /// The year on this device's clock.
    pub year: i16,
    pub inbox: Inbox,
    pub multicast: Multicast,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    Free,
    /// By this program.
    Ours,
    Taken,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inbox {
    Writable,
    /// It can't be written, for this reason.
    Closed(String),
}

/// One address of this device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    pub name: String,
    pub address: IpAddr,
    pub sort: Sort,
    /// Why multicast can't be joined there.
    pub refuses_multicast: Option<String>,
}

impl Interface {
    fn is_usable(&self) -> bool {
        self.sort != Sort::Loopback
    }

    fn is_tunnel(&self) -> bool {
        self.sort == Sort::Tunnel
    }

    /// True of what only reaches containers or virtual machines on this device.
    fn is_inner(&self) -> bool {
        self.sort == Sort::Inner
    }
}

/// What follows from the facts, in the order in which a person would look.
#[must_use]
pub fn judge(facts: &Facts) -> Vec<Finding> {
    vec![
        network(facts),
        multicast(facts),
        tunnel(facts),
        receiving(facts),
        port(facts),
        firewall(facts),
        folder(facts),
        clock(facts),
    ]
}

fn finding(about: &'static str, state: Health, text: impl Into<String>) -> Finding {
    Finding { about, state, text: text.into() }
}

fn network(facts: &Facts) -> Finding {
    let usable: Vec<_> = facts.interfaces.iter().filter(|i| i.is_usable()).collect();
    if usable.is_empty() {
        let text =
            "This device is on no network. Join the Wi-Fi that the other device is in, or plug in a cable.";
        return finding("Network", Health::Bad, text);
    }
    if usable.iter().all(|i| i.is_inner()) {
        let text = "This device has only networks of its own, for containers or virtual machines. Others can’t reach it there: connect it to their network.";
        return finding("Network", Health::Bad, text);
    }
    let is_outer = |i: &&&Interface| !i.is_inner() && !i.is_tunnel();
    let only_tunnels = !usable.iter().any(|i| is_outer(&i));
    let shown = |i: &&&Interface| (is_outer(i) || only_tunnels) && !i.is_inner() && !is_link_local(i.address);
    let mut names: Vec<_> =
        usable.iter().filter(shown).map(|i| format!("{} {}", i.name, i.address)).collect();
    if names.is_empty() {
        let text =
            "This device was given no address by its network. Turn Wi-Fi off and on, or look at the router.";
        return finding("Network", Health::Doubtful, text);
    }
    names.truncate(6);
    finding("Network", Health::Fine, format!("This device is at {}.", names.join(", ")))
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

fn multicast(facts: &Facts) -> Finding {
    let about = "Seeing each other";
    if facts.multicast == Multicast::Never {
        let text = "This Airlift was started with --no-discovery, or AIRLIFT_NO_DISCOVERY is set: it neither sees nor shows itself.";
        return finding(about, Health::Bad, text);
    }
    match &facts.hearing {
        Hearing::Well => {}
        Hearing::Partly(why) => return finding(about, Health::Doubtful, why),
        Hearing::Deaf(why) => return finding(about, Health::Bad, why),
    }
    let outer = facts.interfaces.iter().filter(|i| i.is_usable() && !i.is_inner());
    if outer.clone().next().is_none() {
        let text = "Where there is no network, no device can be seen.";
        return finding(about, Health::Doubtful, text);
    }
    let refused: Vec<_> =
        outer.clone().filter_map(|i| Some((&i.name, i.refuses_multicast.as_ref()?))).collect();
    match refused.first() {
        None => finding(
            about,
            Health::Fine,
            "Multicast can be sent here. Whether the network passes it on can’t be known from here: guest networks and some routers keep devices apart. Type the other device’s address, or use a code with it, where that is so.",
        ),
        Some((name, why)) if refused.len() == outer.count() => finding(
            about,
            Health::Bad,
            format!("Multicast is refused on {name}: {why}. Type the other device’s address instead."),
        ),
        Some((name, why)) => finding(
            about,
            Health::Doubtful,
            format!("Multicast is refused on {name}: {why}. Devices there must be named by their address."),
        ),
    }
}

fn tunnel(facts: &Facts) -> Finding {
    match facts.interfaces.iter().find(|i| i.is_tunnel()) {
        None => finding("VPN", Health::Fine, "No VPN is to be seen."),
        Some(tunnel) => finding(
            "VPN",
            Health::Doubtful,
            format!(
                "A VPN is active ({}). Many don’t let devices of the local network through: pause it, or allow local access in it.",
                tunnel.name
            ),
        ),
    }
}

fn receiving(facts: &Facts) -> Finding {
    let about = "Being seen";
    match (facts.receives, facts.visibility) {
        (None, _) => finding(
            about,
            Health::Doubtful,
            "This Airlift does not receive now, so others don’t see this device. Press Receive in its window, or run “airlift receive”.",
        ),
        (Some(_), Visibility::Hidden) => finding(
            about,
            Health::Doubtful,
            "This device is hidden. Others see it when you choose so in the Receive panel; its address works even so.",
        ),
        (Some(_), Visibility::Known) => finding(
            about,
            Health::Doubtful,
            "Only devices that you know see this one. For a first meeting, choose “everyone”, or give out a code.",
        ),
        (Some(port), Visibility::Everyone) => finding(
            about,
            Health::Fine,
            format!("This device receives on port {port}, and everyone may see it."),
        ),
    }
}

fn port(facts: &Facts) -> Finding {
    match facts.port {
        Port::Free | Port::Ours => finding("Port", Health::Fine, "Airlift’s usual port, 27543, can be used."),
        Port::Taken => finding(
            "Port",
            Health::Doubtful,
            "Airlift’s usual port, 27543, is in use by another program, or another Airlift: the next free one is used, and must be typed behind the address (HOST:PORT).",
        ),
    }
}

fn firewall(facts: &Facts) -> Finding {
    let about = "Firewall";
    let port = facts.receives.unwrap_or(DEFAULT_PORT);
    let named = if facts.firewalls.is_empty() {
        "This device’s firewall".to_owned()
    } else {
        format!("This device’s firewall ({})", facts.firewalls.join(", "))
    };
    let open = match facts.firewalls.first() {
        Some(&"ufw") => format!(" “sudo ufw allow {port}/tcp” lets it in."),
        Some(&"firewalld") => {
            format!(
                " “sudo firewall-cmd --add-port={port}/tcp --permanent” and “sudo firewall-cmd --reload” let it in."
            )
        }
        _ => " Have it let that port in.".to_owned(),
    };
    let (tcp, udp) = match facts.rules {
        Rules::Seen { tcp, udp } => (tcp, udp),
        Rules::Unseen if facts.firewalls.is_empty() => {
            let text = "No firewall is to be seen here. Its rules are the administrator’s to see, so there may be one all the same; and the other device may have one.";
            return finding(about, Health::Fine, text);
        }
        Rules::Unseen => {
            let text = format!(
                "A firewall may be at work here ({}); its rules are the administrator’s to see. It must let in TCP port {port}, and UDP port 5353 for seeing each other.",
                facts.firewalls.join(", ")
            );
            return finding(about, Health::Doubtful, text);
        }
    };
    match (tcp, udp) {
        (Verdict::Out, _) => finding(
            about,
            Health::Bad,
            format!("{named} turns away TCP port {port}: nothing can be sent to this device.{open}"),
        ),
        (_, Verdict::Out) => finding(
            about,
            Health::Doubtful,
            format!(
                "{named} turns away UDP port 5353: devices don’t see each other, and must be named by their address. Have it let that port in, too."
            ),
        ),
        (Verdict::Depends, _) | (_, Verdict::Depends) => finding(
            about,
            Health::Doubtful,
            format!(
                "{named} lets in some and not others. It must let in TCP port {port}, and UDP port 5353 for seeing each other."
            ),
        ),
        (Verdict::In, Verdict::In) => finding(
            about,
            Health::Fine,
            format!(
                "No rule of a firewall here turns away TCP port {port} or UDP port 5353. The other device may have one."
            ),
        ),
    }
}

fn folder(facts: &Facts) -> Finding {
    match &facts.inbox {
        Inbox::Writable => finding("Receiving folder", Health::Fine, "The receiving folder can be written."),
        Inbox::Closed(why) => finding(
            "Receiving folder",
            Health::Bad,
            format!("The receiving folder can’t be written: {why}. Choose another one."),
        ),
    }
}

fn clock(facts: &Facts) -> Finding {
    // When this was written.
    if facts.year < 2026 {
        return finding(
            "Clock",
            Health::Doubtful,
            format!(
                "This device’s clock says {}. Nothing depends on it but the times in logs and lists; set it right.",
                facts.year
            ),
        );
    }
    finding("Clock", Health::Fine, "Nothing depends on the two clocks being the same.")
}

#[cfg(test)]
mod tests;
