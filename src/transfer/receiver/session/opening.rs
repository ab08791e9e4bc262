//! From the yes to the first content connection: the sender's person may have to agree, too.

use tokio::{sync::mpsc, time::timeout};

use super::Session;
use crate::{
    disk::Intake,
    transfer::{Ended, Inflow, LinkError, Notice, TransferError, receiver::machine::Order},
    wire::{Violation, limits},
};

impl Session<'_> {
    /// The first content connection; or how it ended before that.
    pub(super) async fn first_lane(
        &mut self,
        intake: &Intake,
        lanes: &mut mpsc::Receiver<Inflow>,
    ) -> Result<Result<Inflow, Ended>, TransferError> {
        let mut lane = None;
        if self.meeting.waits() {
            match timeout(limits::ANSWER, self.until_agreed(lanes)).await {
                Ok(Ok(Opening::Agreed)) => {}
                Ok(Ok(Opening::Lane(first))) => lane = Some(first),
                Ok(Ok(Opening::Ended(ended))) => return Ok(Err(ended)),
                // Nothing has come, and the sender keeps nothing that it could go on with.
                Ok(Err(TransferError::Link(
                    LinkError::Closed | LinkError::Broken(_) | LinkError::Silent,
                )))
                | Err(_) => return Err(TransferError::NotCompared),
                Ok(Err(other)) => return Err(other),
            }
        }
        if lane.is_none() {
            lane = tokio::select! {
                lane = timeout(limits::LANE, lanes.recv()) => lane.ok().flatten(),
                ended = self.compare_until_end(intake) => return ended.map(Err),
            };
        }
        if let Some(lane) = lane {
            (self.observe)(Notice::Agreed);
            return Ok(Ok(lane));
        }
        // The sender may be about to say why.
        let ended = timeout(limits::ENDING, self.compare_until_end(intake)).await;
        ended.unwrap_or(Err(TransferError::NoLane)).map(Err)
    }

    async fn until_agreed(&mut self, lanes: &mut mpsc::Receiver<Inflow>) -> Result<Opening, TransferError> {
        loop {
            tokio::select! {
                order = self.hear() => match order? {
                    Order::Agreed => return Ok(Opening::Agreed),
                    Order::End(ended) => return Ok(Opening::Ended(ended)),
                    Order::Digests(_) => return Err(Violation::OutOfTurn("digests").into()),
                    Order::Nothing | Order::Check { .. } | Order::Load(_) | Order::Reveal { .. } => {}
                },
                // It has overtaken the word.
                Some(lane) = lanes.recv() => return Ok(Opening::Lane(lane)),
            }
        }
    }
}

enum Opening {
    Agreed,
    Lane(Inflow),
    Ended(Ended),
}
