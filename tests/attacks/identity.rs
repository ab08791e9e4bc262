//! Who is at the other end of the encryption, tried from outside with other keys, other certificates and other
//! versions of TLS.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use airlift::{
    engine::{self, Consent, Handle, Manner, Strangers},
    identity::Identity,
    model::{DeviceId, Link, Outcome, Source, Target},
    net::{self, NetError, Tls},
    wire::{self, FromReceiver, FromSender, frame},
};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, HandshakeKind, ServerConfig, ServerConnection,
    SignatureAlgorithm, SignatureScheme,
    client::{
        ResolvesClientCert,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime},
    server::{ClientHello, ResolvesServerCert},
    sign::{CertifiedKey, Signer, SigningKey},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    loud::skipped,
    support::device::{Device, NOTHING_SKIPPED, Rogue, at, content_of, file, hear, meet, say},
};

/// What takes longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Believes everybody.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519, SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

/// Shows this certificate and signs with this key, whatever the other side asks for.
#[derive(Debug)]
pub struct Stubborn {
    shown: Option<Arc<CertifiedKey>>,
}

#[derive(Debug)]
struct Key(Arc<dyn SigningKey>);

impl SigningKey for Key {
    fn choose_scheme(&self, _: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        self.0.choose_scheme(&[SignatureScheme::ED25519, SignatureScheme::ECDSA_NISTP256_SHA256])
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm()
    }
}

impl Stubborn {
    fn with(certificate: CertificateDer<'static>, key: &PrivateKeyDer<'static>) -> Self {
        let key = Key(aws_lc_rs::sign::any_supported_type(key).unwrap());
        Self { shown: Some(Arc::new(CertifiedKey::new(vec![certificate], Arc::new(key)))) }
    }

    pub fn honest() -> Self {
        let identity = Identity::ephemeral().unwrap();
        Self::with(identity.certificate(), &identity.private_key())
    }

    /// The certificate of one, and the key of another.
    fn thief() -> Self {
        let (owner, thief) = (Identity::ephemeral().unwrap(), Identity::ephemeral().unwrap());
        Self::with(owner.certificate(), &thief.private_key())
    }

    fn made(key: &KeyPair, params: &CertificateParams) -> Self {
        let certificate = params.self_signed(key).unwrap().der().clone();
        Self::with(certificate, &PrivatePkcs8KeyDer::from(key.serialize_der()).into())
    }

    fn expired() -> Self {
        let mut params = CertificateParams::new(vec!["x".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(1979, 1, 1);
        params.not_after = rcgen::date_time_ymd(1980, 1, 1);
        Self::made(&KeyPair::generate_for(&PKCS_ED25519).unwrap(), &params)
    }

    fn of_another_kind() -> Self {
        let params = CertificateParams::new(vec!["x".to_owned()]).unwrap();
        Self::made(&KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap(), &params)
    }
}

impl ResolvesClientCert for Stubborn {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.shown.clone()
    }

    fn has_certs(&self) -> bool {
        self.shown.is_some()
    }
}

impl ResolvesServerCert for Stubborn {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.shown.clone()
    }
}

pub fn client(who: Stubborn, alpn: &[&[u8]]) -> Arc<ClientConfig> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_client_cert_resolver(Arc::new(who));
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Arc::new(config)
}

/// Calls, says hello, and waits for an answer: the connection on which one came.
fn knock(port: u16, config: Arc<ClientConfig>) -> Result<ClientConnection, String> {
    let mut tls = ClientConnection::new(config, ServerName::try_from("127.0.0.1").unwrap()).unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let hello =
        FromSender::Hello { name: "Rogue".into(), transfer: [1; 16], can: airlift::wire::message::CAN };
    let mut stream = rustls::Stream::new(&mut tls, &mut socket);
    stream.write_all(&frame::encode(&hello)).map_err(|e| e.to_string())?;
    stream.read_exact(&mut [0; frame::HEADER]).map_err(|e| e.to_string())?;
    Ok(tls)
}

fn receiving() -> (Device, u16) {
    let mut device = Device::start("Ben");
    let port = device.receive(Consent::All);
    (device, port)
}

#[test]
fn i2_who_is_nobody_or_another_or_of_another_kind_is_not_answered_cve_2025_66270() {
    let (device, port) = receiving();
    for (what, who) in [
        ("no certificate", Stubborn { shown: None }),
        ("another's certificate, without its key", Stubborn::thief()),
        ("a key that is not Ed25519", Stubborn::of_another_kind()),
    ] {
        let answer = knock(port, client(who, &[wire::ALPN]));
        assert!(answer.is_err(), "{what} was answered");
    }
    assert!(device.state.transfers.is_empty());
    assert!(knock(port, client(Stubborn::honest(), &[wire::ALPN])).is_ok());
}

#[test]
fn p18_dates_in_a_certificate_mean_nothing() {
    let (_device, port) = receiving();
    assert!(knock(port, client(Stubborn::expired(), &[wire::ALPN])).is_ok());
}

#[test]
fn p5_whoever_names_no_version_or_another_is_not_answered() {
    let (_device, port) = receiving();
    for alpn in [&[][..], &[&b"airlift/0"[..]], &[&b"http/1.1"[..], b"h2"]] {
        assert!(knock(port, client(Stubborn::honest(), alpn)).is_err(), "{alpn:?}");
    }
}

#[test]
fn i2_no_session_can_be_taken_up_again() {
    let (_device, port) = receiving();
    let config = client(Stubborn::honest(), &[wire::ALPN]);
    for _ in 0..3 {
        let tls = knock(port, Arc::clone(&config)).unwrap();
        assert_eq!(tls.handshake_kind(), Some(HandshakeKind::Full));
        assert_eq!(tls.tls13_tickets_received(), 0, "a ticket was given");
        assert!(!tls.is_early_data_accepted());
    }
}

/// Keeps what is written.
struct Tape {
    socket: TcpStream,
    written: Vec<u8>,
}

impl std::io::Read for Tape {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        self.socket.read(buf)
    }
}

impl std::io::Write for Tape {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        let count = self.socket.write(buf)?;
        self.written.extend_from_slice(&buf[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.socket.flush()
    }
}

#[test]
fn p12_every_byte_of_an_honest_connection_said_again_is_nothing() {
    let (device, port) = receiving();
    let config = client(Stubborn::honest(), &[wire::ALPN]);
    let mut tls = ClientConnection::new(config, ServerName::try_from("127.0.0.1").unwrap()).unwrap();
    let mut tape = Tape { socket: TcpStream::connect(("127.0.0.1", port)).unwrap(), written: Vec::new() };
    let hello =
        FromSender::Hello { name: "Anna".into(), transfer: [1; 16], can: airlift::wire::message::CAN };
    let mut stream = rustls::Stream::new(&mut tls, &mut tape);
    stream.write_all(&frame::encode(&hello)).unwrap();
    stream.read_exact(&mut [0; frame::HEADER]).unwrap();

    let mut again = TcpStream::connect(("127.0.0.1", port)).unwrap();
    again.set_read_timeout(Some(PATIENCE)).unwrap();
    again.write_all(&tape.written).unwrap();
    // It is hung up on; a reset is as good.
    let ended = again.read_to_end(&mut Vec::new());
    assert!(ended.is_ok() || ended.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset));
    assert!(device.state.transfers.is_empty());
}

#[test]
fn p12_another_device_that_says_the_same_transfer_takes_nothing_over() {
    let (mut device, port) = receiving();
    let (owner, thief) = (Rogue::new(), Rogue::new());
    let hello =
        FromSender::Hello { name: "Rogue".into(), transfer: [9; 16], can: airlift::wire::message::CAN };
    let last = device.engine.block_on(async {
        let mut control = owner.dial(port).await;
        say(&mut control, &hello).await;
        assert!(matches!(hear(&mut control).await, Some(FromReceiver::Hello { .. })));
        meet(&mut control).await;
        say(&mut control, &FromSender::Entries(vec![file("mine", 0)])).await;
        say(&mut control, &NOTHING_SKIPPED).await;
        let Some(FromReceiver::Accept { token }) = hear(&mut control).await else { panic!("not accepted") };
        let mut other = thief.dial(port).await;
        say(&mut other, &hello).await;
        assert!(matches!(hear(&mut other).await, Some(FromReceiver::Hello { .. })));
        let mut lane = owner.dial(port).await;
        say(&mut lane, &FromSender::Lane { token }).await;
        lane.stream.write_all(&content_of(b"")).await.unwrap();
        lane.stream.flush().await.unwrap();
        loop {
            let heard = hear(&mut control).await;
            if matches!(heard, Some(FromReceiver::Done) | None) {
                break heard;
            }
        }
    });
    assert_eq!(last, Some(FromReceiver::Done));
    assert_eq!(device.received(0).outcome, Outcome::Complete);
}

#[test]
fn p14_tls_1_2_is_not_spoken() {
    let (_device, port) = receiving();
    let version = |version: &str| {
        Command::new("openssl")
            .args(["s_client", version, "-alpn", "airlift/2", "-connect", &format!("127.0.0.1:{port}")])
            .stdin(Stdio::null())
            .output()
    };
    let Ok(old) = version("-tls1_2") else {
        return skipped("TLS 1.2", "there is no openssl here");
    };
    let said = String::from_utf8_lossy(&old.stderr);
    assert!(!old.status.success() && said.contains("alert protocol version"), "{said}");
    let new = version("-tls1_3").unwrap();
    let said = String::from_utf8_lossy(&new.stdout);
    assert!(said.contains("New, TLSv1.3"), "{said}");
}

/// Answers two calls as that server would, and says whether each was a whole handshake.
fn answering(who: Stubborn, alpn: &[&[u8]]) -> (u16, JoinHandle<Vec<Option<HandshakeKind>>>) {
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth();
    let mut config = config.with_cert_resolver(Arc::new(who));
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(config);
    let answering = std::thread::spawn(move || {
        let answer = |_| {
            let (mut socket, _) = listener.accept().unwrap();
            let mut tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            // Whatever comes of it shows at the other end.
            let _ = tls.complete_io(&mut socket);
            let _ = tls.complete_io(&mut socket);
            tls.handshake_kind()
        };
        (0..2).map(answer).collect()
    });
    (port, answering)
}

#[test]
fn i2_a_receiver_with_anothers_certificate_or_another_kind_of_key_is_sent_nothing_cve_2025_54792() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tls = Tls::new(&Identity::ephemeral().unwrap()).unwrap();
    let dial = |who, alpn: &[&[u8]]| {
        let (port, _) = answering(who, alpn);
        runtime.block_on(net::dial(&at(([127, 0, 0, 1], port).into()), &tls))
    };
    assert!(dial(Stubborn::thief(), &[wire::ALPN]).is_err(), "another's certificate, without its key");
    assert!(dial(Stubborn::of_another_kind(), &[wire::ALPN]).is_err(), "a key that is not Ed25519");
    assert!(dial(Stubborn::expired(), &[wire::ALPN]).is_ok(), "dates mean nothing");
    // P5: one that names no version.
    assert!(matches!(dial(Stubborn::honest(), &[]), Err(NetError::NotAirlift { .. })));
}

#[test]
fn i2_every_call_proves_both_keys_anew_whatever_tickets_a_receiver_gives() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tls = Tls::new(&Identity::ephemeral().unwrap()).unwrap();
    let (port, answered) = answering(Stubborn::honest(), &[wire::ALPN]);
    for _ in 0..2 {
        let mut connection = runtime.block_on(net::dial(&at(([127, 0, 0, 1], port).into()), &tls)).unwrap();
        // Its tickets come with the end, whatever that is.
        let _ = runtime.block_on(async {
            connection.stream.shutdown().await?;
            connection.stream.read_to_end(&mut Vec::new()).await
        });
    }
    assert_eq!(answered.join().unwrap(), [Some(HandshakeKind::Full); 2]);
}

/// As a sender opens its content connections.
#[test]
fn i2_whoever_has_taken_the_address_of_a_device_meanwhile_gets_no_further_connection() {
    let (device, port) = receiving();
    let tls = Tls::new(&Identity::ephemeral().unwrap()).unwrap();
    let dial = |peer| {
        device.engine.block_on(net::dial_again(
            ([127, 0, 0, 1], port).into(),
            peer,
            &tls,
            net::Packets::Usual,
        ))
    };
    let another = Identity::ephemeral().unwrap().id();
    assert!(matches!(dial(another), Err(NetError::OtherDevice { .. })));
    assert!(dial(device.state.device.id).is_ok());
}

#[test]
fn i2_whoever_waits_where_a_link_leads_and_has_another_key_is_sent_nothing() {
    let (mut device, port) = receiving();
    let mut anna = Device::start("Anna");
    let file = anna.inbox.path().join("letter");
    std::fs::write(&file, b"for Ben alone").unwrap();
    let another = Identity::ephemeral().unwrap().id();
    let send = |to: DeviceId| {
        let link = Link { id: to, address: at(([127, 0, 0, 1], port).into()) };
        let (id, sources) = (Handle::new_transfer(), vec![Source::Path(file.clone())]);
        let manner = Manner { strangers: Strangers::GoAhead, ..Manner::default() };
        anna.tell(engine::Command::Send { id, to: Target::Link(link), sources, manner });
        id
    };
    let (wrong, right) = (send(another), send(device.state.device.id));
    let outcome = anna.report(wrong).outcome;
    assert!(
        matches!(&outcome, Outcome::Failed(problem) if problem.text.contains("another one than before")),
        "{outcome:?}"
    );
    assert_eq!(anna.report(right).outcome, Outcome::Complete);
    device.received(0);
    assert_eq!(device.state.transfers.len(), 1);
}

#[test]
fn i2_whoever_answers_in_another_device_s_place_learns_nothing_of_who_has_called() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let device = || {
        let identity = Identity::ephemeral().unwrap();
        (identity.id(), Tls::new(&identity).unwrap())
    };
    let ((us, ours), (ben, bens), (_, liars)) = (device(), device(), device());
    runtime.block_on(async {
        for (tls, is_ben) in [(liars, false), (bens, true)] {
            let listener = net::Listener::loopback(tls).unwrap();
            let address = ([127, 0, 0, 1], listener.port().unwrap()).into();
            let answering = async { listener.accept().await.unwrap().identify().await };
            let (called, answered) =
                tokio::join!(net::dial_again(address, ben, &ours, net::Packets::Usual), answering);
            match (called, answered) {
                (Ok(ben), Ok(connection)) if is_ben => {
                    assert_eq!(connection.peer, us);
                    drop(ben);
                }
                (Err(net::NetError::OtherDevice { .. }), Err(_)) if !is_ben => {}
                (called, answered) => panic!("{is_ben}: {called:?} {answered:?}"),
            }
        }
    });
}

#[test]
fn p13_who_sends_to_this_very_device_on_this_machine_may() {
    let (mut device, port) = receiving();
    let place = tempfile::tempdir().unwrap();
    let source = place.path().join("x");
    std::fs::write(&source, b"x").unwrap();
    let id = device.send(port, &[source]);
    assert_eq!(device.report(id).outcome, Outcome::Complete);
    assert_eq!(device.received(0).outcome, Outcome::Complete);
    assert_eq!(device.arrived(), ["x"]);
}
