//! This device's network interfaces: what each leads to, and by which one most of its packets leave.
//!
//! Knows what the system lists. Must not know who wants to be reached, or by whom.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

/// One address of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    pub name: String,
    pub index: u32,
    pub ip: IpAddr,
    /// Of its network, in bits.
    pub prefix: u8,
    pub sort: Sort,
    /// False where no cable is plugged in, no Wi-Fi joined, or nobody hangs on a bridge.
    pub is_up: bool,
    pub default_route: Option<Metric>,
}

/// What an interface leads to, the likeliest to reach other devices by first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A network outside this device.
    Outer,
    /// Containers and virtual machines on this device.
    Inner,
    /// Something far away, through a VPN.
    Tunnel,
    Loopback,
}

/// How good a default route is: the smallest is taken. Those of the two families of addresses are counted
/// differently, so that any of IPv4 comes before any of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    is_v6: bool,
    number: u32,
}

impl Interface {
    /// How likely others reach this device by it; the likeliest is the least.
    #[must_use]
    pub fn rank(&self) -> impl Ord + use<> {
        let is_unassigned = matches!(self.ip, IpAddr::V4(v4) if v4.is_link_local());
        let default_route = self.default_route;
        (self.sort, default_route.is_none(), default_route, is_unassigned, self.ip.is_ipv6(), self.ip)
    }

    /// Whether its address is one of many interfaces, and means nothing without the name of one.
    #[must_use]
    pub fn needs_zone(&self) -> bool {
        matches!(self.ip, IpAddr::V6(v6) if v6.is_unicast_link_local())
    }
}

/// All of them, whether up or not, as the system lists them.
#[must_use]
pub fn interfaces() -> Vec<Interface> {
    let listed = if_addrs::get_if_addrs().unwrap_or_else(|e| {
        tracing::warn!(error = %e, "this device’s addresses can’t be listed");
        Vec::new()
    });
    let routes = default_routes();
    let interface = |listed: if_addrs::Interface| {
        let ip = listed.ip();
        let routes = routes.iter().filter(|route| route.leaves_by(&listed.name, ip));
        let default_route = routes.map(|route| route.metric).min();
        let prefix = match &listed.addr {
            if_addrs::IfAddr::V4(v4) => v4.prefixlen,
            if_addrs::IfAddr::V6(v6) => v6.prefixlen,
        };
        let sort = match sort_of(&listed.name) {
            _ if ip.is_loopback() => Sort::Loopback,
            // A bridge that this device itself goes out by.
            Sort::Inner if default_route.is_some() => Sort::Outer,
            sort => sort,
        };
        let index = listed.index.unwrap_or_default();
        let is_up = listed.is_oper_up() && !is_empty_bridge(&listed.name);
        Interface { name: listed.name, index, ip, prefix, sort, is_up, default_route }
    };
    listed.into_iter().map(interface).collect()
}

/// What an interface is called where the system says nothing else of it.
fn sort_by_name(name: &str) -> Sort {
    const TUNNELS: [&str; 16] = [
        "tun",
        "tap",
        "wg",
        "tailscale",
        "ppp",
        "utun",
        "zt",
        "nordlynx",
        "proton",
        "ipsec",
        "gre",
        "sit",
        "vti",
        "nebula",
        "cscotun",
        "ip6tnl",
    ];
    const INNER: [&str; 18] = [
        "docker",
        "br-",
        "virbr",
        "veth",
        "vmnet",
        "vboxnet",
        "cni",
        "podman",
        "lxc",
        "lxd",
        "incusbr",
        "vnet",
        "flannel",
        "cali",
        "kube",
        "bridge1",
        "crc",
        "vEthernet",
    ];
    let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    match () {
        () if begins(&TUNNELS) => Sort::Tunnel,
        () if begins(&INNER) => Sort::Inner,
        () => Sort::Outer,
    }
}

#[cfg(target_os = "linux")]
fn sort_of(name: &str) -> Sort {
    /// Without a link layer, by which neighbours are (`if_arp.h`): of TUN and its like, PPP, and IP in IP.
    const TUNNELS: [&str; 6] = ["65534", "512", "768", "769", "776", "778"];
    let of = std::path::Path::new("/sys/class/net").join(name);
    if of.join("device").exists() {
        return Sort::Outer;
    }
    let sort = std::fs::read_to_string(of.join("type")).unwrap_or_default();
    if TUNNELS.contains(&sort.trim()) || of.join("tun_flags").exists() {
        return Sort::Tunnel;
    }
    if !of.join("bridge").exists() {
        return sort_by_name(name);
    }
    let mut names = ports(name);
    // A bridge is no port of another one.
    if names.any(|port| sort_of(&port) == Sort::Outer) { Sort::Outer } else { Sort::Inner }
}

/// Of a bridge.
#[cfg(target_os = "linux")]
fn ports(bridge: &str) -> impl Iterator<Item = String> {
    let ports = std::path::Path::new("/sys/class/net").join(bridge).join("brif");
    let ports = std::fs::read_dir(ports).into_iter().flatten().flatten();
    ports.filter_map(|port| port.file_name().into_string().ok())
}

/// One that nothing hangs on is not down everywhere.
#[cfg(target_os = "linux")]
fn is_empty_bridge(name: &str) -> bool {
    let is_bridge = std::path::Path::new("/sys/class/net").join(name).join("bridge").exists();
    is_bridge && ports(name).next().is_none()
}

#[cfg(not(target_os = "linux"))]
fn is_empty_bridge(_: &str) -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
fn sort_of(name: &str) -> Sort {
    sort_by_name(name)
}

/// By which packets leave that nothing else is said about.
#[derive(Debug, PartialEq, Eq)]
struct DefaultRoute {
    by: Way,
    metric: Metric,
}

#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(target_os = "linux", allow(dead_code, reason = "there the name is known"))]
enum Way {
    Named(String),
    /// By the interface that has this address.
    From(IpAddr),
}

impl DefaultRoute {
    fn leaves_by(&self, name: &str, ip: IpAddr) -> bool {
        match &self.by {
            Way::Named(named) => named == name,
            Way::From(from) => *from == ip,
        }
    }
}

/// The address of this device that what is sent to another one comes from. Sends nothing.
pub fn source_for(route: SocketAddr) -> io::Result<IpAddr> {
    let any: IpAddr = match route {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(route)?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(target_os = "linux")]
fn default_routes() -> Vec<DefaultRoute> {
    let read = |file| std::fs::read_to_string(file).unwrap_or_default();
    let mut routes = routes_v4(&read("/proc/net/route"));
    routes.extend(routes_v6(&read("/proc/net/ipv6_route")));
    routes
}

/// Of addresses that are nobody's (RFC 5737, 3849).
#[cfg(not(target_os = "linux"))]
fn default_routes() -> Vec<DefaultRoute> {
    let from = |nobody: IpAddr| source_for((nobody, 9).into());
    let v4 = from(Ipv4Addr::new(192, 0, 2, 1).into());
    let v6 = from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into());
    let route =
        |ip: IpAddr| DefaultRoute { by: Way::From(ip), metric: Metric { is_v6: ip.is_ipv6(), number: 0 } };
    [v4, v6].into_iter().flatten().map(route).collect()
}

/// Flags of a route (`route.h`): it can be used; it says no.
#[cfg(target_os = "linux")]
const UP: u32 = 1;
#[cfg(target_os = "linux")]
const REJECT: u32 = 0x200;

#[cfg(target_os = "linux")]
fn routes_v4(table: &str) -> Vec<DefaultRoute> {
    let route = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [name, "00000000", _, flags, _, _, metric, "00000000", ..] = fields[..] else { return None };
        default_route(name, flags, metric.parse().ok()?, false)
    };
    table.lines().filter_map(route).collect()
}

#[cfg(target_os = "linux")]
fn routes_v6(table: &str) -> Vec<DefaultRoute> {
    let route = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [to, "00", _, _, _, metric, _, _, flags, name] = fields[..] else { return None };
        let is_default = to.bytes().all(|digit| digit == b'0');
        let metric = u32::from_str_radix(metric, 16).ok().filter(|_| is_default)?;
        default_route(name, flags, metric, true)
    };
    table.lines().filter_map(route).collect()
}

#[cfg(target_os = "linux")]
fn default_route(name: &str, flags: &str, number: u32, is_v6: bool) -> Option<DefaultRoute> {
    let flags = u32::from_str_radix(flags, 16).ok()?;
    let leads_out = flags & UP != 0 && flags & REJECT == 0;
    leads_out.then(|| DefaultRoute { by: Way::Named(name.to_owned()), metric: Metric { is_v6, number } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn default_routes_are_read_and_those_that_say_no_are_not() {
        let v4 = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
                  wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
                  eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
                  tun0\t00000000\t0100080A\t0003\t0\t0\t0\t00000080\t0\t0\t0\n\
                  eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n\
                  *\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n";
        let named = |routes: Vec<DefaultRoute>| {
            let name = |route: DefaultRoute| match route.by {
                Way::Named(name) => (name, route.metric.number),
                Way::From(_) => unreachable!("{route:?}"),
            };
            routes.into_iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(named(routes_v4(v4)), [("wlan0".to_owned(), 600), ("eth0".to_owned(), 100)]);
        let zeros = "0".repeat(32);
        let router = "fe800000000000000000000000000001";
        let v6 = format!(
            "fe800000000000000000000000000000 40 {zeros} 00 {zeros} 00000100 00000001 00000000 00000001 eth0\n\
             {zeros} 00 {zeros} 00 {router} 00000400 00000001 00000000 00000003 eth0\n\
             {zeros} 00 {zeros} 00 {zeros} ffffffff 00000001 00000000 00200200 lo\n"
        );
        assert_eq!(named(routes_v6(&v6)), [("eth0".to_owned(), 0x400)]);
        assert_eq!(named(routes_v4("nonsense\n\u{0}")), []);
    }

    #[test]
    fn what_has_the_default_route_comes_first_then_other_networks_then_those_of_this_device_then_tunnels() {
        let at = |name: &str, ip: &str, sort, default_route| Interface {
            name: name.to_owned(),
            index: 1,
            ip: ip.parse().unwrap(),
            prefix: 24,
            sort,
            is_up: true,
            default_route,
        };
        let metric = |is_v6, number| Some(Metric { is_v6, number });
        let likeliest = [
            at("eth0", "192.168.7.2", Sort::Outer, metric(false, 100)),
            at("eth0", "fd00::2", Sort::Outer, metric(false, 100)),
            at("wlan0", "10.0.0.2", Sort::Outer, metric(false, 600)),
            at("wwan0", "2001:db8::2", Sort::Outer, metric(true, 50)),
            at("eth1", "10.1.0.2", Sort::Outer, None),
            at("eth2", "169.254.3.4", Sort::Outer, None),
            at("docker0", "172.17.0.1", Sort::Inner, None),
            // All traffic goes by it, and no neighbour comes by it.
            at("tun0", "10.8.0.2", Sort::Tunnel, metric(false, 0)),
            at("lo", "127.0.0.1", Sort::Loopback, None),
        ];
        let mut shuffled = likeliest.clone();
        shuffled.sort_by_key(|interface| interface.ip);
        assert_ne!(shuffled, likeliest);
        shuffled.sort_by_key(Interface::rank);
        assert_eq!(shuffled, likeliest);
    }

    #[test]
    fn usual_names_tell_what_an_interface_leads_to() {
        for (sort, names) in [
            (Sort::Outer, ["eth0", "wlp3s0", "en0", "bond0", "usb0"]),
            (Sort::Inner, ["docker0", "br-1f2e3d", "virbr0", "veth12", "vmnet8"]),
            (Sort::Tunnel, ["tun0", "wg0", "utun4", "tailscale0", "ppp0"]),
        ] {
            for name in names {
                assert_eq!(sort_by_name(name), sort, "{name}");
            }
        }
    }
}
