//! When to compress, and how hard: processor time is spent only where it saves more of the
//! network's.
//!
//! Two questions for each chunk. *Is there time for it?* Only while the network is what the
//! transfer waits for, and only as much as the packing threads would otherwise stand still; the
//! level climbs while time is left over and falls when packing holds the network up. Whether
//! content really goes faster is measured, not believed: what looks like a slow network can be a
//! slow receiver. *Will it shrink?* A file that didn't is left alone, and so are its likes.
//!
//! Pure: knows bytes and durations that it is told. Must not know clocks, threads or zstd.

use std::time::Duration;

use super::shrinking::Shrinking;
use crate::model::EntryNo;

/// What the transfer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The network takes bytes more slowly than the sender could give them.
    Network,
    /// Anything else: a disk, a processor, a person's speed limit on content.
    Other,
}

/// Where the time went since the last look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub took: Duration,
    pub limit: Limit,
    /// Time that threads that pack stood still because the network had not yet taken what was
    /// ready, all of them added up.
    pub waited: Duration,
}

/// How hard to compress: a rung of [`LADDER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(usize);

/// What became of a chunk that was tried.
#[derive(Clone, Copy, Debug)]
pub struct Tried {
    pub entry: EntryNo,
    pub level: Level,
    pub bytes: usize,
    /// `None`: it didn't shrink enough.
    pub packed: Option<usize>,
    pub took: Duration,
}

/// Levels of zstd that are worth having for chunks of 256 KiB, with the seconds that a byte takes
/// until that was measured here. Measured for source text and programs, one thread: 410, 280, 110
/// and 60 MB/s, to 17.6%, 16.7%, 14.9% and 14.5% of the text. Negative levels were as fast as 1
/// and left half as much again; 12 took five times as long as 9.
const LADDER: [(i32, f64); 4] = [(1, 2.5e-9), (3, 3.5e-9), (6, 9e-9), (9, 16e-9)];

/// Shorter chunks aren't tried: they fit in a packet of the network as they are.
const MIN_CHUNK: usize = 512;

/// Looks are added up to spells of at least this, so that single chunks don't show.
const SPELL_TIME: Duration = Duration::from_millis(200);
const SPELL_BYTES: u64 = 1024 * 1024;
/// However few bytes came: a spell on a very slow network.
const SPELL_LONG: Duration = Duration::from_secs(2);
/// Until what was on its way when the mode changed is gone, rates tell about before.
const SETTLE_TIME: Duration = Duration::from_secs(1);
const SETTLE_BYTES: u64 = 4 * 1024 * 1024;
/// Spells in a row that must say the same before something is given up.
const STRIKES: u32 = 2;
/// Of the time left over, what the next level may take by its estimate.
const SHARE: f64 = 0.7;
/// Compressed content must come at least this much faster.
const GAIN: f64 = 1.05;
/// Where it comes so much faster, a comparison is over at once: it would waste more than half of
/// its time, and what is on its way only flatters plain content.
const FAR: f64 = 2.0;
/// Rates that differ by this share may be the same.
const NOISE: f64 = 0.1;
/// A level that was too slow is tried again when there is this much more time; each spell, it
/// needs a little less.
const BAR: f64 = 1.5;
const BAR_DECAY: f64 = 0.995;
/// Between comparisons of compressed with plain content: doubles while compression wins. At first
/// about as long as a comparison takes: by then the network may be another one…
const PATIENCE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(32));
/// … and plain content after it lost, which doubles as well.
const REST: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));

/// The state of one transfer's compression.
#[derive(Debug)]
pub struct Thrift {
    mode: Mode,
    rungs: [Rung; LADDER.len()],
    shrinking: Shrinking,
    spell: Spell,
    /// All whole spells since the mode changed.
    since: Spell,
    strikes: u32,
    /// Until packing may be compared with plain content again.
    patience: Duration,
    next_patience: Duration,
    next_rest: Duration,
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    /// Nothing is tried.
    Plain {
        /// What content made each second while it was compressed, if that is to be compared.
        rival: Option<f64>,
        rest: Duration,
    },
    Packing {
        level: Level,
        /// Bytes each second that the network took of plain content, or more since.
        network: f64,
    },
}

/// What is known about a level.
#[derive(Clone, Copy, Debug, Default)]
struct Rung {
    bytes: u64,
    took: Duration,
    /// Seconds for each byte that were left over when it was climbed.
    climbed: f64,
    /// It is not climbed again with less.
    bar: f64,
}

/// Looks and chunks, added up.
#[derive(Clone, Copy, Debug, Default)]
struct Spell {
    took: Duration,
    waited: Duration,
    network: Duration,
    content: u64,
    wire: u64,
    /// Bytes of content that went as they are.
    plain: u64,
}

impl Default for Thrift {
    fn default() -> Self {
        Self {
            mode: Mode::Plain { rival: None, rest: Duration::ZERO },
            rungs: Default::default(),
            shrinking: Shrinking::default(),
            spell: Spell::default(),
            since: Spell::default(),
            strikes: 0,
            patience: Duration::ZERO,
            next_patience: PATIENCE.0,
            next_rest: REST.0,
        }
    }
}

impl Thrift {
    /// The level to try on a chunk; `None` sends it as it is. Every chunk is shown once.
    pub fn choose(&mut self, entry: EntryNo, len: usize) -> Option<Level> {
        let level = self.level();
        let level = level.filter(|_| len >= MIN_CHUNK && self.shrinking.is_likely(entry, len as u64));
        if level.is_none() {
            self.spell.add(&Spell::of_chunk(len, len));
        }
        level
    }

    pub fn learn(&mut self, tried: &Tried) {
        self.spell.add(&Spell::of_chunk(tried.bytes, tried.packed.unwrap_or(tried.bytes)));
        self.shrinking.learn(tried.entry, tried.bytes as u64, tried.packed.is_some());
        if tried.packed.is_some() {
            self.rungs[tried.level.0].learn(tried.bytes as u64, tried.took);
        }
    }

    /// The level in use, where chunks are tried at all.
    pub fn level(&self) -> Option<Level> {
        match self.mode {
            Mode::Packing { level, .. } => Some(level),
            Mode::Plain { .. } => None,
        }
    }

    pub fn look(&mut self, look: Look) {
        let network = if look.limit == Limit::Network { look.took } else { Duration::ZERO };
        let spell = &mut self.spell;
        spell.add(&Spell { took: look.took, waited: look.waited, network, ..Spell::default() });
        let whole = spell.took >= SPELL_TIME && spell.content >= SPELL_BYTES;
        if whole || (spell.took >= SPELL_LONG && spell.content > 0) {
            let spell = std::mem::take(spell);
            self.judge(&spell);
        }
    }

    fn judge(&mut self, spell: &Spell) {
        let settled = self.since.took >= SETTLE_TIME && self.since.content >= SETTLE_BYTES;
        self.since.add(spell);
        self.patience = self.patience.saturating_sub(spell.took);
        for rung in &mut self.rungs {
            rung.bar *= BAR_DECAY;
        }
        match self.mode {
            Mode::Plain { rival, rest } => {
                self.judge_plain(spell, settled, rival, rest.saturating_sub(spell.took));
            }
            Mode::Packing { level, network } => self.judge_packing(spell, settled, level, network),
        }
    }

    fn judge_plain(&mut self, spell: &Spell, settled: bool, rival: Option<f64>, rest: Duration) {
        self.mode = Mode::Plain { rival, rest };
        if !spell.is_networks() {
            self.strikes = 0;
            if settled {
                self.mode = Mode::Plain { rival: None, rest };
            }
            return;
        }
        let packing = Mode::Packing { level: Level(0), network: spell.wire_rate() };
        // On a network that swings, a moment says little; buffers flatter the average at first.
        let (now, average) = (spell.content_rate(), self.since.content_rate());
        let enough = if settled { GAIN } else { FAR };
        match rival {
            Some(rival) if rival > now.max(average) * enough => {
                self.patience = self.next_patience;
                self.next_patience = (self.next_patience * 2).min(PATIENCE.1);
                self.next_rest = REST.0;
                self.change(packing);
            }
            Some(rival) if !settled || rival > now.min(average) * GAIN => {}
            Some(_) => self.rest(),
            None if rest > Duration::ZERO => {}
            None => {
                // The first spell may be that of the system's buffers, filling up.
                self.strikes += 1;
                if self.strikes >= STRIKES && self.may_climb(Level(0), spell.left_over()) {
                    self.change(packing);
                }
            }
        }
    }

    fn judge_packing(&mut self, spell: &Spell, settled: bool, level: Level, network: f64) {
        // The last spell may be one file's that didn't shrink, and know nothing of packing.
        let held_up = !spell.is_networks() || self.since.spare() == 0.0;
        if held_up && self.extra(level) > self.rungs[level.0].climbed {
            // It takes more time than was ever left over for it.
            return self.descend(level, network);
        }
        if !settled {
            return;
        }
        // Content comes as much faster as it shrank, unless something else is the limit.
        let hoped = f64::midpoint(1.0, 1.0 / spell.shrunk()) - NOISE;
        if held_up || spell.content_rate() < network * hoped {
            self.strikes += 1;
            if self.strikes < STRIKES {
                return;
            }
            if held_up && level.0 > 0 {
                return self.descend(level, network);
            }
            // However much faster than plain content once was: while packing holds it up, nothing
            // shows how fast the network has become.
            if self.patience.is_zero() {
                let rival = Some(self.since.content_rate());
                self.change(Mode::Plain { rival, rest: Duration::ZERO });
            }
            return;
        }
        self.strikes = 0;
        let network = network + (spell.wire_rate() - network).max(0.0) / 4.0;
        self.mode = Mode::Packing { level, network };
        let next = Level(level.0 + 1);
        if next.0 < LADDER.len() && self.rungs[level.0].is_known() && self.may_climb(next, spell.spare()) {
            self.change(Mode::Packing { level: next, network });
        }
    }

    /// True when the time left over is enough for this level instead of the one below it.
    fn may_climb(&mut self, to: Level, left: f64) -> bool {
        let may = self.extra(to) <= left * SHARE && left >= self.rungs[to.0].bar;
        if may {
            self.rungs[to.0].climbed = left;
        }
        may
    }

    fn descend(&mut self, from: Level, network: f64) {
        let Some(below) = from.below() else { return self.rest() };
        let needed = self.extra(from) / SHARE;
        let climbed = self.rungs[from.0].climbed;
        self.rungs[from.0] = Rung { bar: climbed.max(needed) * BAR, ..Rung::default() };
        self.change(Mode::Packing { level: below, network });
    }

    /// Packing has lost. What was measured may not be so for ever.
    fn rest(&mut self) {
        self.change(Mode::Plain { rival: None, rest: self.next_rest });
        self.next_rest = (self.next_rest * 2).min(REST.1);
        self.next_patience = PATIENCE.0;
        self.rungs = <[Rung; LADDER.len()]>::default();
    }

    /// The seconds that a level takes for a byte more than the one below it.
    fn extra(&self, level: Level) -> f64 {
        self.seconds(level) - level.below().map_or(0.0, |below| self.seconds(below))
    }

    /// The seconds that a level takes for a byte: as measured, or as the nearest one below lets
    /// expect.
    fn seconds(&self, level: Level) -> f64 {
        let known = (0..=level.0).rev().find_map(|at| Some((at, self.rungs[at].seconds()?)));
        known.map_or(LADDER[level.0].1, |(at, seconds)| seconds * LADDER[level.0].1 / LADDER[at].1)
    }

    fn change(&mut self, mode: Mode) {
        tracing::debug!(?mode, "compression");
        self.mode = mode;
        self.since = Spell::default();
        self.strikes = 0;
    }
}

impl Level {
    /// As zstd counts.
    #[must_use]
    pub fn zstd(self) -> i32 {
        LADDER[self.0].0
    }

    fn below(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }
}

impl Rung {
    /// Older tries count for less and less.
    fn learn(&mut self, bytes: u64, took: Duration) {
        if self.bytes > 4 * SPELL_BYTES {
            self.bytes /= 2;
            self.took /= 2;
        }
        self.bytes += bytes;
        self.took += took;
    }

    fn is_known(&self) -> bool {
        self.bytes >= SPELL_BYTES
    }

    fn seconds(&self) -> Option<f64> {
        (self.bytes > 0).then(|| self.took.as_secs_f64() / float(self.bytes))
    }
}

impl Spell {
    fn of_chunk(content: usize, wire: usize) -> Self {
        let plain = if wire < content { 0 } else { content as u64 };
        Self { content: content as u64, wire: wire as u64, plain, ..Self::default() }
    }

    fn add(&mut self, other: &Self) {
        self.took = self.took.saturating_add(other.took);
        self.waited = self.waited.saturating_add(other.waited);
        self.network = self.network.saturating_add(other.network);
        self.content = self.content.saturating_add(other.content);
        self.wire = self.wire.saturating_add(other.wire);
        self.plain = self.plain.saturating_add(other.plain);
    }

    fn is_networks(&self) -> bool {
        self.network > self.took / 2
    }

    fn content_rate(&self) -> f64 {
        float(self.content) / self.took.as_secs_f64()
    }

    fn wire_rate(&self) -> f64 {
        float(self.wire) / self.took.as_secs_f64()
    }

    fn shrunk(&self) -> f64 {
        float(self.wire) / float(self.content)
    }

    /// Seconds for each byte of content in which packing threads stood still.
    fn left_over(&self) -> f64 {
        self.waited.as_secs_f64() / float(self.content)
    }

    /// The same without what may have been waited for plain chunks alone: nearly all of their
    /// share of the time. If nothing remains, the others may have come more slowly than the
    /// network could have taken them plain.
    fn spare(&self) -> f64 {
        let plain = self.took.as_secs_f64() * (1.0 - NOISE) * float(self.plain) / float(self.content);
        (self.waited.as_secs_f64() - plain).max(0.0) / float(self.content)
    }
}

#[expect(clippy::cast_precision_loss, reason = "rates, exact to far more than is known")]
fn float(bytes: u64) -> f64 {
    bytes as f64
}
