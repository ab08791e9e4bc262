//! The two streams of the terminal: nothing else in the program prints.
//!
//! Knows how a line leaves the program: escaped, whole, and at once. Must not know what it says.

use std::io::{self, Write};

use super::exit::Exit;
use crate::model::text::{self, visible};

/// Standard output and standard error, or stand-ins for them.
pub struct Screen {
    out: Stream,
    err: Stream,
}

impl Screen {
    #[must_use]
    pub fn of_this_process() -> Self {
        Self::over(io::stdout(), io::stderr())
    }

    pub fn over(out: impl Write + 'static, err: impl Write + 'static) -> Self {
        Self { out: Stream::over(out), err: Stream::over(err) }
    }

    /// A line for a person on standard output. Whatever could hide or reorder text is escaped, so
    /// that no peer’s name can pose as something that Airlift says.
    pub fn out(&mut self, line: &str) {
        self.out.write(format!("{}\n", visible(line)).as_bytes());
    }

    /// The same on standard error.
    pub fn err(&mut self, line: &str) {
        self.err.write(format!("{}\n", visible(line)).as_bytes());
    }

    /// Bytes for another program on standard output, as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.write(bytes);
    }

    /// What clap has to say: help and version on standard output, mistakes on standard error.
    pub fn clap(&mut self, message: &clap::Error) {
        if let Err(problem) = message.print() {
            self.out.lose(problem);
        }
    }

    /// False once whoever has read standard output went away, or it can't be written: more of it helps nobody.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.out.lost.is_none()
    }

    /// The exit code of a program that is done with its screen: nobody may take lines that were
    /// lost, to a full disk perhaps, for a success. A reader that went away has read all it wanted.
    #[must_use]
    pub fn close(mut self, exit: Exit) -> Exit {
        match self.out.lost.take() {
            Some(problem) if problem.kind() != io::ErrorKind::BrokenPipe => {
                self.err(&format!("Standard output can’t be written: {}.", text::reason(&problem)));
                if exit == Exit::Complete { Exit::Failed } else { exit }
            }
            _ => exit,
        }
    }
}

/// One stream. Once it is lost it stays silent: what the program does goes on without it.
struct Stream {
    to: Box<dyn Write>,
    lost: Option<io::Error>,
}

impl Stream {
    fn over(to: impl Write + 'static) -> Self {
        Self { to: Box::new(to), lost: None }
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.lost.is_none()
            && let Err(problem) = self.to.write_all(bytes).and_then(|()| self.to.flush())
        {
            self.lose(problem);
        }
    }

    fn lose(&mut self, problem: io::Error) {
        self.lost.get_or_insert(problem);
    }
}

/// What a [`Screen`] shows, kept for tests to read.
#[cfg(test)]
pub mod shown {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use super::Screen;

    #[derive(Clone, Default)]
    pub struct Shown(Arc<Mutex<Vec<u8>>>);

    impl Shown {
        pub fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }

        /// Waits until a text is shown.
        pub async fn wait_for(&self, text: &str) {
            let shown = async {
                while !self.text().contains(text) {
                    tokio::task::yield_now().await;
                }
            };
            crate::cli::stage::within(shown).await;
        }
    }

    impl Write for Shown {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    pub fn screen() -> (Screen, Shown, Shown) {
        let (out, err) = (Shown::default(), Shown::default());
        (Screen::over(out.clone(), err.clone()), out, err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Refusing(io::ErrorKind);

    impl Write for Refusing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn whatever_could_deceive_is_escaped_on_both_streams() {
        let (mut screen, out, err) = shown::screen();
        screen.out("a\u{1b}[2Jb\nc");
        screen.err("x\u{202e}y");
        assert_eq!(out.text(), "a\\u{1b}[2Jb\\nc\n");
        assert_eq!(err.text(), "x\\u{202e}y\n");
        assert_eq!(screen.close(Exit::Complete), Exit::Complete);
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure_and_a_full_disk_is_one() {
        let mut screen = Screen::over(Refusing(io::ErrorKind::BrokenPipe), io::sink());
        assert!(screen.is_read());
        screen.out("one");
        screen.raw(b"two");
        assert!(!screen.is_read());
        assert_eq!(screen.close(Exit::Complete), Exit::Complete);
        for (exit, closed) in [(Exit::Complete, Exit::Failed), (Exit::Declined, Exit::Declined)] {
            let (_, _, err) = shown::screen();
            let mut screen = Screen::over(Refusing(io::ErrorKind::StorageFull), err.clone());
            screen.out("one");
            assert_eq!(screen.close(exit), closed);
            assert!(err.text().contains("can’t be written"));
        }
    }
}
