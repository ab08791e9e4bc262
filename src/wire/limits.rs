//! Every cap on a length that a peer sends and every time limit on a wait for one, each with its
//! reason. A number elsewhere is a mistake.

use std::time::Duration;

use crate::model::Text;

/// Bytes of the first message of a connection, before the peer is known to be worth more: a name
/// and a few numbers.
pub const MAX_FIRST_MESSAGE: usize = 4 * 1024;

/// Bytes of any later message. One path may have 4 KiB; batches are kept far below this.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// A batch of the manifest or of receipts is sent when it has grown to this many bytes, so that
/// neither a million files nor a slow link make one message that others wait behind.
pub const BATCH_BYTES: usize = 16 * 1024;

/// Entries in one batch of the manifest: keeps scanning and sending in step.
pub const BATCH_ENTRIES: usize = 256;

/// Entries in one offer. A receiver keeps about [`ENTRY_MEMORY`] for each until the transfer ends.
pub const MAX_ENTRIES: u32 = 4_000_000;

/// Bytes that a receiver keeps for an entry, beside its path.
pub const ENTRY_MEMORY: u64 = 150;

/// Bytes of all paths in one offer: what a peer can make a receiver keep before anyone said yes.
/// [`MAX_ENTRIES`] of the length that real paths have stay below it.
pub const MAX_MANIFEST: u64 = 512 * 1024 * 1024;

/// Bytes of memory for all offers of devices that are not trusted, while nobody has said yes to them: what
/// the largest one of a device that is known may take while it is alone.
pub const MAX_UNACCEPTED: u64 = MAX_MANIFEST + MAX_ENTRIES as u64 * ENTRY_MEMORY;

/// Of that memory, what strangers leave to those that are known: an offer of a hundred thousand files, and more.
pub const KEPT_FOR_KNOWN: u64 = MAX_UNACCEPTED / 8;

/// Ranges in one `Except` message: 16 KiB at their longest.
pub const EXCEPT_RANGES: usize = 1024;

/// Groups in one `Held` message: 43 bytes each at their longest.
pub const HELD_GROUPS: usize = 350;

/// Groups that one receiver can say it holds: those of 16 TiB, and 40 MB of a sender's memory.
pub const MAX_HELD: usize = 1 << 20;

/// Digests of files that seem to be at the receiver which it has not answered yet: enough to keep both
/// disks busy, and so many that few make the receiver's disk turn for its own.
pub const MAX_ASKED: usize = 1024;

/// Receipts in one message, where they are short.
pub const RECEIPTS: usize = 500;

/// Bytes of a sentence that one side tells the other. Longer ones are cut.
pub const MAX_TEXT: usize = 500;

/// Bytes of a text that is sent as such. It is kept in memory and nowhere else, at the receiver beside others: what people
/// paste is far below it, and what is more is a file.
pub const MAX_WORDS: u64 = Text::MAX_LEN as u64;

/// Bytes of all texts that have come and are kept to be read. Of more, the oldest are let go; the latest stays.
pub const MAX_WORDS_KEPT: u64 = 16 * MAX_WORDS;

/// Bytes of content in one chunk. Large enough that headers and system calls don't show in the
/// speed, small enough that a bounded ring of chunks is a small memory.
pub const MAX_CHUNK: usize = 1024 * 1024;

/// Bytes of one hole on the wire: hashed in a moment, after which a connection can carry something else, and little
/// beside its length. A longer one is told in several.
pub const MAX_HOLE: u64 = 1024 * 1024 * 1024;

/// Bytes of a speed test: a minute and more of the fastest link there is, and not so much that a
/// forgotten one keeps a disk busy for a day.
pub const MAX_TRIAL: u64 = 100_000_000_000;

/// Content connections of one transfer. More than a few share a link unfairly with everyone else,
/// and gain nothing.
pub const MAX_LANES: usize = 8;

/// Files of one transfer whose content has begun to arrive and not ended: as many large ones as fit
/// into the buffers of content connections that lag behind each other. Each holds a descriptor.
pub const MAX_OPEN: usize = 128;

/// To open a TCP connection to one address of a device on the same network.
pub const CONNECT: Duration = Duration::from_secs(5);

/// From an accepted connection to the end of its first message, armed before the first byte: a
/// peer that trickles bytes holds a place for no longer than this.
pub const HANDSHAKE: Duration = Duration::from_secs(10);

/// Bytes of a peer's part in a TLS handshake, before it is known who it is: a key, a certificate and a signature are
/// 2 KB, and keys of the kind that outlasts quantum computers some more.
pub const MAX_HANDSHAKE: usize = 64 * 1024;

/// Connections that have not yet said who they are, in all: what a flood can hold open.
pub const MAX_STRANGERS: usize = 32;

/// Of those, the ones of one address that take longer than [`STRANGERS_MOMENT`]: when another comes, the
/// oldest of that address makes room.
pub const MAX_STRANGERS_EACH: usize = 4;

/// What an honest peer needs to say who it is, on a busy network; several may come at once.
pub const STRANGERS_MOMENT: Duration = Duration::from_secs(1);

/// Questions that wait for a person at once; one of each device. Also offers of devices that are not
/// trusted which are being made, or wait: the other places are for those that need no question.
pub const MAX_QUESTIONS: usize = 5;

/// Of those questions, the ones that strangers at one address may have: keys cost nothing, and others must find a
/// place.
pub const MAX_QUESTIONS_ADDRESS: usize = 2;

/// Offers that are made, or wait for an answer, at once; the next waits for [`PLACE`] and is declined
/// as busy.
pub const MAX_WAITING: usize = 8;

/// For one of those places to become free, before an offer is declined: policy answers in a moment,
/// and what comes at once must not depend on who comes first.
pub const PLACE: Duration = Duration::from_secs(3);

/// How often that is looked at.
pub const PLACE_LOOK: Duration = Duration::from_millis(50);

/// Those who wait for a place: not all of [`MAX_STRANGERS`], so that others can still say who they
/// are.
pub const MAX_QUEUE: usize = 16;

/// Those who are being told that there is no place for them, each for [`ENDING`] at most.
pub const MAX_REFUSING: usize = 16;

/// Transfers whose content comes at once; the next is declined as busy. Each has threads of its own.
pub const MAX_RECEIVING: usize = 32;

/// Of those, the ones of one device.
pub const MAX_RECEIVING_EACH: usize = MAX_RECEIVING / 4;

/// How often each side says that it is still there when it has nothing else to say.
pub const ALIVE: Duration = Duration::from_secs(2);

/// A peer that has said nothing for this long is gone: five missed [`ALIVE`].
pub const SILENCE: Duration = Duration::from_secs(10);

/// Questions whether a connection is still there, [`ALIVE`] apart, that may stay unanswered after
/// nothing has come for [`ALIVE`]: one that is dead is noticed within [`SILENCE`], also when others
/// between the two devices live on.
pub const PROBES: u32 = 4;

/// From one part of an offer to the next. A sender may scan a slow disk in between, but whoever
/// only begins an offer must not hold one of the few places for ever.
pub const OFFER: Duration = Duration::from_mins(2);

/// How often a sender says that it still counts what it is to offer: well within [`OFFER`].
pub const COUNTING: Duration = Duration::from_secs(10);

/// For all of an offer, however steadily its parts come: [`MAX_ENTRIES`] of a disk that finds a thousand
/// files a second, and some. Whoever trickles holds a place for no longer than this.
pub const OFFER_WHOLE: Duration = Duration::from_hours(2);

/// For the whole offer of a device that is not trusted: a million files on a slow disk are told in ten
/// minutes, and nobody sees yet who holds that place.
pub const OFFER_UNTRUSTED: Duration = Duration::from_mins(15);

/// Places that one device which is not trusted, and strangers at one address together, may have of
/// [`MAX_WAITING`], where nobody is asked: a script that sends several things at once needs them, and others must
/// still find one. Where a person is asked, a device may have one.
pub const MAX_WAITING_EACH: usize = 4;

/// After both ends have waited for the network, and nothing of the content has come, though what is said beside it has:
/// then large packets vanish on the way. Longer than it takes to notice that the connection is dead ([`PROBES`]) and
/// to hear that from the other end ([`ENDING`]), which is the more usual story.
pub const SWALLOWED: Duration = Duration::from_secs(14);

/// Bytes of TCP's in one packet (its MSS) that pass everywhere: what any network must carry of IPv6 (1280 bytes, RFC 8200,
/// section 5), and a tunnel or two within.
pub const SMALL_PACKET: u32 = 1000;

/// For the person at the other device to say yes or no.
pub const ANSWER: Duration = Duration::from_mins(30);

/// Between two questions about what goes beyond what was agreed: a sender may call as often as it likes.
pub const MORE_AGAIN: Duration = Duration::from_mins(1);

/// From the receiver's yes to the sender's content connection.
pub const LANE: Duration = Duration::from_secs(10);

/// To tell the other side how it ended, and to hear that it heard.
pub const ENDING: Duration = Duration::from_secs(2);

/// How often each side tells the other where its time goes: often enough to show what limits a
/// transfer, and to notice when that changes.
pub const LOAD: Duration = Duration::from_millis(250);

/// How often a receiver tells its sender how much is stored.
pub const PROGRESS: Duration = Duration::from_millis(100);

/// Before the first attempt to take an interrupted transfer up again: long enough for a peer that
/// was restarted to listen, too short to be waited for.
pub const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Between two of many attempts: a peer that comes back is met within this time, and one that
/// stays away costs a packet or two.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Between two calls to a receiver that has paused, or whose disk is full: a person who lets it go on
/// there waits for no longer than this, and for the days in between it is next to nothing.
pub const REST: Duration = Duration::from_secs(10);

/// For files that are whole to be checked and stored after their transfer was interrupted. Below the time that a sender
/// who calls again waits for a word, since the next attempt begins after this.
pub const LAST_CHECKS: Duration = Duration::from_secs(3);

/// For the disk to take what has come of a transfer that is to go on later: a slow one may have
/// hundreds of megabytes in memory still.
pub const SETTLE: Duration = Duration::from_mins(1);

/// Times that two persons may find different codes within [`MISMATCH_MEMORY`], before no stranger is met
/// any more: somebody in the middle has one guess in a million at each.
pub const MAX_MISMATCHES: usize = 3;

/// Codes that strangers may be shown within [`MISMATCH_MEMORY`] without a yes of the person here, before none
/// is met any more: each is a guess for somebody in the middle, and a question on a screen. Enough for a room
/// full of people who send to one device.
pub const MAX_OPEN_MEETINGS: usize = 60;

/// For how long both are remembered: long enough that guessing is hopeless, short enough for two people who
/// have compared the wrong numbers.
pub const MISMATCH_MEMORY: Duration = Duration::from_mins(10);

/// Transfers that receive, those that are paused or interrupted among them: each is a task and a
/// small file, and a person has said yes to it.
pub const MAX_UNFINISHED: usize = 256;

/// Of those, the ones of one device.
pub const MAX_UNFINISHED_EACH: usize = MAX_UNFINISHED / 4;

/// What strangers bring about without anybody's yes, and a person is told, within [`HEARSAY`]: enough to see that
/// somebody tries, and not so much that it pushes out what matters.
pub const MAX_HEARSAY: usize = 5;

/// See [`MAX_HEARSAY`].
pub const HEARSAY: Duration = Duration::from_mins(1);

/// Codes that strangers at one address may be shown of [`MAX_OPEN_MEETINGS`].
pub const MAX_OPEN_MEETINGS_EACH: usize = MAX_OPEN_MEETINGS / 3;

/// For a code that was given out: to be told over the phone and typed, and no longer than a person stays.
pub const CODE: Duration = Duration::from_mins(5);

/// From the receiver's answer to the sender's proof: a computation, and a way there and back. Nobody else
/// can try the code meanwhile.
pub const CODE_PROOF: Duration = Duration::from_secs(4);

/// Devices that are asked for a code where several announce its number. Each could be a liar that makes a guess of
/// its own, one in four million: together less than one in a million, as with [`MAX_MISMATCHES`]. And a liar with
/// an address of each sort must not use all of them up.
pub const CODE_CANDIDATES: usize = 4;

/// Announcements of the number that are called for that, each for [`PROBE`]: most lies lead nowhere, and a
/// person doesn't wait for longer than a minute.
pub const CODE_CALLS: usize = 16;

/// Announcements on the network that are remembered: more devices than any network of people has, and what
/// a flood can make us keep.
pub const MAX_SIGHTINGS: usize = 256;

/// Those that claim the same id: a device with a window and a terminal that both receive has two, and liars
/// must not fill the list in its name.
pub const MAX_SIGHTINGS_OF_ONE: usize = 4;

/// Those that say nothing but the number of a code, beside the others: more people than give out codes within
/// five minutes on one network, and what a flood of anything else can't take from them.
pub const MAX_SIGHTINGS_OF_CODES: usize = 32;

/// Addresses of one device that are remembered: a laptop with a dock, a VPN and two families of addresses
/// has eight.
pub const MAX_ROUTES: usize = 16;

/// Devices that a veiled announcement is for: what fits into a string of 255 bytes.
pub const MAX_TAGS: usize = 30;

/// Calls at once that find out whether a device is where it is announced.
pub const MAX_PROBES: usize = 8;

/// For such a call, with its handshake: whoever takes longer is called in vain.
pub const PROBE: Duration = Duration::from_secs(4);

/// Calls at once to one device.
pub const MAX_PROBES_OF_ONE: usize = 2;

/// Before a place where another device answered is called again: an address may have changed hands.
pub const RETRY_OTHER: Duration = Duration::from_mins(1);

/// Before a place where nobody answered is called again, for the first time and at most; twice as long each
/// time. An interface that comes up, or a device that wakes, takes a second or two until it can be reached.
pub const RETRY_ROUTE: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(15)];

/// How often announced devices are asked whether they are still there, and how long they have for an answer:
/// together less than the half minute in which one that vanished is to be gone.
pub const STILL_THERE: Duration = Duration::from_secs(12);

/// How often faces are told of what has changed in the list of devices: at once for a person, and a flood of
/// announcements makes them no more work.
pub const NEWS: Duration = Duration::from_millis(100);

/// Devices that are asked that at once: as many as any network of people has, and less than the library takes at
/// once. Of more, each has its turn.
pub const ASKED_AT_ONCE: usize = 64;

/// See [`STILL_THERE`].
pub const STILL_THERE_ANSWER: Duration = Duration::from_secs(10);

/// Before it is tried again to hear of others, while another program has the port for itself: soon enough for a person
/// who has just quit it.
pub const DEAF_AGAIN: Duration = Duration::from_secs(2);

/// For how long others are looked for after something was to be found.
pub const SEEK: Duration = Duration::from_mins(1);

/// For a device that was named to appear on the network.
pub const APPEAR: Duration = Duration::from_secs(3);

/// From one address of a device to the next, while the first has not answered (RFC 8305, section 5).
pub const NEXT_ROUTE: Duration = Duration::from_millis(250);

/// Addresses of one device that are tried.
pub const MAX_DIALLED: usize = 12;
