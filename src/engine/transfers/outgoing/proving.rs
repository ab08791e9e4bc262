//! Reaching the device that a code leads to, and showing each other that both know it.

use tokio::time::timeout;

use super::{Outgoing, Proved};
use crate::{
    engine::trust::codes::say,
    model::{DeviceId, DeviceName, Link, PairingCode, Problem, ProblemKind, Proof, Side, Target, text},
    net::{Connection, NetError},
    pairing::{self, Asking, BadProof, Ends},
    transfer::{LinkError, read_first},
    wire::{FromReceiver, FromSender, Violation, limits, message::short},
};

/// Why a device that has answered is not the one that has given out the code. What is worth more to know
/// comes later.
#[derive(Debug, thiserror::Error)]
enum NotProved {
    #[error("{0}")]
    Net(#[from] NetError),
    #[error("{0}")]
    Link(LinkError),
    #[error(
        "The other device doesn’t take the code: {}. Ask there for a new one.",
        text::visible(.reason.as_deref().unwrap_or("it doesn’t say why"))
    )]
    Refused { reason: Option<String> },
    #[error(
        "The code is wrong: it is not the one that the other device has given out, or somebody stands between the two. Nothing was sent. It can’t be used any more: ask there for a new one."
    )]
    OtherWords,
}

impl NotProved {
    fn worth(&self) -> u8 {
        match self {
            Self::Net(_) => 0,
            Self::Link(_) => 1,
            Self::Refused { .. } => 2,
            Self::OtherWords => 3,
        }
    }
}

impl From<LinkError> for NotProved {
    fn from(e: LinkError) -> Self {
        Self::Link(e)
    }
}

impl From<BadProof> for NotProved {
    fn from(e: BadProof) -> Self {
        match e {
            BadProof::NoPoint => Self::Link(LinkError::Violation(Violation::Garbled)),
            BadProof::OtherWords => Self::OtherWords,
        }
    }
}

impl From<NotProved> for Problem {
    fn from(e: NotProved) -> Self {
        match &e {
            NotProved::Net(net) => Self::from(net),
            // Not a broken link: it would be tried again, with a code that is spent.
            _ => Self { side: Side::There, kind: ProblemKind::Other, text: e.to_string() },
        }
    }
}

impl Outgoing {
    /// A connection to the device that is meant, and what was proved on it; to `known` and nobody else, if it
    /// has accepted before.
    pub(super) async fn reach(&self, known: Option<DeviceId>) -> Result<(Connection, Proof), Problem> {
        match self.code() {
            Some(code) if known.is_none() => Ok((self.prove(code).await?, Proof::Code)),
            _ => {
                let meant = known.or(self.proved.get().map(|proved| proved.id));
                let connection = self.routes.connect(self.to(), meant).await;
                Ok((connection.map_err(|e| Problem::from(&e))?, Proof::None))
            }
        }
    }

    fn code(&self) -> Option<PairingCode> {
        match (&self.to, self.proved.get()) {
            (_, Some(_)) => None,
            (Target::Code(code), None) => Some(*code),
            (_, None) => self.manner.code,
        }
    }

    /// Whom it goes to, as far as that is known by now.
    pub(super) fn to(&self) -> &Target {
        self.proved.get().map_or(&self.to, |proved| &proved.at)
    }

    /// To whom another try goes: to nobody but the device that has shown that it knows the code.
    pub(super) fn meant(&self) -> Target {
        match (self.proved.get(), self.to()) {
            (Some(proved), Target::Address(address)) => {
                Target::Link(Link { id: proved.id, address: address.clone() })
            }
            (Some(proved), Target::Name(_)) => Target::Device(proved.id),
            (_, to) => to.clone(),
        }
    }

    /// True of a code that leads nowhere any more, and that whoever answers another try would get one more guess at.
    pub(super) fn is_spent(&self) -> bool {
        self.spent.get().is_some() && self.proved.get().is_none()
    }

    /// Finds the device that has given out the code.
    async fn prove(&self, code: PairingCode) -> Result<Connection, Problem> {
        let mut failure = None;
        let mut search = self.routes.search(&self.to, code);
        while let Some(called) = search.next().await {
            match self.prove_to(called, code).await {
                Ok(connection) => {
                    let there = (connection.peer, connection.address);
                    tracing::info!(peer = %there.0, address = %there.1, "it knows the code");
                    // A code opens one door, once: whatever comes now goes to the device behind it.
                    let found = match &self.to {
                        Target::Code(_) => Target::Link(Link { id: there.0, address: there.1.into() }),
                        typed => typed.clone(),
                    };
                    self.desk.found(&found);
                    // Nobody else has set it: this is asked once.
                    let _ = self.proved.set(Proved { id: there.0, at: found });
                    return Ok(connection);
                }
                Err(e) => {
                    tracing::info!(problem = %e, "not the one of the code");
                    if failure.as_ref().is_none_or(|before: &NotProved| e.worth() > before.worth()) {
                        failure = Some(e);
                    }
                }
            }
        }
        Err(failure.map_or_else(|| nobody(code), Problem::from))
    }

    async fn prove_to(
        &self,
        called: Result<Connection, NetError>,
        code: PairingCode,
    ) -> Result<Connection, NotProved> {
        let mut connection = called?;
        let binding = connection.exported(pairing::BINDING)?;
        let (asking, element) =
            Asking::begin(code, Ends { binding, sender: self.us, receiver: connection.peer });
        say(&mut connection, &FromSender::Pair { element }).await?;
        let element = match hear(&mut connection).await? {
            FromReceiver::Pair { element } => element,
            FromReceiver::Decline { reason } => {
                let reason = reason.as_deref().map(short);
                self.spend();
                return Err(NotProved::Refused { reason });
            }
            _ => return Err(LinkError::Violation(Violation::OutOfTurn("pair")).into()),
        };
        let (proving, proof) = asking.prove(&element)?;
        // Whoever has it can try one guess on it, whatever it answers.
        self.spend();
        say(&mut connection, &FromSender::PairProof { proof }).await?;
        match hear(&mut connection).await? {
            FromReceiver::Paired { proof } => proving.check(&proof)?,
            FromReceiver::Decline { .. } => return Err(NotProved::OtherWords),
            _ => return Err(LinkError::Violation(Violation::OutOfTurn("paired")).into()),
        }
        Ok(connection)
    }

    fn spend(&self) {
        // Once is enough.
        let _ = self.spent.set(());
    }

    /// The other device has said its name: where it has shown on this connection that it knows the code, it is
    /// known from now on. What was decided about it since then holds.
    pub(super) fn named(&self, peer: DeviceId, name: &DeviceName, proof: Proof) {
        if proof == Proof::Code {
            self.devices.meet(peer, name.clone(), proof, self.manner.remember.into());
        }
    }
}

async fn hear(connection: &mut Connection) -> Result<FromReceiver, LinkError> {
    timeout(limits::HANDSHAKE, async {
        loop {
            // Whoever refuses may say that it is there before it says why.
            match read_first(&mut connection.stream).await? {
                FromReceiver::Alive => {}
                other => return Ok(other),
            }
        }
    })
    .await
    .unwrap_or(Err(LinkError::Silent))
}

fn nobody(code: PairingCode) -> Problem {
    let text = format!(
        "No device on this network has given out a code with the number {}. Check the number, and that both are in the same network; or say the other device’s address, too.",
        code.channel()
    );
    Problem { side: Side::Here, kind: ProblemKind::Unreachable, text }
}
