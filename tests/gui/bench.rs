//! A window without a display, an engine that does what the test says, and a desktop that does
//! what the test expects of it.

use std::{
    cell::RefCell,
    collections::VecDeque,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime},
};

use airlift::{
    engine::{
        Command, DeviceCard, EngineEnd, Event, Gauge, InboxCard, Looking, Settings, Snapshot, Wake,
        history::{Asked, Count, Found, HistoryError, Page},
        seam,
    },
    gui::{App, Clipboard, Desktop, FilePicker, Find, Opener, Past, Pick, Picked, Reply},
    model::{
        DeviceId, DeviceKind, DeviceName, Direction, EntryKind, FileMode, KnownDevice, Nearby, Outcome, Peer,
        Progress, Proof, Report, Route, RouteAnswer, Sighting, Summary, TopItem, Transfer, TransferId,
        TransferState, Trust,
    },
};
use egui::{ViewportId, accesskit::Role};
use egui_kittest::{
    Harness, Node,
    kittest::{NodeT as _, Queryable as _},
};

/// Seconds between two frames.
pub const STEP: f32 = 0.05;
pub const INBOX: &str = "/srv/inbox";
/// The field for whatever has no card.
pub const LINE: &str = "To: code, name, address or link";

pub struct Bench {
    pub window: Harness<'static, App>,
    pub engine: EngineEnd,
    pub desk: Rc<Desk>,
}

/// What the desktop was asked, and what it will answer.
#[derive(Default)]
pub struct Desk {
    pub asked: RefCell<Vec<Pick>>,
    pub answers: RefCell<VecDeque<Picked>>,
    /// Dialogs that stay open.
    pub open: RefCell<Vec<Reply<Picked>>>,
    pub opened: RefCell<Vec<(&'static str, PathBuf)>>,
    /// What was copied in a file manager.
    pub copied: RefCell<Vec<PathBuf>>,
    /// Why nothing can be opened, if so.
    pub refusal: RefCell<Option<String>>,
}

struct At(Rc<Desk>);

impl FilePicker for At {
    fn pick(&self, what: Pick, reply: Reply<Picked>) {
        self.0.asked.borrow_mut().push(what);
        match self.0.answers.borrow_mut().pop_front() {
            Some(answer) => reply.send(answer),
            None => self.0.open.borrow_mut().push(reply),
        }
    }
}

impl Clipboard for At {
    fn files(&self, reply: Reply<Vec<PathBuf>>) {
        reply.send(self.0.copied.borrow().clone());
    }
}

impl At {
    fn open(&self, how: &'static str, path: &Path, reply: Reply<Result<(), String>>) {
        self.0.opened.borrow_mut().push((how, path.to_owned()));
        reply.send(self.0.refusal.borrow().clone().map_or(Ok(()), Err));
    }
}

impl Opener for At {
    fn open(&self, path: &Path, reply: Reply<Result<(), String>>) {
        At::open(self, "open", path, reply);
    }

    fn reveal(&self, path: &Path, reply: Reply<Result<(), String>>) {
        At::open(self, "reveal", path, reply);
    }
}

/// A history in which nothing is recorded.
pub struct Empty(Vec<Found>);

impl Empty {
    pub fn past() -> Box<dyn Past> {
        Box::new(Self(Vec::new()))
    }
}

impl Past for Empty {
    fn finder(&self, _: Wake) -> std::io::Result<Box<dyn Find>> {
        Ok(Box::new(Self(Vec::new())))
    }
}

impl Find for Empty {
    fn ask(&mut self, _: Asked) {
        self.0 = vec![Found::Count(Count::Exactly(0)), Found::Page(Page::default())];
    }

    fn answer(&mut self) -> Option<Result<Found, HistoryError>> {
        self.0.pop().map(Ok)
    }
}

pub fn snapshot() -> Snapshot {
    let settings = Settings { inbox: INBOX.into(), ..Settings::default() };
    let device = DeviceCard {
        id: DeviceId::of_public_key(b"this device"),
        name: DeviceName::parse("Quiet Heron").unwrap(),
    };
    let inbox = InboxCard { folder: settings.inbox.clone(), free: Some(212_000_000_000) };
    Snapshot { inbox, ..Snapshot::new(device, settings) }
}

impl Bench {
    pub fn new() -> Self {
        Self::with(snapshot(), [1040.0, 720.0])
    }

    pub fn with(snapshot: Snapshot, size: [f32; 2]) -> Self {
        Self::over(Empty::past(), snapshot, size)
    }

    /// A window over this history.
    pub fn over(past: Box<dyn Past>, snapshot: Snapshot, size: [f32; 2]) -> Self {
        let (handle, mut engine) = seam(snapshot, Arc::new(|| {}));
        let desk = Rc::new(Desk::default());
        let at = Rc::clone(&desk);
        let builder = Harness::builder()
            .with_size(size)
            .with_pixels_per_point(1.0)
            .with_max_steps(12)
            .with_step_dt(STEP);
        let window = builder.allow_missing_glyphs().build_eframe(move |cc| {
            let (picker, opener) = (Box::new(At(Rc::clone(&at))), Box::new(At(Rc::clone(&at))));
            let desktop = Desktop { picker, opener, clipboard: Box::new(At(at)), past };
            App::new(&cc.egui_ctx, handle, desktop)
        });
        // A window looks for devices from its first moment.
        assert!(matches!(engine.commands.try_recv(), Ok(Command::Look(Looking::On))));
        Self { window, engine, desk }
    }

    pub fn publish(&mut self, event: Event) {
        self.engine.publisher.publish(event);
        self.settle();
    }

    fn settle(&mut self) {
        if self.window.input().hovered_files.is_empty() {
            self.window.run();
        } else {
            // The window repaints for as long as something is dragged over it.
            self.window.run_steps(4);
        }
    }

    pub fn transfer(&mut self, transfer: &Transfer) {
        self.publish(Event::Transfer(Box::new(transfer.clone())));
    }

    /// What the engine was asked meanwhile.
    pub fn commands(&mut self) -> Vec<Command> {
        std::iter::from_fn(|| self.engine.commands.try_recv().ok()).collect()
    }

    /// The only thing the engine was asked meanwhile.
    pub fn command(&mut self) -> Command {
        let mut commands = self.commands();
        assert_eq!(commands.len(), 1, "{commands:?}");
        commands.remove(0)
    }

    /// True when a name or a text on the window holds this one.
    pub fn says(&self, text: &str) -> bool {
        self.said().iter().any(|said| said.contains(text))
    }

    #[track_caller]
    pub fn must_say(&self, text: &str) {
        assert!(self.says(text), "nothing says {text:?}, but these are said: {:#?}", self.said());
    }

    fn said(&self) -> Vec<String> {
        let nodes = self.window.root().children_recursive().map(|node| node.accesskit_node());
        nodes.flat_map(|node| [node.label(), node.value(), node.description()]).flatten().collect()
    }

    pub fn button<'a>(&'a self, name: &'a str) -> Option<Node<'a>> {
        self.window.query_by_role_and_label(Role::Button, name)
    }

    /// The button whose name begins so.
    #[track_caller]
    pub fn button_like(&self, begins: &str) -> Node<'_> {
        let mut buttons = self.window.query_all_by_role(Role::Button);
        let is_it =
            |node: &Node<'_>| node.accesskit_node().label().is_some_and(|label| label.starts_with(begins));
        buttons.find(is_it).unwrap_or_else(|| panic!("no button is called {begins}…"))
    }

    /// Leads to the cards of offers where they are out of sight, and lets the moment pass in which they can't be pressed.
    pub fn show_offers(&mut self) {
        let strip = |node: &Node<'_>| {
            let label = node.accesskit_node().label();
            label.is_some_and(|label| label.contains("wants to send") || label.contains("offers wait"))
        };
        let strip = self
            .window
            .query_all_by_role(Role::Button)
            .filter(|node| {
                let label = node.accesskit_node().label().unwrap_or_default();
                !["Accept", "Decline", "Choose"].iter().any(|word| label.starts_with(word))
            })
            .find(strip);
        if let Some(strip) = strip {
            strip.click();
        }
        self.window.run();
        self.wait(0.5);
    }

    /// True for a button that is there and can't be pressed.
    #[track_caller]
    pub fn is_dead(&self, button: &str) -> bool {
        self.button(button).expect("the button is there").accesskit_node().is_disabled()
    }

    /// The same of one of several choices.
    #[track_caller]
    pub fn is_dead_choice(&self, choice: &str) -> bool {
        self.window.get_by_role_and_label(Role::RadioButton, choice).accesskit_node().is_disabled()
    }

    #[track_caller]
    pub fn press(&mut self, name: &str) {
        self.window.get_by_role_and_label(Role::Button, name).click();
        self.window.run();
    }

    /// Shows what is behind a row's fold.
    #[track_caller]
    pub fn unfold(&mut self, title: &str) {
        let name = format!("Details: {title}");
        self.window.get_by_role_and_label(Role::DisclosureTriangle, &name).click();
        self.window.run();
    }

    /// What stands in the field for whatever has no card.
    pub fn line(&self) -> Option<String> {
        self.window.get_by_label(LINE).value()
    }

    /// Opens the page of settings.
    pub fn settings(&mut self) {
        self.press("More");
        self.press("Settings");
    }

    /// The button in the bar that leads to the quarantine.
    pub fn quarantine(&self) -> Option<Node<'_>> {
        self.window.query_all_by_role(Role::Button).find(|button| {
            button.accesskit_node().label().is_some_and(|label| label.starts_with("Show the quarantine"))
        })
    }

    #[track_caller]
    pub fn open_quarantine(&mut self) {
        self.quarantine().expect("something is in quarantine").click();
        self.window.run();
    }

    #[track_caller]
    pub fn type_into(&mut self, field: &str, text: &str) {
        self.window.get_by_role_and_label(Role::TextInput, field).focus();
        self.window.run();
        self.window.key_combination_modifiers(egui::Modifiers::COMMAND, &[egui::Key::A]);
        self.window.run();
        self.window.get_by_role_and_label(Role::TextInput, field).type_text(text);
        self.window.run();
    }

    /// These files are dragged over the window from elsewhere.
    pub fn drag(&mut self, paths: &[&str]) {
        let over = |path: &&str| egui::HoveredFile { path: Some(path.into()), ..Default::default() };
        self.window.input_mut().hovered_files = paths.iter().map(over).collect();
        self.settle();
    }

    pub fn drop_files(&mut self, paths: &[&str]) {
        self.window.input_mut().hovered_files.clear();
        for path in paths {
            self.window.input_mut().dropped_files.push(Arc::new(Dropped(path.into())));
        }
        self.window.run();
    }

    /// Lets some time pass, in seconds.
    pub fn wait(&mut self, seconds: f32) {
        let mut left = seconds;
        while left > 0.0 {
            self.window.step();
            left -= STEP;
        }
    }

    /// Lets the window settle, and says when it wants to draw again.
    pub fn next_frame_in(&mut self) -> Duration {
        self.window.run();
        self.window.output().viewport_output[&ViewportId::ROOT].repaint_delay
    }

    /// Answers everything that the window wants counted.
    pub fn measured(&mut self, summary: &Summary) {
        self.window.run();
        for command in self.commands() {
            match command {
                Command::Measure { reply, .. } => reply.send(Ok(summary.clone())).unwrap(),
                other => panic!("{other:?}"),
            }
        }
        self.window.run();
    }
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("only its path is used".to_owned())
    }
}

/// A gauge that stands still.
pub struct Still(pub Progress);

impl Gauge for Still {
    fn sample(&self) -> Progress {
        self.0.clone()
    }
}

pub fn file(name: &str, size: u64) -> TopItem {
    TopItem { name: name.to_owned(), kind: EntryKind::File { size: Some(size), mode: FileMode::Regular } }
}

pub fn summary(top: Vec<TopItem>) -> Summary {
    let mut summary = Summary::default();
    for item in &top {
        match item.kind {
            EntryKind::Folder => summary.folders += 1,
            EntryKind::File { size, .. } => {
                summary.files += 1;
                summary.bytes += size.unwrap_or_default();
            }
        }
    }
    Summary { top, ..summary }
}

pub fn peer(name: &str) -> Peer {
    Peer {
        id: Some(DeviceId::of_public_key(name.as_bytes())),
        name: Some(DeviceName::parse(name).unwrap()),
        address: "192.168.1.57:50123".to_owned(),
    }
}

/// A device that [`peer`] of this name is, at the address of this number.
pub fn nearby(name: &str, number: u8) -> Nearby {
    Nearby {
        id: DeviceId::of_public_key(name.as_bytes()),
        name: DeviceName::parse(name).unwrap(),
        kind: DeviceKind::Laptop,
        sighting: Sighting::Proved,
        routes: vec![Route {
            address: ([192, 168, 1, number], 27543).into(),
            interface: Some("eth0".to_owned()),
            answer: RouteAnswer::Proved(Duration::from_millis(3)),
        }],
    }
}

pub fn known(name: &str, trust: Trust) -> KnownDevice {
    KnownDevice {
        id: DeviceId::of_public_key(name.as_bytes()),
        name: DeviceName::parse(name).unwrap(),
        kind: DeviceKind::Phone,
        trust,
        proof: Proof::Compared,
        folder: None,
        recording: airlift::model::Recording::default(),
        addresses: Vec::new(),
        met: SystemTime::now() - Duration::from_hours(24 * 40),
        seen: SystemTime::now() - Duration::from_mins(125),
    }
}

pub fn transfer(number: u8, direction: Direction, top: Vec<TopItem>, state: TransferState) -> Transfer {
    Transfer {
        summary: summary(top),
        folder: (direction == Direction::Receive).then(|| INBOX.into()),
        free: (direction == Direction::Receive).then_some(212_000_000_000),
        ..Transfer::new(TransferId([number; 16]), direction, peer("Pixel 9"), state)
    }
}

pub fn ended(outcome: Outcome) -> TransferState {
    TransferState::Finished(Box::new(Report::of(outcome)))
}
