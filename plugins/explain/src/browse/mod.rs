//! The interactive browser: `brume explain deploy -i`.
//!
//! [`state`] knows what is open and selected, [`view`] draws it, this file moves keys to the one
//! and frames to the other. It draws on the terminal itself, so that the answer can be piped.

mod state;
mod view;

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::rc::Rc;
use std::time::Duration;

use brume_plugin::{Context, Error, Result};
use ratatui::Terminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::crossterm::{execute, terminal};
use ratatui::prelude::CrosstermBackend;

use crate::command::Subject;
use crate::render::plaintext::{self, Depth};
use state::{Action, Outcome, State};

/// How long a key is waited for before Ctrl-C from outside is looked at.
const POLL: Duration = Duration::from_millis(100);

/// Browses below the subject; prints the field that was chosen, if one was.
pub fn run(subject: &Subject, context: &mut Context<'_>) -> Result<()> {
    let screen = OpenOptions::new().read(true).write(true).open("/dev/tty").map_err(|error| {
        Error::usage("-i needs a terminal").source(&error).hint("brume explain pod -o tree")
    })?;
    let mut state =
        State::new(Rc::clone(&subject.document), Rc::clone(&subject.root), &subject.fields)
            .ok_or_else(|| crate::command::unknown_field(subject))?;
    let chosen = {
        let mut screen = Screen::enter(screen).map_err(|error| terminal_failure(&error))?;
        browse(&mut screen, subject, &mut state, context)?
    };
    if let Some(path) = chosen {
        let rendered = plaintext::render(
            subject.document.as_ref(),
            &subject.kind,
            &subject.root,
            &path,
            Depth::default(),
        );
        context.stdout().write_all(rendered.text.as_bytes())?;
    }
    Ok(())
}

fn browse(
    screen: &mut Screen,
    subject: &Subject,
    state: &mut State,
    context: &Context<'_>,
) -> Result<Option<Vec<String>>> {
    loop {
        context.check_cancelled()?;
        screen
            .terminal
            .draw(|frame| view::draw(frame, &subject.kind, state))
            .map_err(|error| terminal_failure(&error))?;
        if !event::poll(POLL).map_err(|error| terminal_failure(&error))? {
            continue;
        }
        let Event::Key(key) = event::read().map_err(|error| terminal_failure(&error))? else {
            continue;
        };
        let Some(action) = action(key, state.is_searching()) else { continue };
        match state.apply(action) {
            Outcome::Stay => {}
            Outcome::Leave => return Ok(None),
            Outcome::Choose(path) => return Ok(Some(path)),
        }
    }
}

fn action(key: KeyEvent, searching: bool) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Action::Leave),
            KeyCode::Char('n') => Some(Action::Move(1)),
            KeyCode::Char('p') => Some(Action::Move(-1)),
            _ => None,
        };
    }
    match key.code {
        KeyCode::Down => Some(Action::Move(1)),
        KeyCode::Up => Some(Action::Move(-1)),
        KeyCode::PageDown => Some(Action::Move(10)),
        KeyCode::PageUp => Some(Action::Move(-10)),
        KeyCode::Home => Some(Action::Move(isize::MIN)),
        KeyCode::End => Some(Action::Move(isize::MAX)),
        KeyCode::Enter => Some(Action::Enter),
        KeyCode::Esc => Some(Action::Back),
        KeyCode::Backspace if searching => Some(Action::Erase),
        KeyCode::Char(character) if searching => Some(Action::Type(character)),
        KeyCode::Right | KeyCode::Char('l') => Some(Action::Open),
        KeyCode::Left | KeyCode::Char('h') => Some(Action::Close),
        KeyCode::Char('j') => Some(Action::Move(1)),
        KeyCode::Char('k') => Some(Action::Move(-1)),
        KeyCode::Char('g') => Some(Action::Move(isize::MIN)),
        KeyCode::Char('G') => Some(Action::Move(isize::MAX)),
        KeyCode::Char('/') => Some(Action::Search),
        KeyCode::Char('q') => Some(Action::Leave),
        _ => None,
    }
}

fn terminal_failure(error: &std::io::Error) -> Error {
    Error::failed("the terminal cannot be used").source(error).hint("brume explain pod -o tree")
}

/// The terminal in raw mode on its second screen; dropping it gives the terminal back.
struct Screen {
    terminal: Terminal<CrosstermBackend<File>>,
}

impl Screen {
    fn enter(mut file: File) -> std::io::Result<Self> {
        terminal::enable_raw_mode()?;
        execute!(file, EnterAlternateScreen)?;
        Ok(Self { terminal: Terminal::new(CrosstermBackend::new(file))? })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nothing better can be done with a terminal that does not listen.
        let _ = execute!(self.terminal.backend_mut(), LeaveAlternateScreen);
        let _ = self.terminal.show_cursor();
        let _ = terminal::disable_raw_mode();
    }
}
