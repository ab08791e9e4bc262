//! One transfer that sends: from a typed address to its report.

use std::{path::PathBuf, sync::Arc};

use tokio::{io::AsyncWriteExt as _, sync::mpsc, task::spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::{actor::Internal, desk::Desk};
use crate::{
    disk::{Scan, SourceError},
    model::{
        Address, DeviceName, Outcome, Problem, ProblemKind, Purpose, Report, Side, Source, TransferState,
        Trial,
    },
    net::{self, Connection, Lane, NetError, Tls},
    transfer::{LaneToken, Limiter, Outflow, SendJob, send},
    wire::{FromSender, frame},
};

pub struct Outgoing {
    pub desk: Arc<Desk>,
    pub to: Address,
    pub parcel: Parcel,
    pub name: DeviceName,
    pub tls: Tls,
    pub limiter: Arc<Limiter>,
    pub actor: mpsc::Sender<Internal>,
    pub cancel: CancellationToken,
}

/// What is sent.
pub enum Parcel {
    Files(Vec<Source>),
    Trial {
        trial: Trial,
        /// Where a file for it may be made.
        folder: PathBuf,
    },
}

impl Parcel {
    fn scan(self) -> Result<Scan, SourceError> {
        match self {
            Self::Files(sources) => Scan::new(sources),
            Self::Trial { trial, folder } => Scan::of_trial(trial, &folder),
        }
    }

    #[must_use]
    pub fn purpose(&self) -> Purpose {
        match self {
            Self::Files(_) => Purpose::Files,
            Self::Trial { trial, .. } => Purpose::Trial(trial.medium),
        }
    }
}

pub async fn run(outgoing: Outgoing) {
    let Outgoing { desk, to, parcel, name, tls, limiter, actor, cancel } = outgoing;
    // What can't be sent is said before anybody is called.
    let picked = tokio::select! {
        picked = spawn_blocking(move || parcel.scan()) => picked.map_err(|e| e.to_string()),
        () = cancel.cancelled() => return desk.finish(Report::of(Outcome::Cancelled { by: Side::Here })),
    };
    let scan = match picked.and_then(|scan| scan.map_err(|e| e.to_string())) {
        Ok(scan) => scan,
        Err(text) => {
            let problem = Problem { side: Side::Here, kind: ProblemKind::Files, text };
            return desk.finish(Report::of(Outcome::Failed(problem)));
        }
    };
    let dialled = tokio::select! {
        dialled = net::dial(&to, &tls) => dialled,
        () = cancel.cancelled() => return desk.finish(Report::of(Outcome::Cancelled { by: Side::Here })),
    };
    let connection = match dialled {
        Ok(connection) => connection,
        Err(e) => return desk.finish(Report::of(Outcome::Failed(Problem::from(&e)))),
    };
    let (peer, route) = (connection.peer, connection.address);
    tracing::info!(transfer = %desk.id(), %peer, %route, "connected");
    desk.update(|t| {
        t.peer.id = Some(peer);
        t.state = TransferState::Preparing;
    });
    // An actor that is gone remembers nothing.
    let _ = actor.send(Internal::Reached(to)).await;
    let job = SendJob { transfer: desk.id(), name, scan, limiter };
    let tls = &tls;
    let open_lane = |token| async move { open_lane(net::dial_again(route, peer, tls).await?, token).await };
    let observe = |notice| desk.notice(notice);
    let meter = Arc::clone(&desk.meter);
    let sending = send(connection.stream, job, open_lane, meter, &observe, cancel);
    let report = Box::pin(sending).await;
    desk.finish(report);
}

/// Gives a new connection over to content.
async fn open_lane(mut connection: Connection, token: LaneToken) -> Result<Outflow, NetError> {
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
