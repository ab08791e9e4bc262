//! Sightings folded into one list of devices: a pure function of what was seen, tried, and when.
//!
//! A device is its id. One id may be announced from several places, by itself or by a liar; who answers there
//! with the right key is the device, and only then.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    hash::{BuildHasher as _, RandomState},
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use super::{Announcement, Claim, Networks, tag};
use crate::{
    model::{DeviceId, DeviceKind, DeviceName, KnownDevice, Nearby, Route, RouteAnswer, Sighting, Trust},
    wire::limits,
};

/// Labels of our own that may still be heard of.
const OLD_LABELS: usize = 3;

/// Where something was announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub address: SocketAddr,
    /// The interface here that leads there.
    pub interface: Option<String>,
}

/// Who may be the one that has given out a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The name of the announcement, which means nothing.
    pub instance: String,
    /// Whose it claims to be; `None`: nobody's.
    pub id: Option<DeviceId>,
    /// Never empty; the best one first.
    pub places: Vec<SocketAddr>,
}

struct Seen {
    /// `None`: it is veiled, and not for us.
    who: Option<Who>,
    channel: Option<u16>,
    places: Vec<Place>,
    /// The how manieth announcement it was.
    since: u64,
}

struct Who {
    id: DeviceId,
    /// What it is announced as. `None`: it was recognised, and says nothing.
    says: Option<(DeviceName, DeviceKind)>,
}

impl Seen {
    fn id(&self) -> Option<DeviceId> {
        self.who.as_ref().map(|who| who.id)
    }
}

struct Tried {
    answer: RouteAnswer,
    at: Instant,
    /// How often nobody has answered, one time after the other.
    silent: u32,
}

impl Tried {
    /// When it is worth another call.
    fn again(&self) -> Option<Instant> {
        match self.answer {
            RouteAnswer::Silent => {
                let [first, most] = limits::RETRY_ROUTE;
                let times = 1_u32.checked_shl(self.silent - 1).unwrap_or(u32::MAX);
                Some(self.at + first.saturating_mul(times).min(most))
            }
            RouteAnswer::Other => Some(self.at + limits::RETRY_OTHER),
            RouteAnswer::Proved(_) | RouteAnswer::Untried => None,
        }
    }
}

/// What is known of the network. Told of everything; asks nobody.
pub struct Directory {
    us: DeviceId,
    /// The labels of our own announcements, the last ones.
    labels: VecDeque<String>,
    networks: Networks,
    /// By the name of the announcement, which means nothing.
    seen: BTreeMap<String, Seen>,
    tried: HashMap<(DeviceId, SocketAddr), Tried>,
    /// Where they answer themselves, they were announced as one thing and another: until none of it is
    /// announced any more.
    disputed: BTreeSet<DeviceId>,
    /// Announcements so far.
    count: u64,
    chance: RandomState,
}

impl Directory {
    #[must_use]
    pub fn new(us: DeviceId) -> Self {
        Self {
            us,
            labels: VecDeque::new(),
            networks: Networks::default(),
            seen: BTreeMap::new(),
            tried: HashMap::new(),
            disputed: BTreeSet::new(),
            count: 0,
            chance: RandomState::new(),
        }
    }

    /// This device is announced under this label from now on: what it hears of itself is nobody else.
    pub fn is_announced_as(&mut self, label: &str) {
        self.labels.truncate(OLD_LABELS);
        self.labels.push_front(label.to_owned());
    }

    /// Where this device is now. What is announced elsewhere is kept for when it is there, and not told.
    pub fn be_in(&mut self, networks: Networks) {
        self.networks = networks;
    }

    /// Something is announced, or announced anew. `known` may recognise it.
    pub fn sight(
        &mut self,
        instance: String,
        announcement: Announcement,
        mut places: Vec<Place>,
        known: &[KnownDevice],
    ) {
        places.retain(|place| is_possible(place.address));
        places.truncate(limits::MAX_ROUTES);
        let who = match announcement.claim {
            Claim::Open { id, name, kind } => Some(Who { id, says: Some((name, kind)) }),
            Claim::Veiled { nonce, tags } => known
                .iter()
                .filter(|known| known.trust != Trust::Blocked)
                .find(|known| tags.contains(&tag(known.id, self.us, &nonce)))
                .map(|known| Who { id: known.id, says: None }),
            Claim::Nameless => None,
        };
        self.count += 1;
        let mut newcomer = Seen { who, channel: announcement.channel, places, since: self.count };
        let before = self.seen.remove(&instance);
        if let Some(before) = before.filter(|before| before.id() == newcomer.id()) {
            newcomer.since = before.since;
        }
        let label = instance.split('.').next().unwrap_or_default();
        let is_ours = newcomer.id() == Some(self.us) || self.labels.iter().any(|ours| ours == label);
        let is_useless = newcomer.who.is_none() && newcomer.channel.is_none();
        if !newcomer.places.is_empty() && !is_ours && !is_useless && self.make_room(newcomer.id(), known) {
            self.seen.insert(instance, newcomer);
        }
        self.settle();
    }

    /// It is not announced any more.
    pub fn gone(&mut self, instance: &str) {
        self.seen.remove(instance);
        self.settle();
    }

    pub fn clear(&mut self) {
        self.seen.clear();
        self.tried.clear();
        self.disputed.clear();
    }

    /// What follows from a change.
    fn settle(&mut self) {
        self.forget_untold();
        self.note_disputes();
    }

    /// Routes of what is not announced any more.
    fn forget_untold(&mut self) {
        let of = |seen: &Seen| {
            let id = seen.id();
            let told = seen.places.iter().filter_map(move |place| Some((id?, place.address)));
            told.collect::<Vec<_>>()
        };
        let told: HashSet<_> = self.seen.values().flat_map(of).collect();
        self.tried.retain(|route, _| told.contains(route));
    }

    /// What came of a call over a route.
    pub fn tried(&mut self, id: DeviceId, address: SocketAddr, answer: RouteAnswer, at: Instant) {
        let before = self.tried.get(&(id, address)).map_or(0, |tried| tried.silent);
        let silent = if answer == RouteAnswer::Silent { before.saturating_add(1) } else { 0 };
        self.tried.insert((id, address), Tried { answer, at, silent });
        self.settle();
    }

    /// Routes that are worth a call: new ones, and those that led nowhere a while ago. Devices that were called
    /// least come first, so that one with many addresses keeps nobody waiting.
    #[must_use]
    pub fn due(&self, now: Instant) -> Vec<(DeviceId, SocketAddr)> {
        let is_due = |id, address| match self.tried.get(&(id, address)) {
            None => true,
            Some(tried) => tried.again().is_some_and(|again| again <= now),
        };
        let of = |seen: &Seen| {
            let places = self.places(seen).map(|place| place.address);
            seen.id()
                .into_iter()
                .flat_map(|id| places.clone().map(move |place| (id, place)))
                .collect::<Vec<_>>()
        };
        let mut due: Vec<_> =
            self.seen.values().flat_map(of).filter(|(id, address)| is_due(*id, *address)).collect();
        due.sort_unstable();
        due.dedup();
        let mut calls = HashMap::<DeviceId, usize>::new();
        for (id, _) in self.tried.keys() {
            *calls.entry(*id).or_default() += 1;
        }
        due.sort_by_key(|(id, address)| (calls.get(id).copied(), preference(address)));
        due
    }

    /// When the next route will be worth a call that is not worth one yet.
    #[must_use]
    pub fn next_due(&self, now: Instant) -> Option<Instant> {
        self.tried.values().filter_map(Tried::again).filter(|again| *again > now).min()
    }

    /// The names of all announcements.
    pub fn instances(&self) -> impl Iterator<Item = &str> {
        self.seen.keys().map(String::as_str)
    }

    /// Announcements whose turn it is to be asked for after that one, [`limits::ASKED_AT_ONCE`] at most.
    #[must_use]
    pub fn portion(&self, last: Option<&str>) -> Vec<String> {
        let is_later = |instance: &&str| last.is_none_or(|last| *instance > last);
        let in_turn = self.instances().filter(is_later).chain(self.instances().filter(|i| !is_later(i)));
        in_turn.take(limits::ASKED_AT_ONCE).map(str::to_owned).collect()
    }

    fn places<'a>(&'a self, seen: &'a Seen) -> impl Iterator<Item = &'a Place> + Clone {
        seen.places.iter().filter(|place| self.networks.reach(place.address.ip()))
    }

    fn answer(&self, id: DeviceId, address: SocketAddr) -> RouteAnswer {
        self.tried.get(&(id, address)).map_or(RouteAnswer::Untried, |tried| tried.answer)
    }

    /// The ways to a device, the best first.
    #[must_use]
    pub fn routes(&self, id: DeviceId) -> Vec<Route> {
        let of_this: Vec<_> = self.seen.values().filter(|seen| seen.id() == Some(id)).collect();
        self.routes_of(id, &of_this)
    }

    fn routes_of(&self, id: DeviceId, of_this: &[&Seen]) -> Vec<Route> {
        let mut routes: Vec<Route> = Vec::new();
        for seen in of_this {
            for Place { address, interface } in self.places(seen) {
                if routes.iter().all(|route| route.address != *address) {
                    let answer = self.answer(id, *address);
                    routes.push(Route { address: *address, interface: interface.clone(), answer });
                }
            }
        }
        routes.sort_by_key(|route| rank(route.answer, route.address));
        routes.truncate(limits::MAX_ROUTES);
        routes
    }

    /// All devices that are announced, by name. What is `known` has the name that it is known by: it could
    /// announce that of another.
    #[must_use]
    pub fn nearby(&self, known: &[KnownDevice]) -> Vec<Nearby> {
        let known: HashMap<_, _> = known.iter().map(|known| (known.id, known)).collect();
        let mut ids = BTreeMap::<_, Vec<&Seen>>::new();
        for seen in self.seen.values() {
            if let Some(id) = seen.id() {
                ids.entry(id).or_default().push(seen);
            }
        }
        let device = |(id, of_this): (DeviceId, Vec<&Seen>)| {
            let (name, kind) = match known.get(&id) {
                Some(known) => (known.name.clone(), known.kind),
                None => self.told(id, &of_this),
            };
            let routes = self.routes_of(id, &of_this);
            Nearby { id, name, kind, sighting: state(&routes), routes }
        };
        let mut devices: Vec<_> = ids.into_iter().map(device).collect();
        devices.retain(|device| !device.routes.is_empty());
        devices.sort_by(|a, b| (a.name.as_str(), a.id).cmp(&(b.name.as_str(), b.id)));
        devices
    }

    /// What a stranger is announced as, preferably where it answers itself. Whoever announces its id at its own
    /// address could be a liar, so that of two stories neither is believed.
    fn told(&self, id: DeviceId, of_this: &[&Seen]) -> (DeviceName, DeviceKind) {
        let of_this = || of_this.iter().copied();
        let says = |seen: &'_ Seen| seen.who.as_ref()?.says.clone();
        let told = match of_this().filter(|seen| self.is_proved(seen)).find_map(says) {
            Some(told) => Some(told).filter(|_| !self.disputed.contains(&id)),
            None => agreed(of_this().filter_map(says)),
        };
        told.unwrap_or_else(|| (DeviceName::from_host_name(&id.short()), DeviceKind::default()))
    }

    fn note_disputes(&mut self) {
        let mut told = BTreeMap::new();
        let mut disputed = Vec::new();
        let proved = self.seen.values().filter(|seen| self.is_proved(seen));
        for who in proved.filter_map(|seen| seen.who.as_ref()) {
            if *told.entry(who.id).or_insert(&who.says) != &who.says {
                disputed.push(who.id);
            }
        }
        self.disputed.extend(disputed);
        let seen: BTreeSet<_> = self.seen.values().filter_map(Seen::id).collect();
        self.disputed.retain(|id| seen.contains(id));
    }

    /// Who has given out a code of this number: devices that are `known` and those that have answered first, the
    /// others in an order that no announcer can choose.
    #[must_use]
    pub fn candidates(&self, channel: u16, known: &[KnownDevice]) -> Vec<Candidate> {
        let is_known = |id| known.iter().any(|known| known.id == id && known.trust != Trust::Blocked);
        let waiting = self.seen.iter().filter(|(_, seen)| seen.channel == Some(channel));
        let mut waiting: Vec<_> = waiting.collect();
        waiting.sort_by_cached_key(|(instance, seen)| {
            (!seen.id().is_some_and(is_known), !self.is_proved(seen), self.chance.hash_one(instance))
        });
        let candidate = |(instance, seen): (&String, &Seen)| {
            let answer =
                |place: &Place| seen.id().map_or(RouteAnswer::Untried, |id| self.answer(id, place.address));
            let routes = self.places(seen).map(|place| (answer(place), place.address));
            let mut routes: Vec<_> = routes.filter(|(answer, _)| *answer != RouteAnswer::Other).collect();
            routes.sort_by_key(|(answer, address)| rank(*answer, *address));
            let places = routes.into_iter().map(|(_, address)| address).collect();
            Candidate { instance: instance.clone(), id: seen.id(), places }
        };
        let candidates = waiting.into_iter().map(candidate);
        candidates.filter(|candidate| !candidate.places.is_empty()).collect()
    }
}

/// What the routes to a device say of it.
fn state(routes: &[Route]) -> Sighting {
    let has = |wanted: fn(&RouteAnswer) -> bool| routes.iter().any(|route| wanted(&route.answer));
    if has(|answer| matches!(answer, RouteAnswer::Proved(_))) {
        Sighting::Proved
    } else if has(|answer| *answer == RouteAnswer::Untried) {
        Sighting::Unproved
    } else if has(|answer| *answer == RouteAnswer::Other) {
        Sighting::Disproved
    } else {
        Sighting::Silent
    }
}

/// What all of them are, if that is one thing.
fn agreed<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// True of what can be another device's address.
fn is_possible(address: SocketAddr) -> bool {
    let ip = address.ip().to_canonical();
    address.port() != 0 && !ip.is_unspecified() && !ip.is_multicast() && !ip.is_loopback()
}

/// What was fastest, then what was not tried; addresses that need an interface last among equals.
fn rank(answer: RouteAnswer, address: SocketAddr) -> (u8, Duration, u8, SocketAddr) {
    let (class, took) = match answer {
        RouteAnswer::Proved(took) => (0, took),
        RouteAnswer::Untried => (1, Duration::ZERO),
        RouteAnswer::Silent => (2, Duration::ZERO),
        RouteAnswer::Other => (3, Duration::ZERO),
    };
    (class, took, preference(&address), address)
}

fn preference(address: &SocketAddr) -> u8 {
    match address.ip() {
        IpAddr::V4(v4) if v4.is_link_local() => 2,
        IpAddr::V4(_) => 0,
        IpAddr::V6(v6) if v6.is_unicast_link_local() => 3,
        IpAddr::V6(_) => 1,
    }
}

mod room;
#[cfg(test)]
mod tests;
