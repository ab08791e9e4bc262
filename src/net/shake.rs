//! The handshake: from a socket to a connection whose other end has proved its key.
//!
//! Knows how the library’s connection and a socket are brought together. Must not know who may do what. Dropped
//! before its end, it leaves nothing behind but a socket that is closed.

use std::{io, sync::Arc};

use futures_util::FutureExt as _;
use rustls::{
    ClientConfig, ServerConfig, client::UnbufferedClientConnection, pki_types::ServerName,
    server::UnbufferedServerConnection,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::{
    exporter::{Exporter, Overheard},
    records::{HEADER, Keeper, Queue, Records},
    stream::Stream,
    tls::{Tls, peer_id},
    unbuffered::{Shaken, Step, Traffic},
};
use crate::{model::DeviceId, wire::limits};

/// Bytes that are taken from the socket at once: a whole flight of a handshake. What of them comes after the
/// handshake stays encrypted until somebody reads.
const AT_ONCE: usize = 4 * 1024;

/// What a handshake has brought.
pub struct Met<S> {
    pub stream: Stream<S>,
    /// `None`: it showed no certificate that can be read.
    pub peer: Option<DeviceId>,
    /// What both have agreed to speak.
    pub version: Option<Vec<u8>>,
}

/// As whoever has called.
///
/// # Errors
/// What the library says of the other end, inside an [`io::Error`]; or that the socket broke or ended.
pub async fn as_client<S>(tls: &Tls, name: ServerName<'static>, socket: S) -> io::Result<Met<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let overheard = Arc::<Overheard>::default();
    let mut config = ClientConfig::clone(&tls.client);
    config.key_log = Arc::clone(&overheard) as _;
    let connection = UnbufferedClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    shake(Shaken::Client(connection), overheard, socket, tls.keeper).await
}

/// As whoever was called.
///
/// # Errors
/// As [`as_client`].
pub async fn as_server<S>(tls: &Tls, socket: S) -> io::Result<Met<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let overheard = Arc::<Overheard>::default();
    let mut config = ServerConfig::clone(&tls.server);
    config.key_log = Arc::clone(&overheard) as _;
    let connection = UnbufferedServerConnection::new(Arc::new(config)).map_err(io::Error::other)?;
    shake(Shaken::Server(connection), overheard, socket, tls.keeper).await
}

async fn shake<S>(
    mut connection: Shaken,
    overheard: Arc<Overheard>,
    mut socket: S,
    keeper: Keeper,
) -> io::Result<Met<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let incoming = converse(&mut connection, &mut socket).await?;
    let state = connection.state();
    let (peer, version) = (peer_id(state), state.alpn_protocol().map(<[u8]>::to_vec));
    let invalid = |e| io::Error::new(io::ErrorKind::InvalidData, e);
    let exporter = Exporter::new(state, overheard).map_err(invalid)?;
    let records = Records::new(connection, keeper);
    let records = records.map_err(|e| invalid(rustls::Error::General(e.to_string())))?;
    Ok(Met { stream: Stream::new(socket, records, incoming, exporter), peer, version })
}

/// Returns what has come behind the handshake. The library is shown one record more at a time, so that it never
/// decrypts any of that.
async fn converse<S>(connection: &mut Shaken, socket: &mut S) -> io::Result<Queue>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut incoming, mut out) = (Queue::default(), Queue::default());
    // Bytes that are whole records which the library has seen, and with the part of one behind them.
    let (mut records, mut shown) = (0_usize, 0_usize);
    let mut heard = 0;
    loop {
        let nothing = |_: &mut dyn Traffic, _: &mut Queue| Ok(());
        let (step, done) = connection.step(&mut incoming, shown, &mut out, &mut [], nothing);
        (records, shown) = (records.saturating_sub(done), shown.saturating_sub(done));
        match step {
            Err(why) => {
                connection.last_words(&mut incoming, &mut out);
                // The failure is what counts, whether this is heard or not.
                let _ = socket.write(out.held()).now_or_never();
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
            Ok(Step::Again) => {}
            Ok(Step::Send) => send(socket, &mut out).await?,
            Ok(Step::Ready(())) if !connection.state().is_handshaking() => {
                send(socket, &mut out).await?;
                return Ok(incoming);
            }
            Ok(Step::Blocked | Step::Ready(())) => {
                if let Some(length) = record(&incoming.held()[records..]) {
                    records += length;
                    shown = records;
                } else if shown < incoming.len() {
                    shown = incoming.len();
                } else if heard > limits::MAX_HANDSHAKE {
                    let why = "more than a handshake can have";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, why));
                } else {
                    let count = socket.read(&mut incoming.room(AT_ONCE)[..AT_ONCE]).await?;
                    if count == 0 {
                        let why = "hung up in the handshake";
                        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
                    }
                    incoming.put(count);
                    heard += count;
                }
            }
            Ok(Step::Content(_) | Step::End) => {
                let why = "content within the handshake";
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
        }
    }
}

async fn send<S: AsyncWrite + Unpin>(socket: &mut S, out: &mut Queue) -> io::Result<()> {
    socket.write_all(out.held()).await?;
    out.take(out.len());
    socket.flush().await
}

/// The length of the record that begins there, whatever it is; `None` while its end hasn’t come.
fn record(wire: &[u8]) -> Option<usize> {
    let [_, _, _, high, low, ..] = *wire else { return None };
    let length = HEADER + usize::from(u16::from_be_bytes([high, low]));
    (wire.len() >= length).then_some(length)
}
