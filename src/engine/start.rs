//! Starting and stopping the engine: its runtime, its data folder, its first snapshot.

use std::{
    future::Future,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{runtime::Runtime, task::JoinHandle};

use super::{
    actor::{Actor, ForThisRun},
    cards::DeviceCard,
    command::Command,
    config::Config,
    handle::{Handle, Wake, seam},
    history::Writer,
    home,
    snapshot::Snapshot,
    trust::devices::Devices,
};
use crate::{
    disk,
    identity::{Identity, IdentityError, TrustError, TrustStore},
    model::{Problem, ProblemKind, Side, text},
    net::Tls,
    settings::Settings,
    wire::limits,
};

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "The folder {} for Airlift’s own data can’t be used: {}. Name another with --home.",
        path.display(), text::reason(.source)
    )]
    Home { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error("This device’s key can’t be used for secure connections: {0}.")]
    Tls(String),
    #[error(
        "The system lets Airlift hold no more than {most} files open at once here, and it needs {}. Start it with a higher limit (ulimit -n 1024).",
        disk::FEWEST_OPEN_FILES
    )]
    Handles { most: u64 },
    #[error("The system gives no threads: {}.", text::reason(.0))]
    Runtime(io::Error),
}

/// What a person is told whose settings are the ones of the first start again.
fn unread(kept: &Path) -> Problem {
    let text = format!(
        "Airlift’s settings could not be read, so they are as they were at first. The file with the old ones is kept: {}.",
        kept.display()
    );
    Problem { side: Side::Here, kind: ProblemKind::Files, text }
}

/// How long the engine may take to say goodbye to its peers before it is cut off: each peer is
/// given [`limits::ENDING`] for each of: the last word, closing the link, stopping the stages. All
/// peers at once.
const GOODBYE: Duration = Duration::from_secs(7);

/// How long what has happened may take to be recorded when all else has ended.
const RECORDING: Duration = Duration::from_secs(10);

/// The running engine. Dropping it ends every transfer, and waits [`limits::ENDING`] at most until
/// their files are let go of; [`Engine::stop`] also says goodbye.
pub struct Engine {
    runtime: Option<Runtime>,
    handle: Handle,
    actor: Option<JoinHandle<()>>,
    writer: Option<Writer>,
}

impl Engine {
    /// Starts the engine on threads of its own. `wake` is called after every change.
    ///
    /// # Errors
    /// When the data folder or the key in it can't be used.
    pub fn start(config: Config, wake: Wake) -> Result<Self, StartError> {
        disk::raise_open_files();
        if let Some(most) = disk::most_open_files().filter(|most| *most < disk::FEWEST_OPEN_FILES) {
            return Err(StartError::Handles { most });
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("airlift")
            .enable_all()
            .build()
            .map_err(StartError::Runtime)?;
        {
            // Before anything is written.
            let _inside = runtime.enter();
            if let Err(problem) = disk::survive_limit_of_size() {
                tracing::warn!(%problem, "a file beyond a limit of the system would end this program");
            }
        }
        let home = config.home;
        let unusable = |source| StartError::Home { path: home.clone(), source };
        home::make(&home).map_err(unusable)?;
        let identity = Identity::load_or_create(&home)?;
        // The key is there by now.
        let off_limits = home::off_limits(&home).map_err(unusable)?;
        let tls = Tls::new(&identity).map_err(|e| StartError::Tls(e.to_string()))?;
        let (settings, aside) = Settings::load_or_set_aside(&home).map_err(unusable)?;
        let (name, limit) = (config.device_name, config.limit);
        let device = DeviceCard { id: identity.id(), name: name.clone().unwrap_or_else(|| settings.name()) };
        let store = TrustStore::open(&home)?;
        let unread = aside.as_deref().map(unread);
        let snapshot = Snapshot { known: store.devices(), unread, ..Snapshot::new(device, settings) };
        let (handle, end) = seam(snapshot, wake);
        let devices = Devices::new(store, end.publisher.clone());
        let for_this_run = ForThisRun { name, limit, multicast: config.multicast };
        let writer = Writer::start(&home, &end.publisher).map_err(StartError::Runtime)?;
        let recorder = writer.recorder(devices.clone(), end.publisher.clone());
        let actor = {
            // It has tasks from its first moment.
            let _inside = runtime.enter();
            Actor::new((home, off_limits), tls, (devices, recorder), for_this_run, end)
        };
        let actor = runtime.spawn(actor.run(config.earlier));
        Ok(Self { runtime: Some(runtime), handle, actor: Some(actor), writer: Some(writer) })
    }

    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Runs a face's own future on the engine's threads, for a face that has no runtime.
    ///
    /// # Panics
    /// When called from within a runtime.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.as_ref().expect("the runtime lives as long as the engine").block_on(future)
    }

    /// Ends every transfer, tells the other devices, and waits until that is done, for a few
    /// seconds at most, and ten more until what has happened is recorded. What of this run is missing in the history, or
    /// was damaged in it: nobody may have listened any more when that was found.
    pub fn stop(mut self) -> Vec<Problem> {
        let (Some(runtime), Some(actor)) = (self.runtime.take(), self.actor.take()) else {
            return Vec::new();
        };
        let handle = self.handle.clone();
        runtime.block_on(async {
            let goodbye = async {
                // Gone already means stopped already.
                let _ = handle.send(Command::Shutdown).await;
                if let Err(panic) = actor.await {
                    tracing::error!(%panic, "the engine broke down");
                }
            };
            if tokio::time::timeout(GOODBYE, goodbye).await.is_err() {
                tracing::warn!("the engine took too long to say goodbye");
            }
        });
        // A disk that is still being waited for may clear away what is not whole.
        runtime.shutdown_timeout(limits::ENDING);
        self.writer.take().map(|writer| writer.finish(RECORDING)).unwrap_or_default()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Until then files are locked that the next engine on this home wants.
            runtime.shutdown_timeout(limits::ENDING);
            if let Some(writer) = self.writer.take() {
                // It is in the log.
                let _ = writer.finish(limits::ENDING);
            }
        }
    }
}
