//! The other end of a connection as the library itself makes it, in memory: nothing here is our own record layer's.

use std::{
    cell::Cell,
    collections::VecDeque,
    future::Future,
    io::{self, Read as _, Write as _},
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use rustls::{
    ClientConnection, Connection, ServerConfig, ServerConnection, SupportedCipherSuite,
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
        records::{Keeper, Opener, Sealer},
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
    /// Nobody any more, where what we hear is made by hand.
    pub tls: Option<Connection>,
    /// What is on its way to us, however it came to be.
    pub to_us: VecDeque<u8>,
    /// What the other end has read; where nobody is there, records.
    pub heard: Vec<u8>,
    /// Bytes that came from our end.
    pub passed: usize,
    /// Why it hears nothing more.
    pub broken: Option<rustls::Error>,
    /// The other end has heard that nothing more comes.
    pub has_ended: bool,
    /// Bytes that have gone to our end, and how many may before the way ends.
    pub gave: Rc<Cell<usize>>,
    pub most: usize,
    /// Bytes that pass at once, in turn; after 0 the way is asked again.
    pub cuts: Vec<usize>,
    turn: usize,
}

impl Stock {
    pub fn new(tls: Connection, cuts: &[usize]) -> Self {
        Self {
            tls: Some(tls),
            to_us: VecDeque::new(),
            heard: Vec::new(),
            passed: 0,
            broken: None,
            has_ended: false,
            gave: Rc::default(),
            most: usize::MAX,
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
            let count = self.tls().writer().write(rest).unwrap();
            rest = &rest[count..];
            self.pass();
        }
    }

    pub fn close(&mut self) {
        self.tls().send_close_notify();
        self.pass();
    }

    /// Changes its key and asks for ours to be changed.
    pub fn change_keys(&mut self) {
        self.tls().refresh_traffic_keys().unwrap();
        self.pass();
    }

    pub fn tls(&mut self) -> &mut Connection {
        self.tls.as_mut().expect("the library's end")
    }

    /// What the library has to say is on its way.
    pub fn pass(&mut self) {
        let Some(tls) = &mut self.tls else { return };
        while tls.wants_write() {
            tls.write_tls(&mut self.to_us).unwrap();
        }
    }

    /// From now on records are made by hand, with the keys that were agreed on.
    pub fn by_hand(&mut self) -> (Sealer, Opener) {
        let tls = self.tls.take().expect("the library's end");
        let secrets = tls.dangerous_extract_secrets().unwrap();
        (Sealer::new(&secrets.tx).unwrap(), Opener::new(&secrets.rx).unwrap())
    }

    fn hear(&mut self, mut bytes: &[u8]) {
        let Some(tls) = &mut self.tls else {
            self.heard.extend(bytes);
            return;
        };
        while !bytes.is_empty() && self.broken.is_none() {
            tls.read_tls(&mut bytes).unwrap();
            match tls.process_new_packets() {
                Err(why) => self.broken = Some(why),
                Ok(state) => {
                    self.has_ended |= state.peer_has_closed();
                    let heard = self.heard.len();
                    self.heard.resize(heard + state.plaintext_bytes_to_read(), 0);
                    tls.reader().read_exact(&mut self.heard[heard..]).unwrap();
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
        let most = self.to_us.len().min(buf.remaining()).min(self.most - self.gave.get());
        let count = self.cut(most);
        if count == 0 && most > 0 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.gave.set(self.gave.get() + count);
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
        self.passed += count;
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

/// The settings of a device, with this cipher alone.
pub fn tls(suite: SupportedCipherSuite) -> Tls {
    let provider = CryptoProvider { cipher_suites: vec![suite], ..provider() };
    let identity = Identity::ephemeral().unwrap();
    Tls::encrypting(&identity, vec![wire::ALPN.to_vec()], provider).unwrap()
}

/// A connection as the library makes it, whose settings let its secrets out.
pub fn stock(role_of_ours: Role, suite: SupportedCipherSuite) -> Connection {
    let tls = tls(suite);
    match role_of_ours {
        Role::Server => ClientConnection::new(tls.client, name()).unwrap().into(),
        Role::Client => {
            let mut server = ServerConfig::clone(&tls.server);
            // Those of other makers have it on.
            server.send_tls13_tickets = 2;
            ServerConnection::new(Arc::new(server)).unwrap().into()
        }
    }
}

/// Our end of a connection with the library's.
pub fn meet(
    role: Role,
    suite: SupportedCipherSuite,
    keeper: Keeper,
    cuts: &[usize],
) -> io::Result<Met<Stock>> {
    shake(role, suite, keeper, Stock::new(stock(role, suite), cuts))
}

/// As [`meet`], with an end that is there already.
pub fn shake(
    role: Role,
    suite: SupportedCipherSuite,
    keeper: Keeper,
    mut stock: Stock,
) -> io::Result<Met<Stock>> {
    stock.pass();
    let tls = tls(suite).kept_by(keeper);
    match role {
        Role::Client => run(as_client(&tls, name(), stock)),
        Role::Server => run(as_server(&tls, stock)),
    }
}
