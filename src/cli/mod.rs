//! The terminal face: translates between a person, or a script, and the engine.
//!
//! Knows the command line, the engine's seam and the model. Must not know anything below the
//! engine, nor the window: whoever starts this face hands it the way to open one.

mod args;
mod ask;
mod asked;
mod bars;
mod bench;
mod comparing;
mod demo;
mod devices;
mod doctor;
mod ending;
mod errors;
mod exit;
mod history;
mod human;
mod id;
mod input;
mod interrupt;
mod json;
mod loopback;
mod manual;
mod news;
mod quarantine;
mod receive;
mod render;
mod scan;
mod send;
#[cfg(test)]
mod stage;
mod terminal;
mod text_in;
mod transfers;
mod trust;
mod verdict;
mod verify;
mod watch;
mod words;

use std::{
    io::{self, IsTerminal as _},
    path::Path,
    process::ExitCode,
    sync::Arc,
};

use tokio::sync::mpsc;

use self::{
    args::{Accept, Invocation, Task, Words},
    asked::{Benching, Form, Keeping, Recalling},
    comparing::Company,
    errors::Errors,
    exit::Exit,
    human::{Detail, Human},
    interrupt::Interrupts,
    json::Json,
    news::{News, Tell},
    receive::{Agreement, Reception},
    render::Screen,
    send::Sending,
    terminal::at_terminal,
};
use crate::{
    engine::{Config, Engine, Handle, Settings, home, local_addresses, scanner},
    logging::{self, Echo},
    model::{Problem, Source, Target, text},
};

/// Why offers are declined where a person should be asked and can't be.
const NO_TERMINAL: &str = "there is nobody to ask: it runs without a terminal";

/// The whole program, but for the window, which `open_window` opens and runs.
#[must_use]
pub fn main(open_window: fn(Config) -> anyhow::Result<()>) -> ExitCode {
    let mut screen = Screen::of_this_process();
    let exit = match args::parse(std::env::args_os()) {
        Ok(invocation) => run(invocation, open_window, &mut screen),
        Err(message) => {
            screen.clap(&message);
            if message.use_stderr() { Exit::Usage } else { Exit::Complete }
        }
    };
    screen.close(exit).into()
}

fn run(invocation: Invocation, open_window: fn(Config) -> anyhow::Result<()>, screen: &mut Screen) -> Exit {
    let Invocation { config, form, echo, task } = invocation;
    let folder = match task {
        Task::Window
        | Task::Send(_)
        | Task::Receive(_)
        | Task::Bench(_)
        | Task::Transfers(_)
        | Task::Trust(_)
        | Task::History(_)
        | Task::Verify(_)
        | Task::Quarantine(_)
        | Task::Devices(_)
        | Task::Doctor
        | Task::Scan(_)
        // Where it can't be this user's alone, nothing is written, and whoever needs it says why.
        | Task::Id => home::make(&config.home).ok().map(|()| home::logs(&config.home)),
        // The demo leaves nothing behind, and the others touch nothing.
        Task::Demo | Task::Completions(_) | Task::Man => None,
    };
    let log = logging::start(folder.as_deref(), echo);
    if form != Form::Quiet {
        log.problems.iter().for_each(|problem| screen.err(&problem.to_string()));
    }
    let done = match task {
        Task::Window => open_window(config).map(|()| Exit::Complete),
        Task::Send(sending) => addressed(sending, &config, screen).and_then(|sending| {
            let Some(sending) = sending else { return Ok(Exit::Cancelled) };
            let tell = &mut *teller(screen, form, echo);
            to_its_end(config, tell, async |handle, stop, tell| send::send(handle, sending, tell, stop).await)
        }),
        Task::Receive(reception) => agreed(reception, &config.home).and_then(|reception| {
            let tell = &mut *teller(screen, form, echo);
            to_its_end(config, tell, async |handle, stop, tell| {
                receive::receive(handle, reception, tell, stop).await
            })
        }),
        Task::Bench(Benching { to: Some(to), bytes }) => {
            let tell = &mut *teller(screen, form, echo);
            to_its_end(config, tell, async |handle, stop, tell| {
                bench::bench(handle, to, bytes, tell, stop).await
            })
        }
        Task::Bench(Benching { to: None, bytes }) => {
            bench::alone(&config.home, bytes, &mut *teller(screen, form, echo))
        }
        Task::Transfers(keeping) => keep(config, keeping, form, echo, screen),
        Task::Doctor => Settings::load(&config.home).map_err(anyhow::Error::from).and_then(|settings| {
            let of_scanner = scanner::findings(&config.home, &settings);
            with_engine(config, async |handle, _stop| doctor::doctor(handle, of_scanner, form, screen).await)
        }),
        Task::Scan(what) => scan::scan(&config.home, what, form, screen),
        Task::Devices(until) => with_engine(config, async |handle, stop| {
            devices::devices(handle, until, form, screen, stop).await
        }),
        Task::Trust(trusting) => trust::trust(&config.home, &trusting, form, screen),
        Task::History(recalling) => recall(&config.home, recalling, form, screen),
        Task::Verify(sought) => verify::verify(&config.home, sought, form, screen),
        Task::Quarantine(what) => quarantine::quarantine(&config.home, what, form, screen),
        Task::Demo => demo::demo(&mut *teller(screen, form, echo)),
        Task::Id => id(config, form, screen),
        Task::Completions(shell) => Ok(print(&manual::completions(shell), screen)),
        Task::Man => manual::man().map(|page| print(&page, screen)).map_err(anyhow::Error::from),
    };
    done.unwrap_or_else(|problem| {
        // With what is behind it, and its number.
        tracing::error!(problem = format_args!("{problem:#}"), "the program ends");
        teller(screen, form, echo).tell(News::Error(&sentence(&problem)));
        Exit::Failed
    })
}

/// What a person is told of it. An error of the system that nobody has put into words has at least no number.
fn sentence(problem: &anyhow::Error) -> String {
    problem.downcast_ref().map_or_else(|| problem.to_string(), text::reason)
}

/// Runs a command on an engine of its own, and stops the engine after it.
fn with_engine<T, E>(
    config: Config,
    command: impl AsyncFnOnce(Handle, mpsc::Receiver<()>) -> Result<T, E>,
) -> anyhow::Result<T>
where
    anyhow::Error: From<E>,
{
    started(config, command)?.0
}

/// The same, of a command that tells what happens; what is missing in the history after it is told, too.
fn to_its_end<E>(
    config: Config,
    tell: &mut dyn Tell,
    command: impl AsyncFnOnce(Handle, mpsc::Receiver<()>, &mut dyn Tell) -> Result<Exit, E>,
) -> anyhow::Result<Exit>
where
    anyhow::Error: From<E>,
{
    let mut errors = Errors::of(tell);
    let (done, missing) = started(config, async |handle, stop| command(handle, stop, &mut errors).await)?;
    errors.tell_others(&missing);
    done
}

/// What comes of a command, and what is missing in the history when the engine has stopped.
fn started<T, E>(
    config: Config,
    command: impl AsyncFnOnce(Handle, mpsc::Receiver<()>) -> Result<T, E>,
) -> anyhow::Result<(anyhow::Result<T>, Vec<Problem>)>
where
    anyhow::Error: From<E>,
{
    let engine = Engine::start(config, Arc::new(|| {}))?;
    let done = engine.block_on(async {
        let (interrupts, first) = Interrupts::listen()?;
        let done = command(engine.handle(), first).await?;
        // A second interrupt must help while the engine stops, too.
        anyhow::Ok((interrupts, done))
    });
    let missing = engine.stop();
    Ok((done.map(|(_interrupts, done)| done), missing))
}

/// Settles whom something is sent to, and asks for the code that was not given. `None` when the person who is
/// asked presses Ctrl-C.
fn addressed(asked: args::Sending, config: &Config, screen: &mut Screen) -> anyhow::Result<Option<Sending>> {
    let args::Sending { to, code, remember, mut sources, text } = asked;
    if let Some(from) = text {
        sources = vec![Source::Text(text_in::read(from)?)];
    }
    if sources.iter().any(is_stream) {
        input::check()?;
    }
    let code = match code {
        Some(Words::Left) => Some(ask::code(screen)?),
        Some(Words::Given(code)) => Some(code),
        None => None,
    };
    let mut typed = ask::Typed::Unread;
    let to = match to.or(code.map(Target::Code)) {
        Some(to) => Some(to),
        None => with_engine(config.clone(), async |handle, stop| {
            devices::choose(handle, &mut typed, screen, stop).await
        })?,
    };
    let company = company(&sources, typed);
    Ok(to.map(|to| Sending { to, code, remember, sources, company }))
}

fn is_stream(source: &Source) -> bool {
    matches!(source, Source::StandardInput { .. })
}

/// Who can be asked while something is sent.
fn company(sources: &[Source], typed: ask::Typed) -> Company {
    if at_terminal() && !sources.iter().any(is_stream) { Company::Person(typed) } else { Company::Nobody }
}

/// Settles how offers are answered here and now.
fn agreed(asked: args::Reception, home: &Path) -> anyhow::Result<Reception> {
    let accept = match asked.accept {
        Some(accept) => accept,
        None => Settings::load(home)?.accept.into(),
    };
    let consent = match accept {
        Accept::All => Agreement::All,
        Accept::Ask if at_terminal() => Agreement::Ask(ask::typed()?),
        Accept::Ask => Agreement::Nobody(NO_TERMINAL),
        Accept::Trusted if at_terminal() => Agreement::Trusted(ask::typed()?),
        Accept::Trusted => Agreement::TrustedAlone(NO_TERMINAL),
    };
    let inbox = || Settings::load(home).map(|settings| settings.inbox);
    home::receives_into(home, &asked.landing.folder.clone().map_or_else(inbox, Ok)?)?;
    let args::Reception { port, until, landing, conflict, code, remember, .. } = asked;
    let code = code.map(|words| match words {
        Words::Given(code) => (code, remember),
        Words::Left => (Handle::new_code(), remember),
    });
    Ok(Reception { port, consent, until, landing, conflict, code })
}

fn keep(
    config: Config,
    keeping: Keeping,
    form: Form,
    echo: Echo,
    screen: &mut Screen,
) -> anyhow::Result<Exit> {
    // Who asks for a list wants to see it.
    let form = match (&keeping, form) {
        (Keeping::List(_), Form::Quiet) => Form::Person,
        (_, form) => form,
    };
    let tell = &mut *teller(screen, form, echo);
    match keeping {
        Keeping::List(ids) => transfers::list(&config.home, &ids, tell),
        Keeping::Remove(ids) => transfers::remove(&config.home, &ids, tell),
        Keeping::Cancel(ids) => {
            let chosen = transfers::choose_whole(&config.home, &ids)?;
            to_its_end(config, tell, async |handle, stop, tell| {
                transfers::cancel(handle, chosen, tell, stop).await
            })
        }
        Keeping::Resume { ids, port } => {
            let chosen = transfers::choose_whole(&config.home, &ids)?;
            to_its_end(config, tell, async |handle, stop, tell| {
                transfers::resume(handle, chosen, port, tell, stop).await
            })
        }
    }
}

fn recall(home: &Path, recalling: Recalling, form: Form, screen: &mut Screen) -> anyhow::Result<Exit> {
    match recalling {
        Recalling::List { sought, most, layout } => history::list(home, sought, most, layout, form, screen),
        Recalling::Remove { what, sure } => history::remove(home, what, sure, form, screen),
        Recalling::Clear(sure) => history::clear(home, sure, form, screen),
    }
}

fn id(config: Config, form: Form, screen: &mut Screen) -> anyhow::Result<Exit> {
    let engine = Engine::start(config, Arc::new(|| {}))?;
    let device = engine.handle().subscribe().0.device;
    engine.stop();
    let addresses = local_addresses();
    match form {
        Form::Json => id::show_json(screen, &device, &addresses),
        Form::Person | Form::Quiet => id::show(screen, &device, &addresses),
    }
    Ok(Exit::Complete)
}

fn print(text: &[u8], screen: &mut Screen) -> Exit {
    screen.raw(text);
    Exit::Complete
}

/// Who tells what happens. Bars need a terminal that nothing else writes to.
fn teller<'a>(screen: &'a mut Screen, form: Form, echo: Echo) -> Box<dyn Tell + 'a> {
    let undisturbed = echo == Echo::Nothing && io::stdout().is_terminal() && io::stderr().is_terminal();
    match form {
        Form::Json => Box::new(Json::new(screen)),
        Form::Quiet => Box::new(Human::new(screen, Detail::Errors)),
        Form::Person if undisturbed => Box::new(Human::new(screen, Detail::Bars)),
        Form::Person => Box::new(Human::new(screen, Detail::Lines)),
    }
}
