//! The driver: announces this device, and tells what others announce.
//!
//! The library has a thread of its own, which sleeps while nothing is to be done. Multicast doesn't pass
//! everywhere; that is not noticed here.

use std::net::{SocketAddr, SocketAddrV6};

use mdns_sd::{
    DaemonStatus, IfKind, Receiver, ResolvedService, ScopedIp, ServiceDaemon, ServiceEvent, ServiceInfo,
};

use super::{Announcement, Place};
use crate::wire::limits;

/// As it is registered: `_airlift` (RFC 6335, section 5.1).
const SERVICE: &str = "_airlift._tcp.local.";

/// How often the library looks for interfaces that have come or gone, in seconds.
const INTERFACES: u32 = 2;

/// Why nothing can be announced, or looked for.
#[derive(Debug, thiserror::Error)]
#[error("The network can’t be asked for other devices: {0}. Type the other device’s address instead.")]
pub struct MulticastError(#[from] mdns_sd::Error);

/// What was seen on the network.
#[derive(Debug)]
pub enum Seen {
    Here { instance: String, announcement: Announcement, places: Vec<Place> },
    Gone { instance: String },
}

/// Multicast DNS, while it is needed.
pub struct Driver {
    daemon: ServiceDaemon,
    browsing: Option<Receiver<ServiceEvent>>,
    /// The name of what is announced.
    announced: Option<String>,
}

impl Driver {
    /// # Errors
    /// When the system gives no thread or socket for it.
    pub fn start() -> Result<Self, MulticastError> {
        let daemon = ServiceDaemon::new()?;
        // Nobody else is there.
        daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
        daemon.set_ip_check_interval(INTERFACES)?;
        Ok(Self { daemon, browsing: None, announced: None })
    }

    /// Announces this, in the place of anything else. `label` is random, new for each run of the program.
    ///
    /// # Errors
    /// When the library is too busy, or gone.
    pub fn announce(
        &mut self,
        label: &str,
        announcement: &Announcement,
        port: u16,
    ) -> Result<(), MulticastError> {
        let (host, strings) = (format!("airlift-{label}.local."), announcement.strings());
        let service = ServiceInfo::new(SERVICE, label, &host, (), port, &strings[..])?;
        let mut service = service.enable_addr_auto();
        // No other has this name.
        service.set_requires_probe(false);
        let name = service.get_fullname().to_owned();
        if self.announced.as_ref().is_some_and(|before| *before != name) {
            self.conceal();
        }
        self.daemon.register(service)?;
        self.announced = Some(name);
        Ok(())
    }

    /// Says goodbye.
    pub fn conceal(&mut self) {
        if let Some(name) = self.announced.take() {
            // Too busy to say it: then it is found out when nobody answers.
            let _ = self.daemon.unregister(&name);
        }
    }

    /// # Errors
    /// As [`Driver::announce`].
    pub fn browse(&mut self) -> Result<(), MulticastError> {
        if self.browsing.is_none() {
            self.browsing = Some(self.daemon.browse(SERVICE)?);
        }
        Ok(())
    }

    pub fn stop_browsing(&mut self) {
        if self.browsing.take().is_some() {
            let _ = self.daemon.stop_browse(SERVICE);
        }
    }

    /// Asks whether these are still announced; those that are not will be [`Seen::Gone`].
    pub fn verify(&self, instances: &[String]) {
        for instance in instances {
            // Too busy: it is asked when it has its turn again.
            let _ = self.daemon.verify(instance.clone(), limits::STILL_THERE_ANSWER);
        }
    }

    /// False when the library has given up: then another driver is needed.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        // It answers to whoever waits for that; who asks a dead one is told at once.
        match self.daemon.status() {
            Ok(status) => !matches!(status.try_recv(), Ok(DaemonStatus::Shutdown)),
            Err(e) => e != mdns_sd::Error::DaemonShutdown,
        }
    }

    /// # Panics
    /// When the library is gone already.
    #[cfg(test)]
    pub fn kill(&self) {
        self.daemon.shutdown().unwrap().recv().unwrap();
    }

    /// The next thing that is seen; without end while nobody is looked for.
    ///
    /// # Errors
    /// When nothing will be seen any more, unless it is begun anew.
    pub async fn next(&mut self) -> Result<Seen, MulticastError> {
        loop {
            let Some(events) = &self.browsing else { return std::future::pending().await };
            match events.recv_async().await {
                Ok(ServiceEvent::ServiceResolved(service)) => {
                    if let Some(seen) = read(&service) {
                        return Ok(seen);
                    }
                }
                Ok(ServiceEvent::ServiceRemoved(_, instance)) => return Ok(Seen::Gone { instance }),
                Ok(_) => {}
                Err(_) => {
                    // It has fallen behind, and was cut off: it begins anew, and hears of all again.
                    tracing::warn!("what devices announce came too fast");
                    self.browsing = None;
                    match self.browse() {
                        Err(MulticastError(e)) if e != mdns_sd::Error::Again => return Err(e.into()),
                        // Too busy: it is begun when somebody asks for it again.
                        Ok(()) | Err(_) => {}
                    }
                }
            }
        }
    }

    /// Says goodbye and ends.
    pub async fn end(mut self) {
        if let Some(name) = self.announced.take()
            && let Ok(said) = self.daemon.unregister(&name)
        {
            let _ = tokio::time::timeout(limits::ENDING, said.recv_async()).await;
        }
        if let Ok(ended) = self.daemon.shutdown() {
            let _ = tokio::time::timeout(limits::ENDING, ended.recv_async()).await;
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ = self.daemon.shutdown();
    }
}

fn read(service: &ResolvedService) -> Option<Seen> {
    let find = |key: &str| service.get_property_val(key).flatten();
    let announcement = Announcement::parse(find)
        .inspect_err(|why| tracing::debug!(instance = service.fullname, %why, "an announcement is ignored"))
        .ok()?;
    let places = service.addresses.iter().map(|address| place(address, service.port)).collect();
    Some(Seen::Here { instance: service.fullname.clone(), announcement, places })
}

fn place(address: &ScopedIp, port: u16) -> Place {
    match address {
        ScopedIp::V4(v4) => Place {
            address: SocketAddr::new((*v4.addr()).into(), port),
            interface: v4.interface_ids().first().map(|interface| interface.name.clone()),
        },
        ScopedIp::V6(v6) => {
            let interface = v6.scope_id();
            // Only link-local addresses have one (RFC 4007).
            let scope = if v6.addr().is_unicast_link_local() { interface.index } else { 0 };
            Place {
                address: SocketAddrV6::new(*v6.addr(), port, 0, scope).into(),
                interface: (!interface.name.is_empty()).then(|| interface.name.clone()),
            }
        }
        other => Place { address: SocketAddr::new(other.to_ip_addr(), port), interface: None },
    }
}
