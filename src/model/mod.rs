//! Plain data that every part of Airlift speaks: devices, paths, manifests, transfers.
//!
//! Knows nothing of sockets, files, tasks or screens. A string that came from a peer enters the
//! program here, through `parse`, or not at all.

mod accord;
mod address;
mod arrived;
mod content_kind;
mod device;
mod happened;
mod lasting;
mod left_out;
mod listing;
mod manifest;
mod meeting;
mod nearby;
mod path;
mod pause;
mod peer;
mod pipeline;
mod quarantine;
mod rate;
mod report;
mod scanner;
mod screening;
mod sent_text;
mod side;
mod target;
pub mod text;
mod transfer;
mod tree;
mod trial;

pub use accord::{Accord, Effect, Stood};
pub use address::{Address, BadAddress};
pub use arrived::{Arrival, Arrived, Coming, Mark};
pub use content_kind::{BadContentKind, ContentKind};
pub use device::{BadDeviceId, BadDeviceName, DeviceId, DeviceName};
pub use happened::{FileFate, FileRecord};
pub use lasting::Lasting;
pub use left_out::{LeftOut, Skipped};
pub use listing::{LeaveOut, Listing};
pub use manifest::{
    Access, Digest, Entry, EntryKind, EntryNo, FileMode, Manifest, Summary, Timestamp, TopItem,
};
pub use meeting::{Agreement, BadPairingCode, Caution, CompareCode, Meeting, PairingCode};
pub use nearby::{
    BadDeviceKind, DeviceKind, KnownDevice, Nearby, Proof, Recording, Route, RouteAnswer, Sighting, Trust,
};
pub use path::{RelPath, UnsafePath};
pub use pause::Pause;
pub use peer::Peer;
pub use pipeline::{Bottleneck, Clocks, Pipeline, Stopwatch, Times, Work};
pub use quarantine::{
    BadQuarantineId, Caught, QuarantineDeed, QuarantineDone, QuarantineId, QuarantineItem, QuarantinePlace,
    Rechecked, Unscanned,
};
pub use rate::{BadByteRate, ByteRate};
pub use report::{FileProblem, Outcome, Problem, ProblemKind, Report, Retry};
pub use scanner::{BadScanner, ScannerAddress, ScannerChoice};
pub use screening::{NotScanned, Screening};
pub use sent_text::{BadText, Text};
pub use side::{Direction, Side};
pub use target::{BadLink, BadTarget, Link, Target};
pub use transfer::{
    Answer, BadTransferId, Conflict, Landing, Progress, Rest, Scope, Shortfall, Source, Transfer, TransferId,
    TransferState,
};
pub use tree::{CHUNK, Group, Hole, Leaf, Part, Tree, Twice, ZEROS, Zeros};
pub use trial::{Medium, Purpose, Trial};
