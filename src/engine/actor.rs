//! The one loop that owns everything. (Under construction.)
use std::{path::PathBuf, sync::Arc};

use super::{EngineEnd, command::Command, event::Event};
use crate::identity::Identity;

pub struct Actor {
    home: PathBuf,
    _identity: Arc<Identity>,
    end: EngineEnd,
}

impl Actor {
    pub fn new(home: PathBuf, identity: Arc<Identity>, end: EngineEnd) -> Self {
        Self { home, _identity: identity, end }
    }

    pub async fn run(mut self) {
        while let Some(command) = self.end.commands.recv().await {
            match command {
                Command::Shutdown => break,
                Command::Apply(settings) => {
                    let _ = settings.save(&self.home);
                    self.end.publisher.publish(Event::Settings(settings));
                }
                _ => {}
            }
        }
    }
}
