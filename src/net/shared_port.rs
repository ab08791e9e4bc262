//! A UDP port that programs share: whether that is possible, and who has it for itself alone.
//!
//! Sharing takes the consent of everybody who has the port. Whoever was there first and gave none keeps all others
//! out, for as long as it runs.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use socket2::{Domain, Protocol, Socket, Type};

use super::interfaces;

/// Who seems to have a port, as far as this user may know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Its name, and its number.
    pub program: Option<(String, u32)>,
    pub user: Option<String>,
}

/// In which families of addresses, of those that this device has, a port can be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    Possible,
    /// Somebody has it for itself in one of the two.
    OnlyPartly,
    Impossible,
}

/// Whether this port can be had beside others that have it.
#[must_use]
pub fn sharing(port: u16) -> Sharing {
    let outer: Vec<_> = interfaces().into_iter().filter(|own| own.is_up && !own.ip.is_loopback()).collect();
    let has = |is_v6: bool| outer.iter().any(|own| own.ip.is_ipv6() == is_v6);
    // With no network at all it is still to be known before there is one.
    let v4 = (has(false) || !has(true)).then_some(Ipv4Addr::UNSPECIFIED.into());
    let v6 = has(true).then_some(Ipv6Addr::UNSPECIFIED.into());
    let taken: Vec<_> = [v4, v6].into_iter().flatten().map(|all| is_kept_from(all, port)).collect();
    match (taken.contains(&true), taken.contains(&false)) {
        (false, _) => Sharing::Possible,
        (true, true) => Sharing::OnlyPartly,
        (true, false) => Sharing::Impossible,
    }
}

fn is_kept_from(all: IpAddr, port: u16) -> bool {
    share(all, port).is_err_and(|e| e.kind() == io::ErrorKind::AddrInUse)
}

/// Takes the port as one of several, for a moment.
fn share(all: IpAddr, port: u16) -> io::Result<()> {
    let domain = if all.is_ipv6() { Domain::IPV6 } else { Domain::IPV4 };
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    if all.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    socket.set_reuse_port(true)?;
    socket.bind(&SocketAddr::new(all, port).into())
}

/// Who has it. Reads what the system knows of all programs: blocks, for a moment.
#[cfg(target_os = "linux")]
#[must_use]
pub fn holder(port: u16) -> Holder {
    let read = |file| std::fs::read_to_string(file).unwrap_or_default();
    let families =
        [(Ipv4Addr::UNSPECIFIED.into(), "/proc/net/udp"), (Ipv6Addr::UNSPECIFIED.into(), "/proc/net/udp6")];
    // Whoever shares it in the other family is not to blame.
    let taken = families.into_iter().filter(|(all, _)| is_kept_from(*all, port));
    let sockets: Vec<_> = taken.flat_map(|(_, table)| sockets_at(&read(table), port)).collect();
    let program = program_with(&sockets);
    let user = sockets.first().and_then(|socket| name_of(&read("/etc/passwd"), socket.user));
    Holder { program, user }
}

/// Others don't tell.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn holder(_: u16) -> Holder {
    Holder::default()
}

#[cfg(target_os = "linux")]
#[derive(Debug, PartialEq, Eq)]
struct Bound {
    inode: u64,
    user: u32,
}

/// Those that are bound to the port, in a table of the kernel's.
#[cfg(target_os = "linux")]
fn sockets_at(table: &str, port: u16) -> Vec<Bound> {
    let bound = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [_, local, _, _, _, _, _, user, _, inode, ..] = fields[..] else { return None };
        let at = u16::from_str_radix(local.rsplit_once(':')?.1, 16).ok()?;
        (at == port).then_some(Bound { inode: inode.parse().ok()?, user: user.parse().ok()? })
    };
    table.lines().filter_map(bound).collect()
}

/// The first program that has one of them open, of those that this user may look into.
#[cfg(target_os = "linux")]
fn program_with(sockets: &[Bound]) -> Option<(String, u32)> {
    use std::{fs, os::unix::ffi::OsStrExt as _};
    if sockets.is_empty() {
        return None;
    }
    let wanted: Vec<_> = sockets.iter().map(|socket| format!("socket:[{}]", socket.inode)).collect();
    let has = |process: &fs::DirEntry| {
        let open = fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten();
        let mut links = open.filter_map(|open| fs::read_link(open.path()).ok());
        links.any(|link| wanted.iter().any(|wanted| link.as_os_str().as_bytes() == wanted.as_bytes()))
    };
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut numbered = processes.filter_map(|process| {
        let number = process.file_name().to_str()?.parse::<u32>().ok()?;
        Some((process, number))
    });
    let (process, number) = numbered.find(|(process, _)| has(process))?;
    let name = fs::read(process.path().join("comm")).ok()?;
    Some((String::from_utf8_lossy(&name).trim().to_owned(), number))
}

#[cfg(target_os = "linux")]
fn name_of(passwd: &str, user: u32) -> Option<String> {
    let is_it = |line: &&str| line.split(':').nth(2) == Some(&user.to_string());
    passwd.lines().find(is_it)?.split(':').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[test]
    fn a_port_is_taken_only_by_whoever_shares_it_with_nobody_and_that_is_found_out() {
        let alone = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = alone.local_addr().unwrap().port();
        assert!(share(Ipv4Addr::UNSPECIFIED.into(), port).is_err());
        assert_ne!(sharing(port), Sharing::Possible);
        #[cfg(target_os = "linux")]
        assert_eq!(holder(port).program.unwrap().1, std::process::id());
        drop(alone);
        assert_eq!(sharing(port), Sharing::Possible);
        let shared = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
        shared.set_reuse_address(true).unwrap();
        #[cfg(unix)]
        shared.set_reuse_port(true).unwrap();
        shared.bind(&SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port).into()).unwrap();
        assert_eq!(sharing(port), Sharing::Possible);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_the_kernel_lists_is_read() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref\n\
            12: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000   108        0 19312 2 0000 0\n\
            13: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 17 2 0000 0\n";
        assert_eq!(sockets_at(table, 5353), [Bound { inode: 19312, user: 108 }]);
        let v6 = "  sl  local_address ...\n \
            4: 00000000000000000000000000000000:14E9 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 7 2 0 0\n";
        assert_eq!(sockets_at(v6, 5353), [Bound { inode: 7, user: 0 }]);
        let passwd = "root:x:0:0:root:/root:/bin/sh\navahi:x:108:113::/run/avahi:/bin/false\n";
        assert_eq!(name_of(passwd, 108).as_deref(), Some("avahi"));
        assert_eq!(name_of(passwd, 10), None);
    }
}
