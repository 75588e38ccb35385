//! The live view: a box for each queue, with its numbers and its last minutes as a line.

use std::fs::{File, OpenOptions};
use std::io;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::crossterm::{execute, terminal};
use ratatui::layout::{Constraint, Layout};
use ratatui::prelude::{CrosstermBackend, Frame};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Sparkline};

use super::Watched;
use crate::text::{duration, printable};

/// Rows of a queue's box.
const BOX_ROWS: u16 = 6;

/// The terminal in raw mode on its second screen; dropping it gives the terminal back.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<File>>,
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Screen").finish_non_exhaustive()
    }
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When there is none.
    pub fn enter() -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        terminal::enable_raw_mode()?;
        execute!(file, EnterAlternateScreen)?;
        Ok(Self { terminal: Terminal::new(CrosstermBackend::new(file))? })
    }

    /// Draws all queues.
    ///
    /// # Errors
    /// When the terminal does not listen.
    pub fn draw(&mut self, queues: &[Watched], foot: &str) -> io::Result<()> {
        self.terminal.draw(|frame| draw(frame, queues, foot)).map(drop)
    }

    /// Says whether a key asks to leave, waiting at most `wait` for one.
    ///
    /// # Errors
    /// When the terminal does not answer.
    pub fn wants_out(&self, wait: Duration) -> io::Result<bool> {
        if !event::poll(wait)? {
            return Ok(false);
        }
        let Event::Key(key) = event::read()? else { return Ok(false) };
        let is_control_c =
            key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c');
        let leaves = matches!(key.code, KeyCode::Esc | KeyCode::Char('q')) || is_control_c;
        Ok(key.kind != KeyEventKind::Release && leaves)
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

/// Draws into a frame.
pub fn draw(frame: &mut Frame<'_>, queues: &[Watched], foot: &str) {
    let area = frame.area();
    let mut rows: Vec<Constraint> = queues.iter().map(|_| Constraint::Length(BOX_ROWS)).collect();
    rows.push(Constraint::Fill(1));
    rows.push(Constraint::Length(1));
    let parts = Layout::vertical(rows).split(area);
    for (watched, part) in queues.iter().zip(parts.iter()) {
        let block = Block::new().borders(Borders::ALL).title(format!(" {} ", watched.name));
        let inside = block.inner(*part);
        frame.render_widget(block, *part);
        let inner =
            Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)])
                .split(inside);
        let [head, body, news] = inner.as_ref() else { continue };
        frame.render_widget(Paragraph::new(numbers(watched)), *head);
        let shown = usize::from(body.width).min(watched.history.len());
        let data: Vec<u64> =
            watched.history.iter().skip(watched.history.len() - shown).copied().collect();
        frame.render_widget(Sparkline::default().data(data), *body);
        let latest = watched.news.front().map(|label| format!("new kind: {}", printable(label)));
        let dim = Style::new().add_modifier(Modifier::DIM);
        let latest = Line::from(Span::styled(latest.unwrap_or_default(), dim));
        frame.render_widget(Paragraph::new(latest), *news);
    }
    if let Some(last) = parts.last() {
        frame.render_widget(Paragraph::new(foot.to_owned()), *last);
    }
}

fn numbers(watched: &Watched) -> Line<'static> {
    if let Some(why) = &watched.failure {
        let text = format!("cannot be read: {}", printable(why));
        return Line::from(Span::styled(text, Style::new().fg(Color::Red)));
    }
    let Some(sample) = &watched.sample else { return Line::from("…") };
    let color = if watched.depth() > 0 { Color::Yellow } else { Color::Green };
    let strong = Style::new().fg(color).add_modifier(Modifier::BOLD);
    let age = sample.oldest_seconds.map_or_else(|| "-".to_owned(), duration);
    Line::from(vec![
        Span::styled(format!("{} messages", watched.depth()), strong),
        Span::raw(format!(
            "   {} in flight   oldest {age}   {:+.1} a minute{}",
            sample.in_flight,
            watched.rate_per_minute,
            match &sample.groups {
                Some(groups) => format!("   {} kinds", groups.len()),
                None => String::new(),
            }
        )),
    ])
}

#[cfg(test)]
mod tests {
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::watch::Sample;

    #[test]
    fn a_queue_shows_its_numbers_and_its_failure() {
        let mut good = Watched::new("orders-dlq".into());
        let sample = |depth| Sample { depth, oldest_seconds: Some(90), ..Sample::default() };
        good.observe(0, Ok(sample(1)));
        good.observe(60_000, Ok(sample(3)));
        let mut bad = Watched::new("gone-dlq".into());
        bad.observe(0, Err("it \u{1b}[2J vanished".into()));
        let mut terminal = Terminal::new(TestBackend::new(60, 14)).unwrap();
        terminal.draw(|frame| draw(frame, &[good, bad], "q leaves")).unwrap();
        let buffer = terminal.backend().buffer().clone();
        let text: String = buffer.content().iter().map(|cell| cell.symbol()).collect();
        for part in [
            " orders-dlq ",
            "3 messages",
            "oldest 90s",
            "+2.0 a minute",
            "gone-dlq",
            "cannot be read: it \\u{1b}[2J vanished",
            "q leaves",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
