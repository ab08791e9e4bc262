//! What the desktop does for the window: file dialogs, opening what was received.
//!
//! Both are slow and may hang, so each runs on a thread of its own and answers through a
//! [`Reply`], which wakes the window. Tests put their own behind the traits.

mod copied;
mod opening;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
    thread::JoinHandle,
};

use crate::engine::Wake;

/// What a file dialog is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Files to send.
    Files,
    /// Folders to send.
    Folders,
    /// One folder to store into; the dialog starts in this one.
    Destination(PathBuf),
}

/// How a file dialog ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// These; nothing when it was cancelled.
    Chosen(Vec<PathBuf>),
    /// No dialog could be shown on this desktop.
    NoDialog,
}

/// Shows file dialogs. Must return at once and answer later.
pub trait FilePicker {
    fn pick(&self, what: Pick, reply: Reply<Picked>);
}

/// Opens files and folders in other programs. Must return at once and answer later; the answer
/// is the reason when it failed.
pub trait Opener {
    fn open(&self, path: &Path, reply: Reply<Result<(), String>>);
    /// Shows a file in its folder.
    fn reveal(&self, path: &Path, reply: Reply<Result<(), String>>);
}

/// Says what was copied elsewhere. Must return at once and answer later.
pub trait Clipboard {
    /// Files that were copied, or a picture as a file; nothing where a text was.
    fn files(&self, reply: Reply<Vec<PathBuf>>);
}

/// Answers one question and wakes the window. Dropping it unanswered means “no”.
pub struct Reply<T> {
    sender: SyncSender<T>,
    _woken: WakeOnDrop,
}

struct WakeOnDrop(Wake);

impl Drop for WakeOnDrop {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl<T> Reply<T> {
    /// Answers; who asked is woken.
    pub fn send(self, answer: T) {
        // A window that no longer waits has no use for the answer.
        let _ = self.sender.try_send(answer);
    }
}

/// Waits for a [`Reply`].
pub struct Pending<T>(Receiver<T>);

/// Where a question stands.
pub enum Heard<T> {
    NotYet,
    Answer(T),
    /// It will never be answered.
    Nothing,
}

/// Makes a question: the end that waits and the end that answers.
pub fn question<T>(wake: Wake) -> (Pending<T>, Reply<T>) {
    let (sender, receiver) = sync_channel(1);
    (Pending(receiver), Reply { sender, _woken: WakeOnDrop(wake) })
}

impl<T> Pending<T> {
    pub fn hear(&self) -> Heard<T> {
        match self.0.try_recv() {
            Ok(answer) => Heard::Answer(answer),
            Err(TryRecvError::Empty) => Heard::NotYet,
            Err(TryRecvError::Disconnected) => Heard::Nothing,
        }
    }
}

/// The desktop that this program runs on.
#[derive(Default)]
pub struct Native {
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Where pictures that were pasted are until the window closes.
    pasted: Mutex<Option<tempfile::TempDir>>,
}

impl Native {
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Runs an errand on a thread of its own. Dropping the window joins those that have ended;
    /// one that hangs in another program's dialog can't be ended, and ends with the process.
    fn errand<T: Send + 'static>(
        &self,
        name: &str,
        reply: Reply<T>,
        errand: impl FnOnce() -> T + Send + 'static,
    ) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for ended in threads.extract_if(.., |thread| thread.is_finished()) {
            reap(ended);
        }
        let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(move || reply.send(errand()));
        match spawned {
            Ok(thread) => threads.push(thread),
            // The reply went with the closure: whoever waits hears “no”.
            Err(problem) => tracing::error!(%problem, "the system gives no thread"),
        }
    }
}

fn reap(thread: JoinHandle<()>) {
    if thread.join().is_err() {
        tracing::error!("a thread that spoke with the desktop broke down");
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        let threads = self.threads.get_mut().unwrap_or_else(PoisonError::into_inner);
        threads.drain(..).filter(JoinHandle::is_finished).for_each(reap);
    }
}

impl FilePicker for Arc<Native> {
    fn pick(&self, what: Pick, reply: Reply<Picked>) {
        self.errand("dialog", reply, move || {
            let dialog = rfd::FileDialog::new();
            // Always the plural questions: only they tell “cancelled” from “no dialog”.
            let chosen = match what {
                Pick::Files => dialog.set_title("Choose files to send").pick_files(),
                Pick::Folders => dialog.set_title("Choose folders to send").pick_folders(),
                Pick::Destination(start) => {
                    dialog.set_title("Choose a folder to store into").set_directory(start).pick_folders()
                }
            };
            chosen.map_or(Picked::NoDialog, Picked::Chosen)
        });
    }
}

impl Clipboard for Arc<Native> {
    fn files(&self, reply: Reply<Vec<PathBuf>>) {
        let mut pasted = self.pasted.lock().unwrap_or_else(PoisonError::into_inner);
        if pasted.is_none() {
            let made = tempfile::Builder::new().prefix("airlift-pasted-").tempdir();
            *pasted =
                made.inspect_err(|problem| tracing::info!(%problem, "no folder for pasted pictures")).ok();
        }
        let Some(folder) = pasted.as_ref().map(|folder| folder.path().to_owned()) else {
            return reply.send(Vec::new());
        };
        self.errand("clipboard", reply, move || copied::files(&folder));
    }
}

impl Opener for Arc<Native> {
    fn open(&self, path: &Path, reply: Reply<Result<(), String>>) {
        let path = path.to_owned();
        self.errand("open", reply, move || opening::open(&path));
    }

    fn reveal(&self, path: &Path, reply: Reply<Result<(), String>>) {
        let path = path.to_owned();
        self.errand("reveal", reply, move || opening::reveal(&path));
    }
}
