//! A first meeting: before anything but counts is known of an offer, both sides find the codes to be the same.
//!
//! Knows when a code may be out, and whose word is awaited. Must not know who is asked.

use std::pin::pin;

use tokio::time::{Instant, sleep_until};

use super::Session;
use crate::{
    model::{Side, Summary},
    transfer::{
        Ended, Notice, TransferError,
        meeting::Due,
        receiver::{
            host::{Compared, Host, Refusal},
            machine::Order,
        },
    },
    wire::{FromReceiver, limits},
};

/// What the sender is told where nobody here has said in time whether the codes are the same.
const TOO_LATE: &str = "Nobody there has compared the codes in time.";

impl Session<'_> {
    /// Waits until the codes are the same for both sides; or how it ended before that.
    pub(super) async fn meet<H: Host>(
        &mut self,
        counts: Summary,
        host: &H,
    ) -> Result<Option<Ended>, TransferError> {
        if let Err(refusal) = host.admit(&counts, None) {
            let reason = match refusal {
                Refusal::Declined(reason) => reason,
                // Where it goes was not looked at yet.
                Refusal::NoRoom(_) => None,
            };
            return self.decline(reason).await.map(Some);
        }
        self.reveal().await?;
        let deadline = Instant::now() + limits::ANSWER;
        let mut asked = pin!(host.compare(counts));
        while self.machine.due() != Due::Nothing {
            let is_asked = self.machine.due().awaits(Side::Here);
            tokio::select! {
                order = self.hear() => if let Order::End(ended) = order? { return Ok(Some(ended)) },
                compared = &mut asked, if is_asked => match compared {
                    Compared::Same => {
                        self.machine.same();
                        self.link.say(&FromReceiver::Same).await?;
                    }
                    Compared::Declined(reason) => return self.decline(reason).await.map(Some),
                },
                () = sleep_until(deadline) => {
                    if is_asked {
                        return self.decline(Some(TOO_LATE.to_owned())).await.map(Some);
                    }
                    return Err(TransferError::NotCompared { side: Side::There });
                }
            }
        }
        (self.observe)(Notice::Agreed);
        Ok(None)
    }

    /// Tells the sender what the code is made of, if that was not done yet.
    pub(super) async fn reveal(&mut self) -> Result<(), TransferError> {
        let Some((revealed, code)) = self.meeting.reveal() else { return Ok(()) };
        if let Some(code) = code {
            // First: no code is out that is not counted.
            (self.observe)(Notice::Met(code));
        }
        Ok(self.link.say(&revealed).await?)
    }

    pub(super) async fn decline(&self, reason: Option<String>) -> Result<Ended, TransferError> {
        self.link.say(&FromReceiver::Decline { reason: reason.clone() }).await?;
        Ok(Ended::Declined { by: Side::Here, reason })
    }
}
