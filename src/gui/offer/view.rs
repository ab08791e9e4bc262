//! An offer in the words of its card, prepared once.

use std::path::PathBuf;

use super::form::{Form, Unfit};
use crate::{
    engine::Snapshot,
    gui::{icons::Icon, meeting, paths},
    model::{
        Agreement, CompareCode, Conflict, DeviceId, Direction, EntryKind, Landing, Medium, Purpose, Scope,
        Summary, Transfer, TransferId, TransferState, Trust, text,
    },
};

pub struct View {
    pub id: TransferId,
    /// “Anna’s laptop wants to send you photo.jpg”.
    pub headline: String,
    pub device_id: Option<String>,
    pub address: String,
    pub items: Vec<Item>,
    /// Things at the top that are not listed.
    pub more: Option<String>,
    pub total: String,
    /// `None` for what touches no disk.
    pub folder: Option<String>,
    pub free: Option<String>,
    /// “312 of 400 files are here already.”
    pub already: Option<String>,
    /// What becomes of names that are taken, unless the form says otherwise.
    pub conflict: Conflict,
    /// It may not fit into the folder.
    pub too_big: Option<String>,
    notes: Vec<String>,
    /// The same where only what is missing is to come.
    completing: Vec<String>,
    /// What both screens show, and what that is for.
    pub meeting: Option<(CompareCode, &'static str)>,
    pub caution: Option<String>,
    /// What is thought of the device, where that is more than nothing.
    pub trust: Option<&'static str>,
    /// Whom an answer may make trusted; `None` of who is trusted, or may be somebody else.
    pub trustable: Option<DeviceId>,
    /// What is to be thought of it from then on.
    pub later: Trust,
    /// Where what the device sends goes, if that is not where everything goes.
    own_folder: Option<PathBuf>,
    /// “Save as…”, once it was asked for.
    pub form: Option<Form>,
    /// What [`View::form`] starts with; `None` for what is not kept, or has its place already.
    blank: Option<Form>,
}

pub struct Item {
    pub icon: Icon,
    pub name: String,
    pub size: String,
}

/// How much it is, and what its sender has left out.
fn total(summary: &Summary) -> String {
    let size = summary.size_line();
    match summary.skipped.listed(Direction::Receive) {
        Some(left_out) => format!("{size}. Left out there: {left_out}."),
        None => size,
    }
}

impl View {
    pub fn new(transfer: &Transfer, snapshot: &Snapshot) -> Self {
        let settings = &snapshot.settings;
        let summary = &transfer.summary;
        let peer = text::visible(transfer.peer.label());
        let folder = transfer.folder.clone().unwrap_or_else(|| settings.inbox.clone());
        let (kept, on_disk) = match summary.purpose {
            Purpose::Files => (true, true),
            Purpose::Trial(medium) => (false, medium == Medium::Disk),
            Purpose::Text => (false, false),
        };
        let items = summary.top.iter().filter(|_| kept).map(|top| Item {
            icon: Icon::of_entry(&top.name, top.kind),
            name: text::visible(&top.name).into_owned(),
            size: match top.kind {
                EntryKind::Folder => "folder".to_owned(),
                EntryKind::File { size: Some(size), .. } => text::bytes(size),
                EntryKind::File { size: None, .. } => "size not known".to_owned(),
            },
        });
        let things = summary.top.len() as u64 + summary.more;
        let what = match things {
            _ if summary.purpose == Purpose::Text => "send you a text".to_owned(),
            _ if !kept => "try how fast it can send to you".to_owned(),
            1 => format!("send you {}", summary.title()),
            _ => format!("send you {}", text::count(things, "thing", "things")),
        };
        let free = transfer.free.filter(|_| on_disk);
        let too_big = match transfer.lacks() {
            Some(short) => Some(format!(
                "There may not be enough room: {short}. After a yes, what fits arrives, and the rest waits for room. Or save it to another folder."
            )),
            None => free.filter(|free| !kept && *free < summary.bytes).map(|free| {
                let (needed, free) = (text::bytes(summary.bytes), text::bytes(free));
                format!("This needs {needed}, but only {free} are free there. Make room first.")
            }),
        };
        let only = match &summary.top[..] {
            [only] if summary.more == 0 => Some(only.name.clone()),
            _ => None,
        };
        let already = transfer.here_already();
        let conflict = if already.is_some() { Conflict::Complete } else { settings.conflict };
        Self {
            id: transfer.id,
            already,
            conflict,
            headline: format!("{peer} wants to {what}"),
            device_id: transfer.peer.id.map(|id| id.to_string()),
            address: text::visible(&transfer.peer.address).into_owned(),
            items: items.collect(),
            more: (summary.more > 0).then(|| format!("and {}", text::count(summary.more, "more", "more"))),
            total: total(summary),
            folder: on_disk.then(|| paths::shown(&folder)),
            free: free.map(|free| format!("{} free", text::bytes(free))),
            too_big,
            notes: shown(&transfer.notes),
            completing: shown(transfer.completing.as_ref().unwrap_or(&transfer.notes)),
            meeting: transfer.meeting.map(|meeting| (meeting.code, about(meeting.here))),
            caution: transfer.caution.as_ref().map(meeting::warning),
            trust: transfer.peer.id.and_then(|id| trusted(snapshot.trust(id))),
            trustable: transfer
                .peer
                .id
                // Who is met first is trusted later: the sender may still find another code.
                .filter(|id| {
                    let is_sure = transfer.caution.is_none() && transfer.meeting.is_none();
                    kept && is_sure && snapshot.trust(*id) == Trust::Known
                }),
            later: Trust::Known,
            own_folder: (folder != settings.inbox).then(|| folder.clone()),
            form: None,
            blank: (kept && transfer.scope == Scope::Whole).then(|| Form::new(folder, only, conflict)),
        }
    }

    /// Opens or closes “Save as…”. What was typed is dropped.
    pub fn toggle_form(&mut self) {
        self.form = if self.form.is_some() { None } else { self.blank.clone() };
    }

    /// What becomes of names, as it is chosen now.
    pub fn notes(&self) -> &[String] {
        match self.form.as_ref().map_or(self.conflict, Form::conflict) {
            Conflict::Complete => &self.completing,
            Conflict::KeepBoth | Conflict::Skip | Conflict::Replace => &self.notes,
        }
    }

    /// Takes over how much is free, if that is all that has changed.
    pub fn measured(&mut self, now: Self) {
        (self.free, self.too_big) = (now.free, now.too_big);
    }

    /// Whether “Save as…” makes sense.
    pub fn has_form(&self) -> bool {
        self.blank.is_some()
    }

    /// Where it goes if it is accepted now.
    pub fn landing(&self) -> Result<Landing, Unfit> {
        match &self.form {
            None => {
                let folder = self.own_folder.clone();
                Ok(Landing { folder, conflict: self.conflict, ..Landing::default() })
            }
            Some(form) => form.landing(),
        }
    }
}

fn shown(notes: &[String]) -> Vec<String> {
    notes.iter().map(|note| text::visible(note).into_owned()).collect()
}

/// What the code is for.
fn about(here: Agreement) -> &'static str {
    match here {
        Agreement::Asked | Agreement::Given => {
            "You have not met before. Accept only if the other screen shows the same code."
        }
        Agreement::NotNeeded => {
            "You know this device. It does not know this one yet, and compares this code."
        }
    }
}

fn trusted(trust: Trust) -> Option<&'static str> {
    match trust {
        Trust::Stranger | Trust::Blocked => None,
        Trust::Known => Some("You know it"),
        Trust::Trusted => Some("You trust it"),
        Trust::Own => Some("Your own"),
    }
}

/// Why an offer that was on the screen can't be answered any more.
pub fn farewell(transfer: &Transfer) -> String {
    match &transfer.state {
        TransferState::Finished(report) => report
            .outcome
            .problem()
            .map_or("This was answered already.".to_owned(), |text| text::visible(&text).into_owned()),
        _ => "This was answered already.".to_owned(),
    }
}
