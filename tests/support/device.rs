//! A whole engine with folders of its own, on loopback; and a peer without manners.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use airlift::{
    engine::{
        Command, Config, Consent, DeviceChange, Earlier, Engine, Event, Events, Handle, Manner, Multicast,
        PortChoice, Receiving, ReceivingState, Snapshot, Strangers, Update,
    },
    identity::Identity,
    model::{
        Address, DeviceId, DeviceName, Digest, Direction, Landing, Report, Source, Transfer, TransferId,
        TransferState, Trust,
    },
    net::{self, Connection, Tls},
    settings::Settings,
    wire::{
        FromReceiver, FromSender, content, frame,
        message::{RawAccess, RawEntry, RawKind, RawPurpose, RawSkipped, Stance},
    },
};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What takes longer than this on loopback has failed.
const PATIENCE: Duration = Duration::from_mins(1);

pub struct Device {
    pub engine: Engine,
    pub handle: Handle,
    pub inbox: TempDir,
    home: TempDir,
    events: Events,
    pub state: Snapshot,
}

impl Device {
    pub fn start(name: &str) -> Self {
        Self::start_at(name, tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), Earlier::None)
    }

    /// With a home that is there already.
    #[allow(dead_code, reason = "few tests have one")]
    pub fn start_in(name: &str, home: TempDir) -> Self {
        Self::start_at(name, home, tempfile::tempdir().unwrap(), Earlier::None)
    }

    /// Ends it as a person does who closes it; what it has kept is there afterwards.
    #[allow(dead_code, reason = "few tests look there")]
    pub fn stop(self) -> (TempDir, TempDir) {
        let Self { engine, home, inbox, .. } = self;
        engine.stop();
        (home, inbox)
    }

    /// Ends it as a person does who closes the window, and starts it anew: it goes on with what was left.
    pub fn restart(self) -> Self {
        let Self { engine, home, inbox, state, .. } = self;
        engine.stop();
        Self::start_at(state.device.name.as_str(), home, inbox, Earlier::All)
    }

    /// Ends it without a word, and starts it anew.
    pub fn crash(self) -> Self {
        let Self { engine, home, inbox, state, .. } = self;
        drop(engine);
        Self::start_at(state.device.name.as_str(), home, inbox, Earlier::All)
    }

    fn start_at(name: &str, home: TempDir, inbox: TempDir, earlier: Earlier) -> Self {
        let device_name = Some(DeviceName::parse(name).unwrap());
        let config = Config {
            home: home.path().to_owned(),
            device_name,
            limit: None,
            earlier,
            multicast: Multicast::Never,
        };
        let engine = Engine::start(config, Arc::new(|| {})).unwrap();
        let handle = engine.handle();
        let (state, events) = handle.subscribe();
        Self { engine, handle, inbox, home, events, state }
    }

    /// Where it keeps what it keeps.
    #[allow(dead_code, reason = "few tests look there")]
    pub fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    pub fn tell(&self, command: Command) {
        self.engine.block_on(self.handle.send(command)).unwrap();
    }

    /// Waits for offers on a free port, which it returns.
    pub fn receive(&mut self, consent: Consent) -> u16 {
        self.receive_on(0, consent)
    }

    pub fn receive_on(&mut self, port: u16, consent: Consent) -> u16 {
        let landing = Landing { folder: Some(self.inbox.path().to_owned()), ..Landing::default() };
        self.receive_into(port, consent, landing)
    }

    /// As the window does: into the folder of the settings.
    pub fn receive_as_set(&mut self, port: u16, consent: Consent, inbox: PathBuf) -> u16 {
        self.tell(Command::Apply(Settings { inbox, ..self.state.settings.clone() }));
        self.receive_into(port, consent, Landing::default())
    }

    pub fn receive_into(&mut self, port: u16, consent: Consent, landing: Landing) -> u16 {
        self.tell(Command::Receive(Receiving { port: PortChoice::Exactly(port), consent, landing }));
        self.until("listening", |state| match &state.receiving {
            ReceivingState::On { port, .. } => Some(*port),
            _ => None,
        })
    }

    /// Knows that device from now on: of a stranger, not all that ends badly is told.
    #[allow(dead_code, reason = "few tests have so much to be told")]
    pub fn know(&mut self, id: DeviceId) {
        self.tell(Command::Device { id, change: DeviceChange::Trust(Trust::Known) });
        self.until("that it is known", |state| (state.trust(id) == Trust::Known).then_some(()));
    }

    pub fn send(&self, port: u16, paths: &[PathBuf]) -> TransferId {
        let id = Handle::new_transfer();
        let to = Address { host: "127.0.0.1".into(), port: Some(port) };
        let sources = paths.iter().cloned().map(Source::Path).collect();
        let manner = Manner { strangers: Strangers::GoAhead, ..Manner::default() };
        self.tell(Command::Send { id, to: to.into(), sources, manner });
        id
    }

    /// Follows the events until the state has what is looked for.
    pub fn until<T>(&mut self, what: &str, found: impl Fn(&Snapshot) -> Option<T>) -> T {
        let Self { engine, events, state, .. } = self;
        engine
            .block_on(async {
                let waiting = async {
                    loop {
                        if let Some(found) = found(state) {
                            return found;
                        }
                        match events.next().await.expect("the engine lives") {
                            Update::Event(event) => state.apply(&event),
                            Update::Resync(snapshot) => *state = *snapshot,
                        }
                    }
                };
                tokio::time::timeout(PATIENCE, waiting).await
            })
            .unwrap_or_else(|_| panic!("waited too long for {what}: {:#?}", self.state.transfers))
    }

    /// The report of a transfer, once it has ended.
    pub fn report(&mut self, id: TransferId) -> Report {
        self.until("the end of a transfer", |state| report(state.transfer(id)?))
    }

    /// The report of the `nth` transfer that was received.
    pub fn received(&mut self, nth: usize) -> Report {
        self.until("the end of what is received", |state| {
            report(state.transfers.iter().filter(|t| t.direction == Direction::Receive).nth(nth)?)
        })
    }

    /// As [`Device::received`]; one that waits for a sender to come back is given up.
    pub fn received_or_given_up(&mut self, nth: usize) -> Report {
        let receives = |t: &&Transfer| t.direction == Direction::Receive;
        let waits = self.until("the end of what is received", |state| {
            let transfer = state.transfers.iter().filter(receives).nth(nth)?;
            match transfer.state {
                TransferState::Finished(_) => Some(None),
                TransferState::Interrupted { .. } => Some(Some(transfer.id)),
                _ => None,
            }
        });
        if let Some(id) = waits {
            self.tell(Command::Cancel(id));
        }
        self.received(nth)
    }

    /// Every event that was not yet read, whatever it is.
    pub fn drain(&mut self) -> Vec<Event> {
        let mut drained = Vec::new();
        while let Some(update) = self.events.try_next() {
            if let Update::Event(event) = update {
                self.state.apply(&event);
                drained.push(event);
            }
        }
        drained
    }

    /// What the inbox holds, by name.
    pub fn arrived(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.inbox.path())
            .unwrap()
            .map(|item| item.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// True when nothing stands beside the inbox that a peer could have put there.
    pub fn is_tidy(&self) -> bool {
        self.home.path().exists() && !self.inbox.path().parent().unwrap().join("escaped").exists()
    }
}

fn report(transfer: &Transfer) -> Option<Report> {
    match &transfer.state {
        TransferState::Finished(report) => Some((**report).clone()),
        _ => None,
    }
}

/// A peer that holds the connection itself and says what it likes.
pub struct Rogue {
    pub identity: Identity,
    pub tls: Tls,
}

impl Rogue {
    pub fn new() -> Self {
        let identity = Identity::ephemeral().unwrap();
        let tls = Tls::new(&identity).unwrap();
        Self { identity, tls }
    }

    pub async fn dial(&self, port: u16) -> Connection {
        let address = Address { host: "127.0.0.1".into(), port: Some(port) };
        net::dial(&address, &self.tls).await.unwrap()
    }

    /// A control connection on which both have said hello.
    pub async fn greet(&self, port: u16) -> Connection {
        let mut connection = self.dial(port).await;
        let hello = FromSender::Hello {
            name: "Rogue".into(),
            transfer: airlift::identity::random(),
            can: airlift::wire::message::CAN,
        };
        say(&mut connection, &hello).await;
        assert!(matches!(hear(&mut connection).await, Some(FromReceiver::Hello { .. })));
        meet(&mut connection).await;
        connection
    }

    /// The control connection and a content connection of an offer of these that was accepted.
    pub async fn accepted(&self, port: u16, entries: Vec<RawEntry>) -> (Connection, Connection) {
        let mut control = self.greet(port).await;
        say(&mut control, &FromSender::Entries(entries)).await;
        say(&mut control, &NOTHING_SKIPPED).await;
        let Some(FromReceiver::Accept { token }) = hear(&mut control).await else { panic!("not accepted") };
        let mut lane = self.dial(port).await;
        say(&mut lane, &FromSender::Lane { token }).await;
        (control, lane)
    }
}

/// A file of an offer.
pub fn file(path: &str, size: u64) -> RawEntry {
    RawEntry {
        path: path.into(),
        kind: RawKind::File { size: Some(size) },
        modified: None,
        access: RawAccess::Shared,
    }
}

/// The end of an offer of files.
pub const NOTHING_SKIPPED: FromSender = FromSender::Offered {
    skipped: RawSkipped { links: 0, special: 0, unreadable: 0 },
    purpose: RawPurpose::Files,
};

/// All that is said on the content connection of an offer of one small file that holds this.
pub fn content_of(file: &[u8]) -> Vec<u8> {
    let len = u32::try_from(file.len()).unwrap();
    let mut bytes = Vec::new();
    if len > 0 {
        bytes.extend_from_slice(&content::chunk_header(0, 0, len));
        bytes.extend_from_slice(file);
    }
    content::put_end(&mut bytes, 0, len.into(), Digest(*blake3::hash(file).as_bytes()));
    content::put_finish(&mut bytes, 1);
    bytes
}

/// What the sender says after hello. The answer to it comes when the receiver's person can see it.
pub async fn meet(connection: &mut Connection) {
    say(connection, &FromSender::Nonce { nonce: [7; 32], stance: Stance::GoesAhead }).await;
}

pub async fn say(connection: &mut Connection, message: &FromSender) {
    // The other side may have hung up already: the test looks at what it did, not at this.
    let _ = connection.stream.write_all(&frame::encode(message)).await;
    let _ = connection.stream.flush().await;
}

/// The next message that is about the transfer; `None` when the other side has closed.
pub async fn hear(connection: &mut Connection) -> Option<FromReceiver> {
    loop {
        match hear_any(connection).await? {
            FromReceiver::Alive | FromReceiver::Nonce(_) => {}
            message => return Some(message),
        }
    }
}

/// The next message; `None` when the other side has closed.
pub async fn hear_any(connection: &mut Connection) -> Option<FromReceiver> {
    let mut header = [0; frame::HEADER];
    connection.stream.read_exact(&mut header).await.ok()?;
    let mut body = vec![0; frame::body_len(header, 1 << 20).unwrap()];
    connection.stream.read_exact(&mut body).await.ok()?;
    Some(frame::decode(&body).unwrap())
}

/// An address on loopback as a text that [`Address`] understands.
pub fn at(address: SocketAddr) -> Address {
    address.to_string().parse().unwrap()
}
