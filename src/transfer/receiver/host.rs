//! Who answers for this device, and what they are told of what comes in.
//!
//! Must not know who that is: a person, a policy, or a test.

use std::{future::Future, path::PathBuf};

use crate::model::{Answer, Listing, Shortfall, Summary};

/// An offer that was checked and found possible.
#[derive(Clone, Debug)]
pub struct IncomingOffer {
    pub summary: Summary,
    /// All of it; `None` where the summary names what there is to answer.
    pub list: Option<Listing>,
    pub folder: PathBuf,
    /// Bytes free there, where that can be told.
    pub free: Option<u64>,
    /// Where that seems to be less than it takes.
    pub short: Option<Shortfall>,
    /// Files that seem to be there already.
    pub already: u64,
    /// What would happen to names.
    pub notes: Vec<String>,
    /// The same where only what is missing is to come; `None` where that is nothing else.
    pub completing: Option<Vec<String>>,
}

/// Who answers for this device.
pub trait Host {
    /// Whether so much is worth a question at all, for which there may be too little room. What is not is refused
    /// before any code is out.
    ///
    /// # Errors
    /// When it is not.
    fn admit(&self, summary: &Summary, short: Option<Shortfall>) -> Result<(), Refusal>;

    /// Whether both screens show the same code, before anything but counts is known of the offer.
    fn compare(&self, counts: Summary) -> impl Future<Output = Compared> + Send;

    /// What becomes of an offer that has come whole.
    fn answer(&self, offer: IncomingOffer) -> impl Future<Output = Answer> + Send;

    /// Whether files may come that were agreed, and would bring more than was. They are what is left of it.
    fn more(&self, offer: IncomingOffer) -> impl Future<Output = More> + Send;
}

/// Why an offer is refused without a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// For this reason.
    Declined(Option<String>),
    /// It seems to have no room, and nobody can be asked.
    NoRoom(Shortfall),
}

/// What is said of what goes beyond what was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    Agreed,
    /// What was agreed stays as it was.
    Refused,
    /// Nobody can be asked now, and a no would be none: its sender calls again.
    Later,
}

/// What is said of the code of a first meeting, short of an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// It is the same, or nobody here has to compare it.
    Same,
    /// The offer is declined, for this reason.
    Declined(Option<String>),
}
