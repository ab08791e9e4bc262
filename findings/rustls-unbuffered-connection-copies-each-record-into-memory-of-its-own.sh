#!/usr/bin/env bash
# rustls's unbuffered connections: the caller brings the buffers for what goes out and for what has come, and content is said
# to be had from the very buffer that it came in.
#
# One would expect: once the handshake is over, a record costs no memory but the caller's, in either direction.
# Seen: each record is copied into memory that is allocated for it and freed again: when it is encrypted (into a vector, and
# from there into the caller's buffer) and when it is decrypted (in the caller's buffer, and from there into a vector). So who
# changes to this interface for the sake of copies saves the library's outer buffers, and nothing for each record.
#
# Needs Rust and a C compiler; the crates are built in a temporary folder.
set -euo pipefail

rustls=0.23.46

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/src"
cat > "$place/Cargo.toml" <<TOML
[package]
name = "unbuffered"
version = "0.1.0"
edition = "2021"

[dependencies]
rustls = { version = "=$rustls", default-features = false, features = ["ring", "std"] }
rcgen = { version = "=0.14.5", default-features = false, features = ["ring"] }
TOML
cat > "$place/src/main.rs" <<'RUST'
use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::{
        atomic::{AtomicUsize, Ordering::Relaxed},
        Arc,
    },
};

use rustls::{
    client::UnbufferedClientConnection,
    crypto::ring::default_provider,
    pki_types::{PrivateKeyDer, ServerName},
    server::UnbufferedServerConnection,
    unbuffered::{ConnectionState, UnbufferedStatus},
    ClientConfig, RootCertStore, ServerConfig,
};

/// Counts what is allocated in pieces of a record's size.
struct Counting;

static BYTES: AtomicUsize = AtomicUsize::new(0);
const RECORD: usize = 16 * 1024;

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= RECORD {
            BYTES.fetch_add(layout.size(), Relaxed);
        }
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        System.dealloc(place, layout)
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Goes on with a handshake as far as what has come allows, and returns what is to be sent. True once it is over.
macro_rules! shake {
    ($end:expr, $came:expr, $out:expr) => {{
        let mut is_over = false;
        loop {
            let UnbufferedStatus { discard, state, .. } = $end.process_tls_records(&mut $came);
            let stop = match state.unwrap() {
                ConnectionState::EncodeTlsData(mut data) => {
                    let mut room = vec![0; 32 * 1024];
                    let count = data.encode(&mut room).unwrap();
                    $out.extend_from_slice(&room[..count]);
                    false
                }
                ConnectionState::TransmitTlsData(data) => {
                    data.done();
                    false
                }
                ConnectionState::BlockedHandshake => true,
                ConnectionState::WriteTraffic(_) => {
                    is_over = true;
                    true
                }
                _ => panic!("no state of a handshake"),
            };
            $came.drain(..discard);
            if stop {
                break is_over;
            }
        }
    }};
}

fn main() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(default_provider());
    let only = &[&rustls::version::TLS13];
    let client = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(only)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(only)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    server.send_tls13_tickets = 0;
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = UnbufferedClientConnection::new(Arc::new(client), name).unwrap();
    let mut server = UnbufferedServerConnection::new(Arc::new(server)).unwrap();
    let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
    loop {
        let here = shake!(client, to_client, to_server);
        let there = shake!(server, to_server, to_client);
        if here && there && to_client.is_empty() && to_server.is_empty() {
            break;
        }
    }

    let content = vec![7; 64 * RECORD];
    let mut wire = vec![0; content.len() * 2];
    BYTES.store(0, Relaxed);
    let sealed = match client.process_tls_records(&mut []).state.unwrap() {
        ConnectionState::WriteTraffic(mut traffic) => traffic.encrypt(&content, &mut wire).unwrap(),
        _ => panic!("nothing can be written"),
    };
    let when_encrypted = BYTES.swap(0, Relaxed);

    let (mut at, mut came) = (0, 0);
    while at < sealed {
        let UnbufferedStatus { mut discard, state, .. } = server.process_tls_records(&mut wire[at..sealed]);
        match state.unwrap() {
            ConnectionState::ReadTraffic(mut traffic) => {
                while let Some(record) = traffic.next_record() {
                    let record = record.unwrap();
                    discard += record.discard;
                    came += record.payload.len();
                }
            }
            _ => {}
        }
        at += discard;
    }
    let when_decrypted = BYTES.load(Relaxed);
    println!("{} bytes of content: {when_encrypted} bytes allocated to encrypt them, {when_decrypted} to decrypt them", content.len());
    assert_eq!(came, content.len());
    assert!(when_encrypted >= content.len() && when_decrypted >= content.len(), "it needs none any more");
}
RUST
echo "rustls $rustls"
(cd "$place" && cargo run -q --release)
echo "As described."
