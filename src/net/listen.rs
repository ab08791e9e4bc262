//! Waiting for other devices.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{net::TcpListener, time::timeout};

use super::{Connection, ListenError, NetError, Tls, shake, tune};
use crate::{
    model::text,
    wire::{self, limits},
};

/// Connections that the system holds for us until they are accepted.
const BACKLOG: i32 = 128;
/// Ports tried after the default one is found taken.
const NEXT_PORTS: u16 = 50;
/// Pause after the system had no descriptor or memory for a connection.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// A port that is listened on, for IPv4 and IPv6 at once where the system has both.
pub struct Listener {
    socket: TcpListener,
    tls: Tls,
}

/// Somebody who connected, and of whom nothing is known yet.
pub struct Stranger {
    pub address: SocketAddr,
    socket: tokio::net::TcpStream,
    tls: Tls,
}

impl Listener {
    /// Waits on exactly this port; 0 lets the system choose one.
    ///
    /// # Errors
    /// When the port is taken or forbidden, or there is no network at all.
    pub fn exactly(port: u16, tls: Tls) -> Result<Self, ListenError> {
        let socket = bind(port).map_err(|e| match e.kind() {
            io::ErrorKind::AddrInUse => ListenError::Taken { port },
            io::ErrorKind::PermissionDenied => ListenError::Forbidden { port },
            _ => ListenError::Other(e),
        })?;
        Ok(Self { socket, tls })
    }

    /// Waits on any free port, for connections from this machine alone.
    ///
    /// # Errors
    /// As [`Listener::exactly`].
    pub fn loopback(tls: Tls) -> Result<Self, ListenError> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP));
        Ok(Self { socket: listen(socket, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?, tls })
    }

    /// Waits on Airlift's own port, or on the next free one.
    ///
    /// # Errors
    /// As [`Listener::exactly`], when none of them is free.
    pub fn near_default(tls: &Tls) -> Result<Self, ListenError> {
        let mut last = Self::exactly(wire::DEFAULT_PORT, tls.clone());
        for port in wire::DEFAULT_PORT + 1..=wire::DEFAULT_PORT + NEXT_PORTS {
            match last {
                Err(ListenError::Taken { .. }) => last = Self::exactly(port, tls.clone()),
                other => return other,
            }
        }
        last
    }

    /// # Errors
    /// When the system has forgotten the socket.
    pub fn port(&self) -> io::Result<u16> {
        Ok(self.socket.local_addr()?.port())
    }

    /// The next one who connects. Troubles of single connections and moments are waited out.
    ///
    /// # Errors
    /// When the socket itself is broken.
    pub async fn accept(&self) -> io::Result<Stranger> {
        loop {
            match self.socket.accept().await {
                Ok((socket, address)) => {
                    // An IPv4 peer on a dual-stack socket is shown as what its person knows it as.
                    let address = SocketAddr::new(address.ip().to_canonical(), address.port());
                    return Ok(Stranger { address, socket, tls: self.tls.clone() });
                }
                Err(e) => match e.kind() {
                    // Gone again before we looked.
                    io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::Interrupted => {}
                    io::ErrorKind::InvalidInput | io::ErrorKind::NotConnected => return Err(e),
                    _ => {
                        tracing::warn!(error = %e, "a connection could not be accepted");
                        tokio::time::sleep(EXHAUSTED).await;
                    }
                },
            }
        }
    }
}

impl Stranger {
    /// Shakes hands.
    ///
    /// # Errors
    /// When it is not an Airlift of this version, or too slow to prove it.
    pub async fn identify(self) -> Result<Connection, NetError> {
        let address = || self.address.to_string();
        tune(&self.socket).map_err(|source| NetError::Unreachable { address: address(), source })?;
        let shaking = shake::as_server(&self.tls, self.socket);
        let met = match timeout(limits::HANDSHAKE, shaking).await {
            Err(_) => return Err(NetError::Silent { address: self.address.to_string() }),
            Ok(Err(e)) => {
                let reason = text::reason(&e);
                return Err(NetError::Handshake { address: self.address.to_string(), reason });
            }
            Ok(Ok(met)) => met,
        };
        let address = self.address.to_string();
        if met.version.as_deref() != Some(wire::ALPN) {
            return Err(NetError::NotAirlift { address });
        }
        let Some(peer) = met.peer else { return Err(NetError::NotAirlift { address }) };
        if self.tls.is_twin(peer, self.address.ip()) {
            return Err(NetError::Twin { address });
        }
        Ok(Connection { peer, address: self.address, stream: met.stream, can: 0 })
    }
}

fn bind(port: u16) -> io::Result<TcpListener> {
    let dual = || {
        let socket = Socket::new(Domain::IPV6, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_only_v6(false)?;
        Ok(socket)
    };
    let both = listen(dual(), SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)));
    match both {
        // A system without IPv6 refuses the socket or its address; a taken port is final.
        Err(e) if !matches!(e.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) => {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP));
            listen(socket, SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))
        }
        bound => bound,
    }
}

fn listen(socket: io::Result<Socket>, address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket?;
    // On Windows this would let another program take the port over; elsewhere it only allows a
    // restart while old connections linger.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}
