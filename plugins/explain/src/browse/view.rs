//! Draws the state: the tree on the left, what is known of the selected field on the right.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize as _};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, List, ListItem, ListState, Paragraph, Wrap};

use super::state::{Row, State};
use crate::schema::Kind;

const KEYS: &str = " ↑↓ move   → open   ← close   / search   Enter print   q quit ";
const SEARCH_KEYS: &str = " ↑↓ move   Enter go there   Esc back to the tree ";

/// Draws one frame.
pub fn draw(frame: &mut Frame<'_>, kind: &Kind, state: &State) {
    let [top, middle, bottom] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(3), Constraint::Length(1)])
            .areas(frame.area());
    let [left, right] =
        Layout::horizontal([Constraint::Percentage(45), Constraint::Percentage(55)]).areas(middle);
    header(frame, top, kind, state);
    tree(frame, left, state);
    details(frame, right, state);
    let keys = if state.is_searching() { SEARCH_KEYS } else { KEYS };
    frame.render_widget(Paragraph::new(keys).dim(), bottom);
}

fn header(frame: &mut Frame<'_>, area: Rect, kind: &Kind, state: &State) {
    let line = match state.query() {
        Some(query) => Line::from(vec![" / ".cyan().bold(), query.to_owned().bold(), "█".dim()]),
        None => Line::from(vec![format!(" {} ", kind.kind).bold(), kind.api_version().dim()]),
    };
    frame.render_widget(Paragraph::new(line), area);
}

fn tree(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let rows = state.rows();
    let items: Vec<_> = rows.iter().map(|row| ListItem::new(tree_line(row, state))).collect();
    let title = if state.is_searching() {
        format!(" {} fields ", rows.len())
    } else {
        " fields ".to_owned()
    };
    let list = List::new(items)
        .block(Block::bordered().title(title))
        .highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut selection = ListState::default().with_selected(Some(state.selected()));
    frame.render_stateful_widget(list, area, &mut selection);
}

fn tree_line(row: &Row, state: &State) -> Line<'static> {
    let mut spans = Vec::new();
    if state.is_searching() {
        spans.push(Span::raw(row.path.join(".")));
    } else {
        let sign = match (row.has_children, state.is_open(row)) {
            (true, true) => "▾ ",
            (true, false) => "▸ ",
            (false, _) => "  ",
        };
        spans.push(Span::raw(format!("{}{sign}{}", "  ".repeat(state.level(row)), row.name())));
    }
    spans.push(Span::styled(format!(" <{}>", row.kind), Style::new().fg(Color::Cyan)));
    if row.required {
        spans.push(Span::styled(" required", Style::new().fg(Color::Yellow)));
    }
    Line::from(spans)
}

fn details(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let rows = state.rows();
    let Some(row) = rows.get(state.selected()) else {
        let nothing = Paragraph::new("No field fits.").block(Block::bordered());
        frame.render_widget(nothing, area);
        return;
    };
    let mut lines = vec![Line::from(row.path.join(".").bold()), Line::default()];
    lines.extend(state.description(row).lines().map(|line| Line::from(line.to_owned())));
    let rules = state.rules(row);
    if !rules.is_empty() {
        lines.push(Line::default());
        lines.push(Line::from("Rules".bold()));
        lines.extend(rules.into_iter().map(|rule| Line::from(format!("  {rule}"))));
    }
    let text = Paragraph::new(lines).wrap(Wrap { trim: false });
    frame.render_widget(text.block(Block::bordered().title(format!(" {} ", row.kind))), area);
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::browse::state::Action;
    use crate::test_document::subject;

    #[test]
    fn shows_the_tree_and_the_selected_field() {
        let subject = subject(&[]);
        let mut state = State::new(subject.document, subject.root, &[]).expect("the widget exists");
        for action in [Action::Move(1), Action::Open, Action::Move(5)] {
            state.apply(action);
        }
        let mut terminal = Terminal::new(TestBackend::new(72, 16)).expect("a test terminal");
        terminal.draw(|frame| draw(frame, &subject.kind, &state)).expect("drawing in memory");
        insta::assert_snapshot!(terminal.backend());
    }
}
