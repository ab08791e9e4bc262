//! The connections of content.

use std::net::SocketAddr;

use tokio::io::AsyncWriteExt as _;

use super::Outgoing;
use crate::{
    model::DeviceId,
    net::{Lane, NetError, Packets},
    transfer::{LaneToken, Outflow},
    wire::{FromSender, frame},
};

impl Outgoing {
    /// Makes another one to where the device was reached, and gives it over to content.
    pub(super) async fn open_lane(
        &self,
        reached: (SocketAddr, DeviceId),
        token: LaneToken,
    ) -> Result<Outflow, NetError> {
        let packets = if self.swallowed.get().is_some() { Packets::Small } else { Packets::Usual };
        let mut connection = self.routes.again(reached, packets).await?;
        let address = connection.address.to_string();
        let work = async {
            connection.stream.write_all(&frame::encode(&FromSender::Lane { token })).await?;
            connection.stream.flush().await?;
            let lane = Lane::new(connection)?;
            let (stop, network) = (lane.stopper()?, lane.network());
            Ok(Outflow { stream: Box::new(lane), stop: Box::new(move || stop.stop()), network })
        };
        work.await.map_err(|source| NetError::Unreachable { address, source })
    }
}
