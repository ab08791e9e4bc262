//! `airlift doctor`: why devices may not see each other, and how the virus scanner is.

use serde::Serialize;
use tokio::sync::oneshot;

use super::{asked::Form, exit::Exit, json, render::Screen};
use crate::engine::{
    Command, Handle, Unheard,
    doctor::{Finding, Health},
};

#[derive(Serialize)]
#[serde(tag = "event", rename = "finding")]
struct Line<'a> {
    about: &'a str,
    state: &'static str,
    text: &'a str,
}

/// Looks, and tells. The exit code is that of a failure where something is in the way.
///
/// # Errors
/// When the engine has ended.
pub async fn doctor(
    handle: Handle,
    of_scanner: Vec<Finding>,
    form: Form,
    screen: &mut Screen,
) -> Result<Exit, Unheard> {
    let (reply, found) = oneshot::channel();
    handle.send(Command::Examine { reply }).await?;
    let mut findings = found.await.map_err(|_| Unheard::Gone)?;
    findings.extend(of_scanner);
    for Finding { about, state, text } in &findings {
        let (word, mark) = match state {
            Health::Fine => ("fine", "ok"),
            Health::Doubtful => ("doubtful", "??"),
            Health::Bad => ("bad", "!!"),
        };
        match form {
            Form::Json => json::write(screen, &Line { about, state: word, text }),
            Form::Quiet if *state == Health::Fine => {}
            Form::Person | Form::Quiet => screen.out(&format!("{mark}  {about}: {text}")),
        }
    }
    let is_bad = findings.iter().any(|finding| finding.state == Health::Bad);
    Ok(if is_bad { Exit::Failed } else { Exit::Complete })
}
