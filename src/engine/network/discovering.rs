//! Keeps the list of devices on the network: announces this one, hears of others, and calls where they say
//! that they are, to see whether it is true.
//!
//! Sleeps until somebody wants to be seen or to see. Knows what is wanted of it; must not know why.

mod view;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};

use crate::{
    discovery::{Announcement, Claim, Directory, Driver, MulticastError, Networks, Seen, tag},
    engine::{command::Looking, event::Event, handle::Publisher, network::deafness, trust::devices::Devices},
    identity::random,
    model::{DeviceId, Nearby, Problem, RouteAnswer, Trust},
    net::{self, NetError, Tls},
    settings::Visibility,
    wire::limits,
};

pub use view::{Appearance, View};
use view::{Wanted, lock};

/// What is announced.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    visibility: Visibility,
    appearance: Appearance,
    /// Whom it lets recognise this device.
    friends: Vec<DeviceId>,
}

type Probed = (DeviceId, SocketAddr, RouteAnswer);

pub struct Discovering {
    us: DeviceId,
    tls: Tls,
    devices: Devices,
    changes: watch::Receiver<()>,
    publisher: Publisher,
    directory: Arc<Mutex<Directory>>,
    changed: Arc<Notify>,
    wanted: watch::Receiver<Wanted>,
    /// Somebody is to be found now.
    sought: Arc<Notify>,
    multicast: Option<Driver>,
    /// Nothing can be heard, for this is another program’s: when to try again.
    deaf_until: Option<Instant>,
    /// Finds out whose.
    blaming: JoinSet<Problem>,
    shown: Option<Shown>,
    sought_until: Option<Instant>,
    probes: JoinSet<Probed>,
    /// Where they call.
    probing: Vec<(DeviceId, SocketAddr)>,
    nearby: Vec<Nearby>,
    /// When faces were told of it last, and when they are to be told of what has changed since.
    told: Option<Instant>,
    tell_at: Option<Instant>,
    /// Up to which announcement it was asked whether they still hold.
    asked: Option<String>,
    /// Names this run of the program on the network.
    label: String,
}

impl Discovering {
    /// The task, which is to be run, and what others see of what it does.
    #[must_use]
    pub fn new(us: DeviceId, tls: Tls, devices: Devices, publisher: Publisher) -> (View, Self) {
        let visibility = publisher.snapshot().settings.visibility;
        let wanted = Wanted { visibility, appearance: None, looking: Looking::default() };
        let (wanted, of_view) = watch::channel(wanted);
        let directory = Arc::new(Mutex::new(Directory::new(us)));
        let label = relabel(&directory);
        let view = View { directory, changed: Arc::default(), wanted, sought: Arc::default() };
        let discovering = Self {
            us,
            tls,
            changes: devices.changes(),
            devices,
            publisher,
            directory: Arc::clone(&view.directory),
            changed: Arc::clone(&view.changed),
            wanted: of_view,
            sought: Arc::clone(&view.sought),
            multicast: None,
            deaf_until: None,
            blaming: JoinSet::new(),
            shown: None,
            sought_until: None,
            probes: JoinSet::new(),
            probing: Vec::new(),
            nearby: Vec::new(),
            told: None,
            tell_at: None,
            asked: None,
            label,
        };
        (view, discovering)
    }

    /// Until the last who could want something is gone.
    pub async fn run(mut self) {
        let mut pace = interval(limits::STILL_THERE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let (is_needed, over) = (self.is_needed(), self.sought_until);
            let (retry, tell, deaf) = (self.retry(), self.tell_at, self.deaf_until);
            tokio::select! {
                changed = self.wanted.changed() => match changed {
                    Ok(()) => self.set_up(),
                    Err(_) => break,
                },
                () = self.sought.notified() => {
                    self.sought_until = Some(Instant::now() + limits::SEEK);
                    self.set_up();
                }
                seen = next(&mut self.multicast) => match seen {
                    Ok(seen) => self.see(seen),
                    Err(problem) => self.give_up(&problem),
                },
                Some(probed) = self.probes.join_next() => self.learn(probed),
                // Names of those who are here, and who is to recognise this device.
                Ok(()) = self.changes.changed() => self.announce(),
                _ = pace.tick(), if is_needed => self.look_again(),
                Some(Ok(problem)) = self.blaming.join_next() => self.complain(problem),
                () = until(deaf), if is_needed => self.set_up(),
                () = until(retry) => {}
                () = until(tell) => {}
                () = until(over) => {
                    self.sought_until = None;
                    self.set_up();
                }
            }
            self.probe();
            self.publish();
        }
        if let Some(multicast) = self.multicast.take() {
            multicast.end().await;
        }
    }

    fn browses(&self) -> bool {
        self.wanted.borrow().looking == Looking::On || self.sought_until.is_some()
    }

    fn is_needed(&self) -> bool {
        self.browses() || self.wanted.borrow().appearance.is_some()
    }

    /// The library has broken down. Another is begun a while later.
    fn give_up(&mut self, problem: &MulticastError) {
        tracing::warn!(%problem, "multicast has broken down");
        (self.multicast, self.shown) = (None, None);
    }

    /// Has the network told, and asked, what is wanted, and no more.
    fn set_up(&mut self) {
        if self.multicast.is_none() && self.is_needed() {
            self.begin();
            // What another one has heard of may be gone without a word.
            lock(&self.directory).clear();
        }
        let browses = self.browses();
        let Some(multicast) = &mut self.multicast else { return };
        if browses {
            lock(&self.directory).be_in(Networks::of(net::local_networks()));
            if let Err(problem) = multicast.browse() {
                tracing::warn!(%problem, "nobody can be looked for");
            }
        } else {
            multicast.stop_browsing();
            lock(&self.directory).clear();
        }
        self.announce();
    }

    /// Begins to listen, unless another program keeps everybody out.
    fn begin(&mut self) {
        if deafness::is_deaf() {
            let again = Instant::now() + limits::DEAF_AGAIN;
            if self.deaf_until.replace(again).is_none() {
                self.blaming.spawn_blocking(deafness::explain);
            }
            return;
        }
        if self.deaf_until.take().is_some() {
            self.publisher.publish(Event::Deaf(None));
        }
        self.multicast = Driver::start().inspect_err(|problem| tracing::warn!(%problem, "no multicast")).ok();
    }

    /// Tells the person here why nobody is to be seen, unless that is over already.
    fn complain(&self, problem: Problem) {
        if self.deaf_until.is_some() {
            tracing::warn!(problem = problem.text, "nothing can be heard");
            self.publisher.publish(Event::Deaf(Some(problem)));
        }
    }

    /// Announces this device as it is to be seen, if that is not so already.
    fn announce(&mut self) {
        let (visibility, appearance) = {
            let wanted = self.wanted.borrow();
            (wanted.visibility, wanted.appearance.clone())
        };
        let wanted = appearance.and_then(|appearance| {
            let friends = match visibility {
                Visibility::Known => self.friends(),
                Visibility::Everyone | Visibility::Hidden => Vec::new(),
            };
            let is_silent = visibility == Visibility::Hidden && appearance.channel.is_none();
            (!is_silent).then_some(Shown { visibility, appearance, friends })
        });
        let Some(multicast) = &mut self.multicast else { return };
        if wanted == self.shown {
            return;
        }
        let Some(Shown { appearance, friends, .. }) = &wanted else {
            multicast.conceal();
            self.shown = None;
            // Whoever has seen it must not tell that it is the same when it shows itself otherwise.
            self.label = relabel(&self.directory);
            return;
        };
        let claim = match visibility {
            Visibility::Everyone => {
                Claim::Open { id: self.us, name: appearance.name.clone(), kind: appearance.kind }
            }
            Visibility::Known => {
                let nonce = random();
                let tags = friends.iter().map(|friend| tag(self.us, *friend, &nonce)).collect();
                Claim::Veiled { nonce, tags }
            }
            Visibility::Hidden => Claim::Nameless,
        };
        if self.shown.as_ref().is_some_and(|before| before.visibility != visibility) {
            multicast.conceal();
            self.label = relabel(&self.directory);
        }
        let announcement = Announcement { claim, channel: appearance.channel };
        match multicast.announce(&self.label, &announcement, appearance.port) {
            Ok(()) => self.shown = wanted,
            Err(problem) => tracing::warn!(%problem, "this device can’t be announced"),
        }
    }

    /// The devices that may recognise this one: the ones that were met last.
    fn friends(&self) -> Vec<DeviceId> {
        let mut known = self.devices.all();
        known.retain(|known| known.trust != Trust::Blocked);
        known.sort_by_key(|known| std::cmp::Reverse(known.seen));
        let mut friends: Vec<_> = known.iter().take(limits::MAX_TAGS).map(|known| known.id).collect();
        friends.sort_unstable();
        friends
    }

    fn see(&mut self, seen: Seen) {
        let mut directory = lock(&self.directory);
        match seen {
            Seen::Here { instance, announcement, places } => {
                directory.sight(instance, announcement, places, &self.devices.all());
            }
            Seen::Gone { instance } => directory.gone(&instance),
        }
    }

    fn look_again(&mut self) {
        if self.multicast.as_ref().is_some_and(|multicast| !multicast.is_alive()) {
            tracing::warn!("multicast has ended by itself");
            (self.multicast, self.shown) = (None, None);
        }
        // Also what did not work before, and whom this device knows may have changed.
        self.set_up();
        if let Some(multicast) = &self.multicast
            && self.browses()
        {
            let portion = lock(&self.directory).portion(self.asked.as_deref());
            multicast.verify(&portion);
            self.asked = portion.last().cloned();
        }
    }

    /// Calls where devices say that they are. One that only its friends are to see calls only them.
    fn probe(&mut self) {
        if !self.browses() || self.probing.len() >= limits::MAX_PROBES {
            return;
        }
        let visibility = self.wanted.borrow().visibility;
        let mut due = lock(&self.directory).due(Instant::now().into_std());
        // Friends first.
        due.sort_by_cached_key(|(id, _)| self.devices.trust_of(*id) == Trust::Stranger);
        for (id, address) in due {
            let trust = self.devices.trust_of(id);
            let of_this = self.probing.iter().filter(|(other, _)| *other == id).count();
            if self.probing.len() >= limits::MAX_PROBES
                || of_this >= limits::MAX_PROBES_OF_ONE
                || !may_know(visibility, trust)
                || self.probing.contains(&(id, address))
            {
                continue;
            }
            self.probing.push((id, address));
            let tls = self.tls.clone();
            self.probes.spawn(async move { (id, address, call(id, address, &tls).await) });
        }
    }

    /// When a call is worth it that was in vain before.
    fn retry(&self) -> Option<Instant> {
        let now = Instant::now().into_std();
        self.browses().then(|| lock(&self.directory).next_due(now).map(Instant::from_std)).flatten()
    }

    fn learn(&mut self, probed: Result<Probed, tokio::task::JoinError>) {
        match probed {
            Ok((id, address, answer)) => {
                self.probing.retain(|probing| *probing != (id, address));
                lock(&self.directory).tried(id, address, answer, Instant::now().into_std());
            }
            Err(problem) => {
                tracing::error!(%problem, "a call broke down");
                self.probing.clear();
            }
        }
    }

    fn publish(&mut self) {
        self.changed.notify_waiters();
        let now = Instant::now();
        self.tell_at = self.told.map(|told| told + limits::NEWS).filter(|then| *then > now);
        if self.tell_at.is_some() {
            return;
        }
        self.told = Some(now);
        let nearby = lock(&self.directory).nearby(&self.devices.all());
        if nearby != self.nearby {
            self.nearby.clone_from(&nearby);
            self.publisher.publish(Event::Nearby(nearby));
        }
    }
}

/// Whether a device may learn by a call that this one is here.
fn may_know(visibility: Visibility, trust: Trust) -> bool {
    match trust {
        Trust::Blocked => false,
        Trust::Stranger => visibility == Visibility::Everyone,
        Trust::Known | Trust::Trusted | Trust::Own => true,
    }
}

/// Whether a device is where it is said to be.
async fn call(id: DeviceId, address: SocketAddr, tls: &Tls) -> RouteAnswer {
    match timeout(limits::PROBE, net::probe(address, id, tls)).await {
        Ok(Ok(took)) => RouteAnswer::Proved(took),
        Ok(Err(NetError::OtherDevice { .. })) => RouteAnswer::Other,
        Ok(Err(_)) | Err(_) => RouteAnswer::Silent,
    }
}

/// A new name for what is announced, which the directory is told.
fn relabel(directory: &Mutex<Directory>) -> String {
    let label = new_label();
    lock(directory).is_announced_as(&label);
    label
}

/// A name that tells nothing.
fn new_label() -> String {
    data_encoding::HEXLOWER.encode(&random::<8>())
}

async fn next(multicast: &mut Option<Driver>) -> Result<Seen, MulticastError> {
    match multicast {
        Some(multicast) => multicast.next().await,
        None => std::future::pending().await,
    }
}

async fn until(then: Option<Instant>) {
    match then {
        Some(then) => sleep_until(then).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
#[path = "../../../tests/support/loud.rs"]
mod loud;
#[cfg(test)]
mod tests;
