//! Reaching another device at an address that a person typed.

use std::{io, net::SocketAddr};

use rustls::{AlertDescription, pki_types::ServerName};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use super::{Connection, NetError, Tls, tls::peer_id, tune};
use crate::{
    model::{Address, DeviceId},
    wire::{self, limits},
};

/// Connects and shakes hands. Every address that the name stands for is tried in turn.
///
/// # Errors
/// The reason of the last address tried, as a sentence for the person who typed it.
pub async fn dial(address: &Address, tls: &Tls) -> Result<Connection, NetError> {
    let target = (address.host.clone(), address.port.unwrap_or(wire::DEFAULT_PORT));
    let unknown = || NetError::Unknown { host: address.host.clone() };
    let found = timeout(limits::CONNECT, tokio::net::lookup_host(target)).await;
    let routes: Vec<SocketAddr> = found.map_err(|_| unknown())?.map_err(|_| unknown())?.collect();
    let mut failure = unknown();
    for route in routes {
        match dial_one(route, tls).await {
            Ok(connection) => return Ok(connection),
            Err(e) => {
                tracing::debug!(%route, error = %e, "no connection");
                failure = e;
            }
        }
    }
    Err(failure)
}

/// Connects once more to a device that was reached at this address before.
///
/// # Errors
/// As [`dial`], or when another device answers there now.
pub async fn dial_again(route: SocketAddr, peer: DeviceId, tls: &Tls) -> Result<Connection, NetError> {
    let connection = dial_one(route, tls).await?;
    if connection.peer == peer {
        Ok(connection)
    } else {
        Err(NetError::OtherDevice { address: route.to_string() })
    }
}

async fn dial_one(route: SocketAddr, tls: &Tls) -> Result<Connection, NetError> {
    let address = || route.to_string();
    let socket = match timeout(limits::CONNECT, TcpStream::connect(route)).await {
        Err(_) => return Err(NetError::Silent { address: address() }),
        Ok(Err(e)) => {
            return Err(match e.kind() {
                io::ErrorKind::ConnectionRefused => NetError::Refused { address: address() },
                io::ErrorKind::TimedOut => NetError::Silent { address: address() },
                _ => NetError::Unreachable { address: address(), source: e },
            });
        }
        Ok(Ok(socket)) => socket,
    };
    tune(&socket).map_err(|source| NetError::Unreachable { address: address(), source })?;
    let name = ServerName::IpAddress(route.ip().into());
    let shaking = TlsConnector::from(tls.client.clone()).connect(name, socket);
    let stream = match timeout(limits::HANDSHAKE, shaking).await {
        // Whoever takes a connection and then says nothing is some other program.
        Err(_) => return Err(NetError::NotAirlift { address: address() }),
        Ok(Err(e)) => return Err(explain(&e, address())),
        Ok(Ok(stream)) => stream,
    };
    let state = stream.get_ref().1;
    if state.alpn_protocol() != Some(wire::ALPN) {
        return Err(NetError::NotAirlift { address: address() });
    }
    let Some(peer) = peer_id(state) else { return Err(NetError::NotAirlift { address: address() }) };
    Ok(Connection { peer, address: route, stream: stream.into() })
}

/// What a failed handshake means to the person who dialled.
fn explain(failure: &io::Error, address: String) -> NetError {
    match failure.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
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
