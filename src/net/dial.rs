//! Reaching another device: whoever answers at an address that a person typed, or one that is expected.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use rustls::{AlertDescription, CertificateError, OtherError, pki_types::ServerName};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
    time::{sleep, timeout},
};

use super::{Connection, NetError, Tls, failure, shake, tls::AnotherDevice, tune};
use crate::{
    model::{Address, DeviceId},
    wire::{self, limits},
};

/// How large the packets of a connection may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packets {
    /// As large as this device's network allows.
    #[default]
    Usual,
    /// Some ways swallow larger ones, and tell nobody. What is said beside content must always come through.
    Small,
}

/// Connects and shakes hands. Every address that the name stands for is tried in turn.
///
/// # Errors
/// The most telling reason of the addresses tried, as a sentence for the person who typed it.
pub async fn dial(address: &Address, tls: &Tls) -> Result<Connection, NetError> {
    let host = failure::with_zone(&address.host)?;
    let target = (host, address.port.unwrap_or(wire::DEFAULT_PORT));
    let unknown = || NetError::Unknown { host: address.host.clone() };
    let found = timeout(limits::CONNECT, tokio::net::lookup_host(target)).await;
    let routes: Vec<SocketAddr> = found.map_err(|_| unknown())?.map_err(|_| unknown())?.collect();
    let mut failure = unknown();
    for route in routes {
        match dial_one(route, tls, Packets::Small).await {
            Ok(connection) => return Ok(connection),
            Err(e) => {
                tracing::debug!(%route, error = %e, "no connection");
                failure = failure.or_more_telling(e);
            }
        }
    }
    Err(failure)
}

/// Connects once more to a device that was reached at this address before.
///
/// # Errors
/// As [`dial`], or when another device answers there now.
pub async fn dial_again(
    route: SocketAddr,
    peer: DeviceId,
    tls: &Tls,
    packets: Packets,
) -> Result<Connection, NetError> {
    dial_one(route, &tls.only(peer), packets).await
}

/// Connects to this device, or to whoever answers, over the first of its addresses that leads there. The next one
/// is begun when the one before it has failed, or has not answered for a moment (RFC 8305).
///
/// # Errors
/// The most telling of the failures.
pub async fn dial_first(
    routes: &[SocketAddr],
    peer: Option<DeviceId>,
    tls: &Tls,
) -> Result<Connection, NetError> {
    let tls = peer.map_or_else(|| tls.clone(), |peer| tls.only(peer));
    let mut calls = FuturesUnordered::new();
    let mut rest = routes.iter().copied();
    let mut failure = None;
    loop {
        if let Some(route) = rest.next() {
            calls.push(dial_one(route, &tls, Packets::Small));
        }
        let more = rest.len() > 0;
        tokio::select! {
            called = calls.next() => match called {
                Some(Ok(connection)) => return Ok(connection),
                Some(Err(e)) => {
                    tracing::debug!(error = %e, "no connection");
                    failure = Some(match failure {
                        None => e,
                        Some(before) => NetError::or_more_telling(before, e),
                    });
                }
                None if more => {}
                None => break,
            },
            () = sleep(limits::NEXT_ROUTE), if more => {}
        }
        if calls.is_empty() && !more {
            break;
        }
    }
    Err(failure.unwrap_or_else(|| NetError::NotSeen {
        name: peer.map_or_else(String::new, |peer| peer.to_string()),
    }))
}

/// After how long this device answers there.
///
/// # Errors
/// As [`dial_again`].
pub async fn probe(route: SocketAddr, peer: DeviceId, tls: &Tls) -> Result<Duration, NetError> {
    let since = Instant::now();
    let mut connection = dial_again(route, peer, tls, Packets::Small).await?;
    let took = since.elapsed();
    // It is told that nothing more comes. Gone already is as good.
    let _ = timeout(limits::ENDING, connection.stream.shutdown()).await;
    Ok(took)
}

async fn dial_one(route: SocketAddr, tls: &Tls, packets: Packets) -> Result<Connection, NetError> {
    let address = || route.to_string();
    let socket = match timeout(limits::CONNECT, connect(route, packets)).await {
        Err(_) => return Err(failure::of_call(route, io::ErrorKind::TimedOut.into())),
        Ok(Err(e)) => return Err(failure::of_call(route, e)),
        Ok(Ok(socket)) => socket,
    };
    tune(&socket).map_err(|source| NetError::Unreachable { address: address(), source })?;
    let name = ServerName::IpAddress(route.ip().into());
    let shaking = shake::as_client(tls, name, socket);
    let met = match timeout(limits::HANDSHAKE, shaking).await {
        Err(_) => return Err(NetError::Mute { address: address() }),
        Ok(Err(e)) => return Err(explain(&e, address())),
        Ok(Ok(met)) => met,
    };
    if met.version.as_deref() != Some(wire::ALPN) {
        return Err(NetError::NotAirlift { address: address() });
    }
    let Some(peer) = met.peer else { return Err(NetError::NotAirlift { address: address() }) };
    if tls.is_twin(peer, route.ip().to_canonical()) {
        return Err(NetError::Twin { address: address() });
    }
    Ok(Connection { peer, address: route, stream: met.stream, can: 0 })
}

async fn connect(route: SocketAddr, packets: Packets) -> io::Result<TcpStream> {
    let socket = if route.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Both ends keep to it. Where the system refuses, it is as it would be without.
    #[cfg(unix)]
    if packets == Packets::Small {
        let _ = socket2::SockRef::from(&socket).set_tcp_mss(limits::SMALL_PACKET);
    }
    socket.connect(route).await
}

/// What a failed handshake means to the person who dialled.
fn explain(failure: &io::Error, address: String) -> NetError {
    match failure.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(why))))
            if why.is::<AnotherDevice>() =>
        {
            NetError::OtherDevice { address }
        }
        Some(rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol)) => {
            NetError::NoCommonVersion { address }
        }
        // Closed or reset in the middle, or no TLS, or none of ours: another program.
        None
        | Some(
            rustls::Error::InvalidMessage(_)
            | rustls::Error::PeerIncompatible(_)
            | rustls::Error::AlertReceived(
                AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure,
            ),
        ) => NetError::NotAirlift { address },
        Some(other) => NetError::Handshake { address, reason: other.to_string() },
    }
}
