//! The scanner that files are shown to.
//!
//! Knows whether it is there, and waits for it where that helps. Must not know what becomes of a file.

use std::{
    fs::File,
    path::Path,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use super::{
    asking,
    config::Configs,
    limits::Limits,
    link::{Broken, Waiting},
    memory::Memory,
    patience::Patience,
    permits::Permits,
    place::Wanted,
    reply::Reply,
    verdict,
};
use crate::{
    disk::Screen,
    model::{ContentKind, NotScanned, ScannerAddress, ScannerChoice, Screening},
};

/// At once, of all that this program has scanned: a scanner's places are few, and shared.
const AT_ONCE: usize = 2;

/// Says what sort of file this is, by its content, and its name where that says nothing.
pub type KindOf = fn(&File, &str) -> ContentKind;

/// One for the whole program, shared by all that is received.
#[derive(Debug)]
pub struct Scanner {
    pub(super) patience: Patience,
    permits: Permits,
    pub(super) memory: Memory,
    kind_of: KindOf,
    wanted: Mutex<(Wanted, Configs)>,
    state: Mutex<State>,
    /// It was found, or not.
    looked: Condvar,
}

#[derive(Debug)]
struct State {
    /// The number of what is wanted: what is found out of what was wanted before is no news.
    wish: u64,
    health: Health,
    /// It has scanned something since this program began.
    has_been_well: bool,
}

#[derive(Debug)]
enum Health {
    Unknown,
    /// Somebody looks for it: whoever comes meanwhile waits for what is found.
    Sought,
    Well {
        at: ScannerAddress,
        since: Instant,
    },
    /// Why, and until when that is believed.
    Away {
        why: Screening,
        until: Instant,
    },
}

impl Scanner {
    /// One as it is wanted. That one was there is remembered in `home`.
    #[must_use]
    pub fn new(home: &Path, wanted: Wanted, patience: Patience, kind_of: KindOf) -> Self {
        let scanner = Self {
            patience,
            permits: Permits::new(AT_ONCE),
            memory: Memory::in_home(home),
            kind_of,
            wanted: Mutex::new(settled(wanted)),
            state: Mutex::new(State { wish: 0, health: Health::Unknown, has_been_well: false }),
            looked: Condvar::new(),
        };
        scanner.heed();
        scanner
    }

    /// From now on, another is wanted.
    pub fn choose(&self, wanted: Wanted) {
        {
            let mut now = lock(&self.wanted);
            if now.0 == wanted {
                return;
            }
            *now = settled(wanted);
        }
        // Only then: whoever begins with this number asks for what is wanted now.
        {
            let mut state = lock(&self.state);
            *state = State { wish: state.wish + 1, health: Health::Unknown, has_been_well: false };
        }
        self.looked.notify_all();
        self.heed();
    }

    /// It may be back: the next question looks for it, however short a time ago it was away.
    pub fn look_anew(&self) {
        if let Health::Away { until, .. } = &mut lock(&self.state).health {
            *until = Instant::now();
        }
    }

    /// Whoever wants none is not told that it is missing when they want one again, and none is there.
    fn heed(&self) {
        if lock(&self.wanted).0.choice == ScannerChoice::Off {
            self.memory.forget();
        }
    }

    pub(super) fn choice(&self) -> ScannerChoice {
        lock(&self.wanted).0.choice.clone()
    }

    pub(super) fn places(&self) -> Vec<ScannerAddress> {
        let (wanted, configs) = &mut *lock(&self.wanted);
        wanted.places(configs.now())
    }

    pub(super) fn limits(&self, place: &ScannerAddress) -> Limits {
        let (wanted, configs) = &mut *lock(&self.wanted);
        wanted.limits(place, configs.now())
    }

    /// Where it is, as soon as it scans.
    fn ready(&self, waiting: Waiting<'_>) -> Result<Place, Missing> {
        let until = waiting.within(self.patience.queue);
        loop {
            let mut state = lock(&self.state);
            let patience = loop {
                match &state.health {
                    Health::Well { at, since } if since.elapsed() < self.patience.fresh => {
                        return Ok(Place { at: at.clone(), wish: state.wish });
                    }
                    Health::Away { why, until } if Instant::now() < *until => {
                        return Err(Missing::Away(why.clone()));
                    }
                    // It was waited for once.
                    Health::Away { why: Screening::NotScanned(_), .. } => break self.patience.loading_still,
                    Health::Unknown | Health::Well { .. } | Health::Away { .. } => {
                        break self.patience.loading;
                    }
                    Health::Sought => {
                        let glance = until.glance().map_err(|_| Missing::Over)?;
                        let waited = self.looked.wait_timeout(state, glance);
                        state = waited.unwrap_or_else(PoisonError::into_inner).0;
                    }
                }
            };
            let (wish, has_been_well) = (state.wish, state.has_been_well);
            state.health = Health::Sought;
            drop(state);
            let found = self.look(waiting, patience, has_been_well);
            let mut state = lock(&self.state);
            if state.wish != wish {
                // Another is wanted by now.
                match found {
                    Err(Missing::Over) => return Err(Missing::Over),
                    Ok(_) | Err(Missing::Away(_)) => continue,
                }
            }
            state.health = match &found {
                Ok(at) => {
                    // Before anybody can want none, and have it forgotten.
                    self.memory.remember(&at.to_string());
                    Health::Well { at: at.clone(), since: Instant::now() }
                }
                Err(Missing::Away(why)) => {
                    Health::Away { why: why.clone(), until: Instant::now() + self.patience.away }
                }
                Err(Missing::Over) => Health::Unknown,
            };
            state.has_been_well |= found.is_ok();
            drop(state);
            self.looked.notify_all();
            return found.map(|at| Place { at, wish });
        }
    }

    /// Looks for one that scans, and waits for one that is there and doesn't yet.
    fn look(
        &self,
        waiting: Waiting<'_>,
        patience: Duration,
        has_been_well: bool,
    ) -> Result<ScannerAddress, Missing> {
        let mut there = None;
        for place in self.places() {
            match asking::health(&place, waiting, patience) {
                Ok(Reply::Nothing) => return Ok(place),
                Ok(Reply::Refused(words) | Reply::Odd(words) | Reply::Found(words)) => {
                    tracing::warn!(%place, words, "the virus scanner is there and does not scan");
                    there.get_or_insert(NotScanned::Failed(words));
                }
                Err(Broken::Nobody) => {}
                Err(Broken::Over) => return Err(Missing::Over),
                Err(why) => {
                    tracing::info!(%place, %why, "the virus scanner does not answer");
                    there.get_or_insert(match why {
                        // It has scanned before: whatever it does, it isn't its start.
                        Broken::Silent if has_been_well => NotScanned::NoScanner,
                        Broken::Silent => NotScanned::Starting,
                        why => why.reason(),
                    });
                }
            }
        }
        if let Some(why) = there {
            return Err(Missing::Away(Screening::NotScanned(why)));
        }
        let is_missed = match self.choice() {
            ScannerChoice::Off => false,
            ScannerChoice::Automatic => self.memory.place().is_some(),
            ScannerChoice::At(_) => true,
        };
        let missed = Screening::NotScanned(NotScanned::NoScanner);
        Err(Missing::Away(if is_missed { missed } else { Screening::Off }))
    }

    /// It has answered, or not.
    fn note(&self, place: &Place, answered: bool) {
        let mut state = lock(&self.state);
        // While somebody looks for it, that finds out as much.
        if state.wish != place.wish || matches!(state.health, Health::Sought) {
            return;
        }
        state.health = if answered {
            Health::Well { at: place.at.clone(), since: Instant::now() }
        } else {
            Health::Unknown
        };
    }

    fn scan(&self, file: &File, size: u64, name: &str, waiting: Waiting<'_>) -> Screening {
        // It may have been started anew while it was asked: so once more, and no oftener.
        for attempt in [Attempt::First, Attempt::Last] {
            let place = match self.ready(waiting) {
                Ok(place) => place,
                Err(Missing::Away(why)) => return why,
                Err(Missing::Over) => return Screening::NotScanned(Broken::Over.reason()),
            };
            let limits = self.limits(&place.at);
            if size > limits.largest() && limits.is_known() {
                return Screening::NotScanned(NotScanned::TooLarge);
            }
            let patience = limits.time.map_or(self.patience.endless, |most| most + self.patience.beyond);
            match asking::scan(&place.at, file, size, waiting, patience) {
                Ok(scanned) => {
                    self.note(&place, true);
                    return verdict::of(scanned, &limits, || (self.kind_of)(file, name));
                }
                Err(Broken::Over) => return Screening::NotScanned(Broken::Over.reason()),
                Err(why) => {
                    tracing::info!(%why, at = %place.at, "the virus scanner gave no answer");
                    self.note(&place, false);
                    let is_gone = matches!(why, Broken::Nobody | Broken::HungUp);
                    if !is_gone || attempt == Attempt::Last {
                        return Screening::NotScanned(why.reason());
                    }
                }
            }
        }
        Screening::NotScanned(NotScanned::NoScanner)
    }
}

/// Where it is, as it was wanted when it was found.
struct Place {
    at: ScannerAddress,
    wish: u64,
}

/// Why nobody is asked.
enum Missing {
    Away(Screening),
    /// Nobody wants to know any more.
    Over,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    First,
    Last,
}

impl Screen for Scanner {
    fn screen(&self, file: &File, size: u64, name: &str, is_over: &dyn Fn() -> bool) -> Screening {
        if self.choice() == ScannerChoice::Off {
            return Screening::Off;
        }
        let before = Look::at(file);
        if before.as_ref().is_none_or(|look| look.size != size) {
            return Screening::NotScanned(NotScanned::Changed);
        }
        let waiting = Waiting { patience: &self.patience, is_over };
        let Ok(_permit) = self.permits.take(waiting.within(self.patience.queue)) else {
            return Screening::NotScanned(NotScanned::Busy);
        };
        let screening = self.scan(file, size, name, waiting);
        if screening == Screening::Clean && Look::at(file) != before {
            return Screening::NotScanned(NotScanned::Changed);
        }
        screening
    }
}

/// What a write to a file changes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Look {
    size: u64,
    modified: Option<SystemTime>,
}

impl Look {
    fn at(file: &File) -> Option<Self> {
        let there = file.metadata().ok()?;
        Some(Self { size: there.len(), modified: there.modified().ok() })
    }
}

fn settled(wanted: Wanted) -> (Wanted, Configs) {
    let configs = Configs::at(wanted.configurations.clone());
    (wanted, configs)
}

pub(super) fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
