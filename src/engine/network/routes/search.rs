//! Whom to call with a code: one after the other, of those that say that they have given out one of its number.
//!
//! Knows who was called already. Must not know what is said to them.

use std::net::{IpAddr, SocketAddr};

use tokio::time::{Instant, timeout, timeout_at};

use super::Routes;
use crate::{
    discovery::Candidate,
    model::{DeviceId, PairingCode, Target},
    net::{self, Connection, NetError},
    wire::limits,
};

/// See the module.
pub struct Search {
    routes: Routes,
    /// `None`: all that were named are called.
    to: Option<Target>,
    code: PairingCode,
    /// Whoever shows itself later is not waited for.
    until: Instant,
    /// Announcements that were heeded.
    heeded: Vec<String>,
    calls: usize,
    /// Who has been reached, and where: nobody is told about the code twice, whatever they announce.
    reached: Vec<(IpAddr, DeviceId)>,
}

impl Search {
    pub(super) fn new(routes: Routes, to: Target, code: PairingCode) -> Self {
        let until = Instant::now() + limits::APPEAR;
        Self { routes, to: Some(to), code, until, heeded: Vec::new(), calls: 0, reached: Vec::new() }
    }

    /// Who answers next, or why somebody could not be reached. `None`: nobody is left.
    pub async fn next(&mut self) -> Option<Result<Connection, NetError>> {
        match self.to.take() {
            Some(code @ Target::Code(_)) => self.to = Some(code),
            Some(named) => return Some(self.routes.connect(&named, None).await),
            None => return None,
        }
        while self.reached.len() < limits::CODE_CANDIDATES && self.calls < limits::CODE_CALLS {
            let candidate = self.candidate().await?;
            self.heeded.push(candidate.instance);
            let was_reached = |place: &SocketAddr| self.reached.iter().any(|(host, _)| *host == place.ip());
            let places: Vec<_> = candidate.places.into_iter().filter(|place| !was_reached(place)).collect();
            let Some(first) = places.first() else { continue };
            self.calls += 1;
            let calling = timeout(limits::PROBE, net::dial_first(&places, candidate.id, &self.routes.tls));
            match calling.await {
                Ok(Ok(connection)) => {
                    let is_new = self.reached.iter().all(|(_, peer)| *peer != connection.peer);
                    self.reached.push((connection.address.ip(), connection.peer));
                    if is_new {
                        return Some(Ok(connection));
                    }
                }
                Ok(Err(e)) => return Some(Err(e)),
                Err(_) => return Some(Err(NetError::Silent { address: first.to_string() })),
            }
        }
        None
    }

    async fn candidate(&self) -> Option<Candidate> {
        let view = self.routes.view.as_ref()?;
        let appearing = view.find(|directory| {
            let candidates = directory.candidates(self.code.channel(), &self.routes.devices.all());
            candidates.into_iter().find(|candidate| !self.heeded.contains(&candidate.instance))
        });
        // What is there already is found at once.
        timeout_at(self.until, appearing).await.ok()?
    }
}
