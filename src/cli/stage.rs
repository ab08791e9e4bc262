//! A stage for tests of this face: the engine's end of the seam, played from a script.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::mpsc;

use super::{
    json::Json,
    news::{News, Tell},
    render::{
        Screen,
        shown::{Shown, screen},
    },
};
use crate::{
    engine::{Command, DeviceCard, EngineEnd, Event, Gauge, Handle, InboxCard, Settings, Snapshot, seam},
    model::{
        Access, DeviceId, DeviceName, Digest, Direction, Entry, EntryKind, FileMode, Outcome, Peer, Progress,
        RelPath, Report, Summary, Transfer, TransferId, TransferState,
    },
};

/// Longer than any test takes that works.
const DEADLINE: Duration = Duration::from_secs(20);

/// The engine's part.
pub struct Stage {
    pub handle: Handle,
    pub end: EngineEnd,
    pub interrupt: mpsc::Sender<()>,
    pub interrupts: Option<mpsc::Receiver<()>>,
}

impl Stage {
    pub fn set() -> Self {
        let settings = Settings { inbox: PathBuf::from("/home/anna/in"), ..Settings::default() };
        let device = DeviceCard { id: DeviceId::of_public_key(b"this"), name: name("This one") };
        let inbox = InboxCard { folder: settings.inbox.clone(), free: Some(5_000) };
        let (handle, end) = seam(Snapshot { inbox, ..Snapshot::new(device, settings) }, Arc::new(|| {}));
        let (interrupt, interrupts) = mpsc::channel(1);
        Self { handle, end, interrupt, interrupts: Some(interrupts) }
    }

    pub async fn command(&mut self) -> Command {
        within(self.end.commands.recv()).await.expect("the face is still there")
    }

    pub fn say(&self, transfer: &Transfer, state: TransferState) {
        self.end.publisher.publish(Event::Transfer(Box::new(Transfer { state, ..transfer.clone() })));
    }

    pub fn finish(&self, transfer: &Transfer, outcome: Outcome) {
        self.say(transfer, TransferState::Finished(Box::new(Report::of(outcome))));
    }

    /// Shows this progress, and waits until the face has sampled it.
    pub async fn progress(&self, id: TransferId, progress: Progress) {
        let (to, mut sampled) = mpsc::channel(1);
        self.end.publisher.show_progress(id, Arc::new(Dial { progress, to }));
        within(sampled.recv()).await.expect("the gauge is still there");
    }
}

struct Dial {
    progress: Progress,
    to: mpsc::Sender<()>,
}

impl Gauge for Dial {
    fn sample(&self) -> Progress {
        let _ = self.to.try_send(());
        self.progress.clone()
    }
}

/// Fails a test instead of letting it hang.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("it happens in time")
}

pub fn name(text: &str) -> DeviceName {
    DeviceName::parse(text).unwrap()
}

/// Two files and a folder, from or for Anna's laptop.
pub fn transfer(id: u8, direction: Direction) -> Transfer {
    let mut summary = Summary::default();
    let file = |size| EntryKind::File { size: Some(size), mode: FileMode::Regular };
    for (path, kind) in [("photo.jpg", file(3_000)), ("trip", EntryKind::Folder), ("trip/a", file(500))] {
        summary.add(&Entry {
            path: RelPath::parse(path).unwrap(),
            kind,
            access: Access::Shared,
            modified: None,
            holes: 0,
        });
    }
    let peer = Peer {
        id: Some(DeviceId::of_public_key(b"anna")),
        name: Some(name("Anna’s laptop")),
        address: "192.168.1.20".to_owned(),
    };
    Transfer {
        summary,
        folder: (direction == Direction::Receive).then(|| PathBuf::from("/home/anna/in")),
        free: (direction == Direction::Receive).then_some(5_000),
        ..Transfer::new(TransferId([id; 16]), direction, peer, TransferState::Connecting)
    }
}

/// The end of [`transfer`] when all went well.
pub fn complete(t: &Transfer) -> Report {
    let saved = match (&t.folder, t.direction) {
        (Some(folder), Direction::Receive) => vec![folder.join("photo.jpg"), folder.join("trip")],
        _ => Vec::new(),
    };
    Report {
        files: 2,
        bytes: 3_500,
        took: Duration::from_millis(500),
        digest: Some(Digest([0xab; 32])),
        saved,
        ..Report::of(Outcome::Complete)
    }
}

/// Tells in JSON, to be read back.
pub struct Told {
    screen: Screen,
    out: Shown,
    err: Shown,
}

impl Told {
    pub fn new() -> Self {
        let (screen, out, err) = screen();
        Self { screen, out, err }
    }

    pub fn json(&self) -> Vec<serde_json::Value> {
        self.out.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The kinds of lines, in their order; repeated progress once.
    pub fn events(&self) -> Vec<String> {
        let mut kinds: Vec<_> =
            self.json().iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect();
        kinds.dedup_by(|a, b| a == b && a == "progress");
        kinds
    }

    pub fn asked(&self) -> String {
        self.err.text()
    }

    pub fn asked_by(&self) -> Shown {
        self.err.clone()
    }
}

impl Tell for Told {
    fn tell(&mut self, news: News<'_>) {
        Json::new(&mut self.screen).tell(news);
    }

    fn ask(&mut self, lines: &[String]) {
        Json::new(&mut self.screen).ask(lines);
    }

    fn answered(&mut self) {}
}
