//! The other end of a connection as the library itself makes it, in memory: nothing here is our own record layer's.

use std::{
    collections::VecDeque,
    future::Future,
    io::{self, Read as _, Write as _},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use rustls::{
    ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection, SupportedCipherSuite,
    crypto::{
        CryptoProvider,
        aws_lc_rs::cipher_suite::{
            TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256,
        },
    },
    pki_types::{IpAddr, Ipv4Addr, ServerName},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{
    identity::Identity,
    net::{
        Tls,
        records::Keeper,
        shake::{Met, as_client, as_server},
        tls::provider,
    },
    wire,
};

pub const SUITES: [SupportedCipherSuite; 3] =
    [TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256];

pub const KEEPERS: [Keeper; 2] = [Keeper::Ours, Keeper::Library];

/// Which of the two our end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Client,
    Server,
}

pub const ROLES: [Role; 2] = [Role::Client, Role::Server];

/// A socket with the library's connection behind it.
pub struct Stock {
    pub tls: Connection,
    /// What is on its way to us, however it came to be.
    pub to_us: VecDeque<u8>,
    /// What the other end has read.
    pub heard: Vec<u8>,
    /// Why it hears nothing more.
    pub broken: Option<rustls::Error>,
    /// The other end has heard that nothing more comes.
    pub has_ended: bool,
    /// Bytes that pass at once, in turn; after 0 the way is asked again.
    cuts: Vec<usize>,
    turn: usize,
}

impl Stock {
    pub fn new(tls: Connection, cuts: &[usize]) -> Self {
        Self {
            tls,
            to_us: VecDeque::new(),
            heard: Vec::new(),
            broken: None,
            has_ended: false,
            cuts: cuts.to_vec(),
            turn: 0,
        }
    }

    fn cut(&mut self, most: usize) -> usize {
        self.turn += 1;
        if self.cuts.is_empty() { most } else { self.cuts[self.turn % self.cuts.len()].min(most) }
    }

    pub fn say(&mut self, content: &[u8]) {
        // The library buffers what it can't send at once.
        let mut rest = content;
        while !rest.is_empty() {
            let count = self.tls.writer().write(rest).unwrap();
            rest = &rest[count..];
            self.pass();
        }
    }

    pub fn close(&mut self) {
        self.tls.send_close_notify();
        self.pass();
    }

    /// Changes its key and asks for ours to be changed.
    pub fn change_keys(&mut self) {
        self.tls.refresh_traffic_keys().unwrap();
        self.pass();
    }

    /// What the library has to say is on its way.
    pub fn pass(&mut self) {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.to_us).unwrap();
        }
    }

    fn hear(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.broken.is_none() {
            self.tls.read_tls(&mut bytes).unwrap();
            match self.tls.process_new_packets() {
                Err(why) => self.broken = Some(why),
                Ok(state) => {
                    self.has_ended |= state.peer_has_closed();
                    let heard = self.heard.len();
                    self.heard.resize(heard + state.plaintext_bytes_to_read(), 0);
                    self.tls.reader().read_exact(&mut self.heard[heard..]).unwrap();
                }
            }
        }
        self.pass();
    }
}

impl AsyncRead for Stock {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let most = self.to_us.len().min(buf.remaining());
        let count = self.cut(most);
        if count == 0 && most > 0 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let part: Vec<_> = self.to_us.drain(..count).collect();
        buf.put_slice(&part);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stock {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let count = self.cut(buf.len());
        if count == 0 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.hear(&buf[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Nothing here waits for anything but its turn.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut cx) {
            return done;
        }
    }
}

pub fn name() -> ServerName<'static> {
    ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([127, 0, 0, 1])))
}

/// The settings of a device of either role, with this cipher alone.
pub fn configs(suite: SupportedCipherSuite) -> (ClientConfig, ServerConfig) {
    let provider = CryptoProvider { cipher_suites: vec![suite], ..provider() };
    let identity = Identity::ephemeral().unwrap();
    let tls = Tls::encrypting(&identity, vec![wire::ALPN.to_vec()], provider).unwrap();
    (ClientConfig::clone(&tls.client), ServerConfig::clone(&tls.server))
}

/// A connection as the library makes it, whose settings let its secrets out.
pub fn stock(role_of_ours: Role, suite: SupportedCipherSuite) -> Connection {
    let (client, mut server) = configs(suite);
    // Those of other makers have it on.
    server.send_tls13_tickets = 2;
    match role_of_ours {
        Role::Server => ClientConnection::new(Arc::new(client), name()).unwrap().into(),
        Role::Client => ServerConnection::new(Arc::new(server)).unwrap().into(),
    }
}

/// Our end of a connection with the library's.
pub fn meet(
    role: Role,
    suite: SupportedCipherSuite,
    keeper: Keeper,
    cuts: &[usize],
) -> io::Result<Met<Stock>> {
    let mut stock = Stock::new(stock(role, suite), cuts);
    stock.pass();
    let (client, server) = configs(suite);
    match role {
        Role::Client => run(as_client(&client, name(), stock, keeper)),
        Role::Server => run(as_server(&server, stock, keeper)),
    }
}
