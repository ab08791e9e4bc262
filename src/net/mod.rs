//! Sockets and encryption: authenticated streams between two devices.
//!
//! Knows TCP, TLS 1.3 and whose key is at the other end. Must not know messages or files.

mod addresses;
mod dial;
mod exporter;
mod failure;
mod interfaces;
mod lane;
mod listen;
pub mod records;
mod shake;
mod shared_port;
mod stream;
#[cfg(test)]
mod tests;
mod tls;
mod unbuffered;

use std::{io, net::SocketAddr};

use tokio::net::TcpStream;

use crate::{
    model::{DeviceId, text},
    wire::message::Capabilities,
};

pub use addresses::{local_addresses, local_networks};
pub use dial::{Packets, dial, dial_again, dial_first, probe};
pub use failure::leads_out;
pub use interfaces::{Interface, Sort, interfaces};
pub use lane::{Lane, LaneStop, NetworkClock};
pub use listen::{Listener, Stranger};
pub use shared_port::{Holder, Sharing, holder, sharing};
pub use stream::Stream;
pub use tls::Tls;

/// An encrypted stream to a device whose id is known for certain.
#[derive(Debug)]
pub struct Connection {
    pub peer: DeviceId,
    pub address: SocketAddr,
    pub stream: Stream,
    /// What the other end has said that it can do beyond this version; nothing before it has said hello.
    pub can: Capabilities,
}

impl Connection {
    /// A secret that both ends of this very connection can derive, and nobody else: not even one who
    /// stands between two connections (RFC 8446, section 7.5). Each `label` gives another.
    ///
    /// # Errors
    /// When the library has not told what it is derived from, which it has where the handshake is over.
    pub fn exported(&self, label: &'static str) -> Result<[u8; 32], NetError> {
        let address = || self.address.to_string();
        let secret = self.stream.exporter().derive(label);
        secret.map_err(|e| NetError::Handshake { address: address(), reason: e.to_string() })
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    #[error("No device called “{host}” can be found from here. Check the spelling, or type its IP address.")]
    Unknown { host: String },
    #[error(
        "“{host}” is somewhere else in each network that this device is in. Write behind it which of them is meant: {choices}."
    )]
    WhichZone { host: String, choices: String },
    #[error("This device has no network interface called “{zone}”. It has: {choices}.")]
    NoSuchZone { zone: String, choices: String },
    #[error(
        "Nobody receives at {address}, or a firewall there answers instead. Open Airlift on the other device, press Receive, check the port, and let Airlift through its firewall."
    )]
    Refused { address: String },
    #[error(
        "A firewall turns Airlift away at {address}: the other device’s, most likely, or one on the way to it, or this device’s own. Have it let that TCP port in."
    )]
    Barred { address: String },
    #[error(
        "Nothing is to be found at {address}. The other device is off, asleep or in another network, or has another address by now: wake it, and look what address Airlift shows there. If it is on and that is right, a firewall turns Airlift away: have it let that TCP port in."
    )]
    Away { address: String },
    #[error(
        "A router on the way knows no way to {address}. Check the address; if it is right, ask who looks after that network."
    )]
    NoWayThere { address: String },
    #[error(
        "{address} doesn’t answer. Check that the other device is on and in the same network, and that its firewall lets Airlift through."
    )]
    Silent { address: String },
    #[error(
        "{address} takes the call, and then nothing comes from it: another program, or an Airlift that hangs, is there, or a way that swallows large packets lies between. Check the port; start Airlift there once more; if a VPN or a tunnel is on the way, lower its MTU."
    )]
    Mute { address: String },
    #[error(
        "This device is in no network that leads to {address}. Join the one that the other device is in, by Wi-Fi, cable or VPN."
    )]
    NoWayHere { address: String },
    #[error(
        "This device’s own firewall, or what Airlift is confined in, doesn’t let it call {address}. Allow Airlift to."
    )]
    Forbidden { address: String },
    #[error("No connection to {address} could be made from here: {}.", text::reason(.source))]
    Unreachable { address: String, source: io::Error },
    #[error(
        "What answers at {address} is not Airlift. Check the port: Airlift shows its own when it receives."
    )]
    NotAirlift { address: String },
    #[error(
        "The Airlift at {address} is of another version, and the two have no language in common. Update the older one."
    )]
    NoCommonVersion { address: String },
    #[error(
        "The secure connection to {address} failed: {reason}. Try again; if it stays, update both devices."
    )]
    Handshake { address: String, reason: String },
    #[error(
        "No device called “{name}” is to be seen on this network. Open Airlift there and press Receive, or type its address."
    )]
    NotSeen { name: String },
    #[error("More than one device is called “{name}”. Say which by its id: {ids}.")]
    Ambiguous { name: String, ids: String },
    #[error("The device at {address} is another one than before. Nothing was sent to it.")]
    OtherDevice { address: String },
    #[error(
        "The machine at {address} has the same key as this one: a disk, or Airlift’s data folder, was copied from one to the other, and nobody can tell the two apart. Nothing was sent. On one of them, quit Airlift, move the file “identity.key” out of its data folder, and start it again: it becomes a new device."
    )]
    Twin { address: String },
}

/// Why this device can't wait for connections.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error("Port {port} is in use by another program. Choose another one, or let Airlift choose.")]
    Taken { port: u16 },
    #[error("This user may not open port {port}. Choose one above 1023.")]
    Forbidden { port: u16 },
    #[error("This device can’t wait for connections: {}.", text::reason(.0))]
    Other(#[from] io::Error),
}

/// What every connection is set to: no waiting for more to say, and a way that leads nowhere any more
/// is noticed by the end that only listens, which at content connections is the receiver.
///
/// There is no limit on how long what was said may stay unacknowledged: systems take such a limit for
/// the time that a full receiver may stay full, too, and a disk that takes long is not a dead peer.
fn tune(socket: &TcpStream) -> io::Result<()> {
    let socket = socket2::SockRef::from(socket);
    socket.set_tcp_nodelay(true)?;
    let keepalive = socket2::TcpKeepalive::new()
        .with_time(crate::wire::limits::ALIVE)
        .with_interval(crate::wire::limits::ALIVE)
        .with_retries(crate::wire::limits::PROBES);
    socket.set_tcp_keepalive(&keepalive)
}
