//! `airlift devices`: who is on the network, known or not, and by which route.
//!
//! Knows how long to look and how devices are shown. Must not know how they are found.

use std::time::Duration;

use tokio::{sync::mpsc, time::sleep};

use super::{
    ask::Typed,
    asked::{Form, LookUntil},
    exit::Exit,
    json,
    render::Screen,
};
use crate::{
    engine::{Command, Event, Handle, Looking, Snapshot, Unheard, Update},
    model::{DeviceId, DeviceName, Nearby, RouteAnswer, Sighting, Target, Trust, text},
};

mod line;

/// For how long to look before the list is taken for whole: devices answer within two seconds.
const LOOK: Duration = Duration::from_millis(2500);

/// Lists devices.
///
/// # Errors
/// When the engine has ended.
pub async fn devices(
    handle: Handle,
    until: LookUntil,
    form: Form,
    screen: &mut Screen,
    mut interrupts: mpsc::Receiver<()>,
) -> Result<Exit, Unheard> {
    let (mut state, mut events) = handle.subscribe();
    handle.send(Command::Look(Looking::On)).await?;
    let mut over = std::pin::pin!(sleep(LOOK));
    let mut shown = Vec::new();
    let mut told = None;
    loop {
        tokio::select! {
            update = events.next() => match update {
                Some(Update::Event(event @ (Event::Nearby(_) | Event::Known(_) | Event::Deaf(_)))) => state.apply(&event),
                Some(Update::Event(_)) => continue,
                Some(Update::Resync(whole)) => state = *whole,
                None => return Err(Unheard::Gone),
            },
            () = &mut over, if until == LookUntil::Answered => break,
            Some(()) = interrupts.recv() => break,
        }
        if state.deaf != told {
            told.clone_from(&state.deaf);
            if let Some(problem) = &told {
                complain(&problem.text, form, screen);
            }
        }
        if until == LookUntil::Interrupted {
            show_changes(&state, &mut shown, form, screen);
        }
    }
    if until == LookUntil::Answered {
        show_all(&state, form, screen);
    }
    Ok(Exit::Complete)
}

/// Has a person choose one of those who are here; `None` when they press Ctrl-C.
///
/// # Errors
/// When they want none, when there is nobody to ask any more, or when the engine has ended.
pub async fn choose(
    handle: Handle,
    typed: &mut Typed,
    screen: &mut Screen,
    mut interrupts: mpsc::Receiver<()>,
) -> anyhow::Result<Option<Target>> {
    let choosing = async {
        loop {
            screen.err("Looking for devices …");
            let near = look(&handle).await?;
            typed.begin();
            if let Some(target) = ask(&near, screen, typed).await? {
                return Ok(Some(target));
            }
        }
    };
    tokio::select! {
        chosen = choosing => chosen,
        _ = interrupts.recv() => Ok(None),
    }
}

/// Those who have answered after a moment, as they are shown.
async fn look(handle: &Handle) -> Result<Vec<(DeviceId, String)>, Unheard> {
    handle.send(Command::Look(Looking::On)).await?;
    sleep(LOOK).await;
    let (state, _) = handle.subscribe();
    let can_be_sent_to = |near: &&Nearby| !matches!(near.sighting, Sighting::Disproved | Sighting::Silent);
    let near = state.nearby.iter().filter(can_be_sent_to);
    Ok(near.map(|near| (near.id, sentence(near, state.trust(near.id)))).collect())
}

/// `None` when the person wants to look again.
async fn ask(
    near: &[(DeviceId, String)],
    screen: &mut Screen,
    typed: &mut Typed,
) -> anyhow::Result<Option<Target>> {
    if near.is_empty() {
        screen.err("No device is to be seen that receives.");
    }
    for (number, (_, shown)) in near.iter().enumerate() {
        screen.err(&format!("{:>3}  {shown}", number + 1));
    }
    loop {
        screen.err("Which one? Type its number, r to look again, or q to leave, then Enter.");
        let Some(line) = typed.next().await else {
            anyhow::bail!("No device was chosen. Name one with --to.");
        };
        match line.trim() {
            "r" | "R" => return Ok(None),
            "q" | "Q" => anyhow::bail!("No device was chosen. Nothing was sent."),
            number => {
                let at = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                if let Some((id, _)) = at.and_then(|at| near.get(at)) {
                    return Ok(Some(Target::Device(*id)));
                }
            }
        }
    }
}

/// Why nobody is to be seen.
fn complain(problem: &str, form: Form, screen: &mut Screen) {
    match form {
        Form::Json => json::write(screen, &json::Line::Error { problem }),
        Form::Person | Form::Quiet => screen.err(problem),
    }
}

fn show_all(state: &Snapshot, form: Form, screen: &mut Screen) {
    if state.nearby.is_empty() && form != Form::Json {
        screen.out("No other device is to be seen. It must be in the same network, and receive there.");
        screen.out("“airlift doctor” looks for what may be in the way.");
    }
    for near in &state.nearby {
        show(state, near, form, screen);
    }
}

/// Tells who has come, changed or gone since.
fn show_changes(state: &Snapshot, shown: &mut Vec<(Nearby, Trust)>, form: Form, screen: &mut Screen) {
    for near in &state.nearby {
        let trust = state.trust(near.id);
        let is_news = |(old, before): &(Nearby, Trust)| match form {
            Form::Json => (old, *before) != (near, trust),
            Form::Person | Form::Quiet => sentence(old, *before) != sentence(near, trust),
        };
        if shown.iter().find(|(old, _)| old.id == near.id).is_none_or(is_news) {
            show(state, near, form, screen);
        }
    }
    for (gone, _) in shown.iter().filter(|(old, _)| state.nearby.iter().all(|near| near.id != old.id)) {
        match form {
            Form::Json => json::write(screen, &line::Line::gone(gone.id, &gone.name)),
            Form::Person | Form::Quiet => screen.out(&format!("{}  is gone", called(gone.id, &gone.name))),
        }
    }
    *shown = state.nearby.iter().map(|near| (near.clone(), state.trust(near.id))).collect();
}

fn show(state: &Snapshot, near: &Nearby, form: Form, screen: &mut Screen) {
    let trust = state.trust(near.id);
    match form {
        Form::Json => json::write(screen, &line::Line::device(near, trust)),
        Form::Person | Form::Quiet => screen.out(&sentence(near, trust)),
    }
}

fn called(id: DeviceId, name: &DeviceName) -> String {
    format!("{name} ({})", id.short())
}

/// `Anna’s laptop (K3QF-7A2M)  laptop, trusted, 192.168.1.20:27543 by wlan0, 3 ms`.
fn sentence(near: &Nearby, trust: Trust) -> String {
    let mut parts = vec![near.kind.to_string()];
    parts.retain(|kind| kind != "unknown");
    parts.push(
        match trust {
            Trust::Stranger => "not known",
            Trust::Known => "known",
            Trust::Trusted => "trusted",
            Trust::Own => "your own",
            Trust::Blocked => "blocked",
        }
        .to_owned(),
    );
    if let Some(best) = near.routes.first() {
        let by = best.interface.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
        parts.push(format!("{}{by}", best.address));
        if let RouteAnswer::Proved(took) = best.answer {
            parts.push(format!("{:.1} ms", took.as_secs_f64() * 1000.0));
        }
    }
    match near.sighting {
        Sighting::Proved => {}
        Sighting::Unproved => parts.push("not asked yet".to_owned()),
        Sighting::Silent => parts.push("doesn’t answer: a firewall there may be in the way".to_owned()),
        Sighting::Disproved => parts.push("could not verify: another device answers there".to_owned()),
    }
    format!("{}  {}", called(near.id, &near.name), text::visible(&parts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer(typed: &str) -> anyhow::Result<Option<Target>> {
        let (to, lines) = mpsc::channel(8);
        for line in typed.lines() {
            to.send(line.to_owned()).await.unwrap();
        }
        drop(to);
        let mut screen = Screen::over(std::io::sink(), std::io::sink());
        let near = ["anna", "ben"].map(|name| (DeviceId::of_public_key(name.as_bytes()), name.to_owned()));
        ask(&near, &mut screen, &mut Typed::Lines(lines)).await
    }

    #[tokio::test]
    async fn a_device_is_chosen_by_its_number_and_nothing_else_will_do() {
        let ben = Target::Device(DeviceId::of_public_key(b"ben"));
        assert_eq!(answer("2\n").await.unwrap(), Some(ben.clone()));
        assert_eq!(answer("\n0\n3\nben\n-1\n 2 \n").await.unwrap(), Some(ben));
        assert_eq!(answer("r\n").await.unwrap(), None);
        assert!(answer("q\n").await.unwrap_err().to_string().contains("Nothing was sent"));
        assert!(answer("7\n").await.unwrap_err().to_string().contains("--to"));
    }
}
