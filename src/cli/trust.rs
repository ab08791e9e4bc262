//! `airlift trust`: the devices that are known, and what this device's person thinks of them.
//!
//! Knows how a person names them, and how they are shown. Must not know where they are kept.

use std::path::Path;

use serde::Serialize;

use super::{
    asked::{Form, Trusting},
    exit::Exit,
    json::{self, fields::seconds},
    render::Screen,
};
use crate::{
    engine::{Change, TrustStore, home},
    model::{DeviceId, DeviceName, KnownDevice, Proof, Recording, Trust, text},
};

/// A refusal, as a sentence.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "No known device is called “{0}”, and no id begins with it. “airlift trust” lists them; of any other device, type the whole id."
    )]
    Unknown(String),
    #[error("“{text}” may be any of {count} devices. Type more of its id: {ids}.")]
    Ambiguous { text: String, count: usize, ids: String },
}

/// Does it. A running Airlift of the same home heeds it at once.
///
/// # Errors
/// When a device isn't known, or may be several; or what is kept can't be read or changed.
pub fn trust(home: &Path, trusting: &Trusting, form: Form, screen: &mut Screen) -> anyhow::Result<Exit> {
    // As the engine does: whoever trusts may have sent nothing yet.
    home::make(home)?;
    let store = TrustStore::open(home)?;
    match trusting {
        Trusting::List(devices) => {
            // Who asks for a list wants to see it.
            let form = if form == Form::Quiet { Form::Person } else { form };
            let chosen = if devices.is_empty() { store.devices() } else { choose_all(&store, devices)? };
            if chosen.is_empty() && form == Form::Person {
                screen.out("No device is known: none was met yet, or all were forgotten.");
            }
            for known in &chosen {
                show(known, form, screen);
            }
        }
        Trusting::Add { device, name, trust, folder } => {
            if let Some(folder) = folder {
                home::admits(home, folder)?;
            }
            let id = choose_any(&store, device)?;
            let called = name_of(&store, id, name.as_ref());
            let proof = device.parse::<DeviceId>().map_or(Proof::None, |_| Proof::Fingerprint);
            if proof == Proof::Fingerprint || name.is_some() {
                store.change(Change::Met { id, name: called.clone(), proof, trust: *trust })?;
            }
            store.change(Change::Judged { id, name: called, trust: *trust })?;
            if let Some(folder) = folder {
                store.change(Change::Folder { id, folder: Some(folder.clone()) })?;
            }
            store.write()?;
            tell(&store, id, form, screen);
        }
        Trusting::Block(devices) => {
            let ids = devices.iter().map(|text| choose_any(&store, text)).collect::<Result<Vec<_>, _>>()?;
            for &id in &ids {
                store.change(Change::Judged {
                    id,
                    name: name_of(&store, id, None),
                    trust: Trust::Blocked,
                })?;
            }
            store.write()?;
            for id in ids {
                tell(&store, id, form, screen);
            }
        }
        Trusting::Record { devices, recording } => {
            let chosen = choose_all(&store, devices)?;
            for known in &chosen {
                store.change(Change::Recording { id: known.id, recording: *recording })?;
            }
            store.write()?;
            for known in chosen.iter().filter_map(|known| store.known(known.id)) {
                match form {
                    Form::Json => show(&known, form, screen),
                    Form::Person => screen.out(&told_of(&known)),
                    Form::Quiet => {}
                }
            }
        }
        Trusting::Remove(devices) => {
            let chosen = choose_all(&store, devices)?;
            for KnownDevice { id, name, .. } in &chosen {
                store.change(Change::Judged { id: *id, name: name.clone(), trust: Trust::Stranger })?;
            }
            store.write()?;
            for known in &chosen {
                match form {
                    Form::Json => json::write(screen, &Line::Forgotten(of(known))),
                    Form::Person => screen.out(&format!("{} is forgotten.", called(known))),
                    Form::Quiet => {}
                }
            }
        }
    }
    Ok(Exit::Complete)
}

/// Those that are meant, each once.
fn choose_all(store: &TrustStore, texts: &[String]) -> Result<Vec<KnownDevice>, Refusal> {
    let mut chosen: Vec<KnownDevice> = Vec::new();
    for text in texts {
        let one = choose(&store.devices(), text)?;
        if !chosen.iter().any(|other| other.id == one.id) {
            chosen.push(one);
        }
    }
    Ok(chosen)
}

/// The one that is known and meant.
fn choose(known: &[KnownDevice], text: &str) -> Result<KnownDevice, Refusal> {
    let digits = |text: &str| text.replace(['-', ' '], "").to_ascii_uppercase();
    let start = digits(text);
    let name = DeviceName::parse(text).ok();
    let is_meant = |device: &&KnownDevice| {
        let begins = !start.is_empty() && digits(&device.id.to_string()).starts_with(&start);
        begins || name.as_ref().is_some_and(|name| name.resembles(&device.name))
    };
    let fitting: Vec<_> = known.iter().filter(is_meant).collect();
    match fitting[..] {
        [one] => Ok(one.clone()),
        [] => Err(Refusal::Unknown(text.to_owned())),
        _ => {
            let ids: Vec<_> = fitting.iter().map(|device| device.id.to_string()).collect();
            Err(Refusal::Ambiguous { text: text.to_owned(), count: fitting.len(), ids: ids.join(", ") })
        }
    }
}

/// The one that is meant, known or not.
fn choose_any(store: &TrustStore, text: &str) -> Result<DeviceId, Refusal> {
    text.parse().or_else(|_| choose(&store.devices(), text).map(|known| known.id))
}

/// What it is called: as the person says, as it has called itself, or by its id.
fn name_of(store: &TrustStore, id: DeviceId, said: Option<&DeviceName>) -> DeviceName {
    let known = || store.known(id).map(|known| known.name);
    said.cloned().or_else(known).unwrap_or_else(|| DeviceName::from_host_name(&id.short()))
}

fn called(known: &KnownDevice) -> String {
    format!("{} ({})", known.name, known.id.short())
}

fn told_of(known: &KnownDevice) -> String {
    let device = called(known);
    match known.recording {
        Recording::Never => format!(
            "Nothing that comes from {device} or goes to it is recorded from now on. What is in the history already stays until it is removed."
        ),
        Recording::Usual => format!("What comes from {device} and goes to it is recorded again."),
    }
}

fn tell(store: &TrustStore, id: DeviceId, form: Form, screen: &mut Screen) {
    let Some(known) = store.known(id) else { return };
    match form {
        Form::Json => show(&known, form, screen),
        Form::Person => screen.out(&format!("{} is {} from now on.", called(&known), words(known.trust))),
        Form::Quiet => {}
    }
}

fn show(known: &KnownDevice, form: Form, screen: &mut Screen) {
    if form == Form::Json {
        return json::write(screen, &Line::Known(of(known)));
    }
    screen.out(&format!("{}  {}", known.name, words(known.trust)));
    screen.out(&format!("    {}", known.id));
    let ago = known
        .seen
        .elapsed()
        .map_or_else(|_| "just now".to_owned(), |age| format!("{} ago", text::duration(age)));
    screen.out(&format!("    {}; last heard of {ago}", proof(known.proof)));
    if let Some(folder) = &known.folder {
        screen.out(&format!("    what it sends goes to {}", text::visible(&folder.to_string_lossy())));
    }
    if known.recording == Recording::Never {
        screen.out("    its transfers are not recorded");
    }
    for address in &known.addresses {
        screen.out(&format!("    {address}"));
    }
}

fn words(trust: Trust) -> &'static str {
    match trust {
        Trust::Stranger => "a stranger",
        Trust::Known => "known",
        Trust::Trusted => "trusted",
        Trust::Own => "your own",
        Trust::Blocked => "blocked",
    }
}

fn proof(proof: Proof) -> &'static str {
    match proof {
        Proof::None => "never compared",
        Proof::Compared => "codes were compared",
        Proof::Code => "it knew the code",
        Proof::Fingerprint => "its whole id was given",
    }
}

/// One line. Every field is in `docs/CLI.md`.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line {
    Known(Fields),
    Forgotten(Fields),
}

#[derive(Serialize)]
struct Fields {
    id: String,
    name: String,
    kind: String,
    trust: Trust,
    proof: Proof,
    folder: Option<String>,
    recording: Recording,
    addresses: Vec<String>,
    met: u64,
    seen: u64,
}

fn of(known: &KnownDevice) -> Fields {
    Fields {
        id: known.id.to_string(),
        name: known.name.to_string(),
        kind: known.kind.to_string(),
        trust: known.trust,
        proof: known.proof,
        folder: known.folder.as_ref().map(|folder| folder.to_string_lossy().into_owned()),
        recording: known.recording,
        addresses: known.addresses.iter().map(ToString::to_string).collect(),
        met: seconds(known.met),
        seen: seconds(known.seen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_meant_by_its_name_its_id_or_the_beginning_of_that_and_never_by_chance() {
        let home = tempfile::tempdir().unwrap();
        let store = TrustStore::open(home.path()).unwrap();
        let ids: Vec<_> = (0u8..40).map(|n| DeviceId::of_public_key(&[n])).collect();
        for (n, id) in ids.iter().enumerate() {
            let name = DeviceName::parse(if n < 2 { "Twin" } else { "Anna’s laptop" }).unwrap();
            let name = if n < 3 { name } else { DeviceName::parse(&format!("Device {n}")).unwrap() };
            store.change(Change::Judged { id: *id, name, trust: Trust::Known }).unwrap();
        }
        let meant = |text: &str| choose(&store.devices(), text).map(|known| known.id);
        assert_eq!(meant("ANNA’S LAPTOP"), Ok(ids[2]));
        assert_eq!(meant(&ids[5].to_string()[..14].to_lowercase()), Ok(ids[5]));
        assert_eq!(meant(&ids[5].to_string().replace('-', " ")), Ok(ids[5]));
        for unknown in ["Nobody", "", "-", "\u{202e}"] {
            assert_eq!(meant(unknown), Err(Refusal::Unknown(unknown.to_owned())));
        }
        let Err(Refusal::Ambiguous { count: 2, ids: named, .. }) = meant("twin") else { panic!() };
        assert!(ids[..2].iter().all(|id| named.contains(&id.to_string())));
        // Forty ids begin with no more than thirty-two letters.
        assert!(ids.iter().any(|id| matches!(meant(&id.to_string()[..1]), Err(Refusal::Ambiguous { .. }))));
        let other = DeviceId::of_public_key(b"other");
        assert_eq!(choose_any(&store, &other.to_string()), Ok(other));
        assert_eq!(choose_any(&store, "Anna's laptop"), Ok(ids[2]));
    }
}
