//! From the yes to the first content connection.

use tokio::{sync::mpsc, time::timeout};

use super::Session;
use crate::{
    disk::Intake,
    transfer::{Ended, Inflow, Notice, TransferError},
    wire::limits,
};

impl Session<'_> {
    /// The first content connection; or how it ended before that.
    pub(super) async fn first_lane(
        &mut self,
        intake: &Intake,
        lanes: &mut mpsc::Receiver<Inflow>,
    ) -> Result<Result<Inflow, Ended>, TransferError> {
        let lane = tokio::select! {
            lane = timeout(limits::LANE, lanes.recv()) => lane.ok().flatten(),
            ended = self.compare_until_end(intake) => return ended.map(Err),
        };
        if let Some(lane) = lane {
            (self.observe)(Notice::Agreed);
            return Ok(Ok(lane));
        }
        // The sender may be about to say why.
        let ended = timeout(limits::ENDING, self.compare_until_end(intake)).await;
        ended.unwrap_or(Err(TransferError::NoLane)).map(Err)
    }
}
