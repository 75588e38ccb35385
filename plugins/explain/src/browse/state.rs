//! What is open, selected and searched for; knows nothing of keys and screens.

use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use crate::render::plaintext::type_name;
use crate::schema::{Document, Schema, children, definition, follow, resolved};

/// Fields that a search looks at; more than any kind of Kubernetes has without cycles.
const SEARCHED_FIELDS_MAX: usize = 20_000;

/// One field on the screen.
#[derive(Clone, Debug)]
pub struct Row {
    /// Path from the root.
    pub path: Vec<String>,
    /// Its type, as kubectl names it.
    pub kind: String,
    /// It must be there.
    pub required: bool,
    /// There are fields below it.
    pub has_children: bool,
    schema: Rc<Schema>,
}

impl Row {
    /// The last step of the path.
    pub fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// What the user wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go down (or up) so many rows.
    Move(isize),
    /// Show the fields below.
    Open,
    /// Hide them, or go to the parent.
    Close,
    /// Start to search.
    Search,
    /// Add a letter to the search.
    Type(char),
    /// Take one away.
    Erase,
    /// Take the row: jump there from a search, else choose it.
    Enter,
    /// End the search, or leave.
    Back,
    /// Leave.
    Leave,
}

/// What follows from an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Go on.
    Stay,
    /// End without a choice.
    Leave,
    /// End with this field.
    Choose(Vec<String>),
}

/// The browser's state.
pub struct State {
    document: Rc<dyn Document>,
    root: Rc<Schema>,
    base: Vec<String>,
    open: BTreeSet<Vec<String>>,
    rows: Vec<Row>,
    selected: usize,
    search: Option<Search>,
}

struct Search {
    query: String,
    everything: Vec<Row>,
    /// Indexes into `everything`, best first.
    hits: Vec<usize>,
    selected: usize,
}

impl State {
    /// Starts at the field that `base` names; `None` when there is none.
    pub fn new(document: Rc<dyn Document>, root: Rc<Schema>, base: &[String]) -> Option<Self> {
        follow(document.as_ref(), &root, base)?;
        let mut state = Self {
            document,
            root,
            base: base.to_vec(),
            open: BTreeSet::new(),
            rows: Vec::new(),
            selected: 0,
            search: None,
        };
        state.list();
        Some(state)
    }

    /// The rows to show: the open part of the tree, or the hits of the search.
    pub fn rows(&self) -> Vec<&Row> {
        match &self.search {
            Some(search) => {
                search.hits.iter().filter_map(|&index| search.everything.get(index)).collect()
            }
            None => self.rows.iter().collect(),
        }
    }

    /// Index of the selected row.
    pub fn selected(&self) -> usize {
        self.search.as_ref().map_or(self.selected, |search| search.selected)
    }

    /// What is searched for; `None` when nothing is.
    pub fn query(&self) -> Option<&str> {
        self.search.as_ref().map(|search| search.query.as_str())
    }

    /// Letters belong to the search.
    pub fn is_searching(&self) -> bool {
        self.search.is_some()
    }

    /// Levels between the row and the start.
    pub fn level(&self, row: &Row) -> usize {
        row.path.len().saturating_sub(self.base.len() + 1)
    }

    /// The fields below the row are shown.
    pub fn is_open(&self, row: &Row) -> bool {
        self.open.contains(&row.path)
    }

    /// The whole text about a row: the field's own, then its type's.
    pub fn description(&self, row: &Row) -> String {
        let mut texts = vec![row.schema.description.clone()];
        let mut next = Some(Rc::clone(&row.schema));
        // A list of maps of references is as deep as it gets.
        for _ in 0..4 {
            let Some(schema) = next.take() else { break };
            let object = resolved(self.document.as_ref(), &schema);
            texts.push(object.description.clone());
            next = object.element().or_else(|| object.all_of.first()).cloned();
        }
        texts.retain(|text| !text.is_empty());
        texts.dedup();
        texts.join("\n\n")
    }

    /// The rules of a row, one line each.
    pub fn rules(&self, row: &Row) -> Vec<String> {
        crate::rules::facts(self.document.as_ref(), &row.schema)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// Does what the user wants.
    pub fn apply(&mut self, action: Action) -> Outcome {
        match action {
            Action::Leave => return Outcome::Leave,
            Action::Back if self.search.take().is_none() => return Outcome::Leave,
            Action::Enter => return self.enter(),
            Action::Move(rows) => self.move_by(rows),
            Action::Search => self.start_search(),
            Action::Type(character) => self.edit(|query| query.push(character)),
            Action::Erase => self.edit(|query| {
                query.pop();
            }),
            Action::Open => self.open_selected(),
            Action::Close => self.close_selected(),
            Action::Back => {}
        }
        Outcome::Stay
    }

    fn enter(&mut self) -> Outcome {
        let Some(path) = self.rows().get(self.selected()).map(|row| row.path.clone()) else {
            return Outcome::Stay;
        };
        if self.search.take().is_none() {
            return Outcome::Choose(path);
        }
        for length in self.base.len() + 1..path.len() {
            self.open.insert(path[..length].to_vec());
        }
        self.list();
        self.selected = self.rows.iter().position(|row| row.path == path).unwrap_or_default();
        Outcome::Stay
    }

    fn move_by(&mut self, rows: isize) {
        let last = self.rows().len().saturating_sub(1);
        let selected = self.selected().saturating_add_signed(rows).min(last);
        match &mut self.search {
            Some(search) => search.selected = selected,
            None => self.selected = selected,
        }
    }

    fn open_selected(&mut self) {
        let Some(row) = self.rows.get(self.selected) else { return };
        if row.has_children && self.open.insert(row.path.clone()) {
            self.list();
        }
    }

    fn close_selected(&mut self) {
        let Some(row) = self.rows.get(self.selected) else { return };
        let path = row.path.clone();
        if self.open.remove(&path) {
            self.list();
        } else if let Some((_, parent)) = path.split_last()
            && let Some(index) = self.rows.iter().position(|row| row.path == parent)
        {
            self.selected = index;
        }
    }

    fn start_search(&mut self) {
        let everything = self.everything();
        let hits = (0..everything.len()).collect();
        self.search = Some(Search { query: String::new(), everything, hits, selected: 0 });
    }

    fn edit(&mut self, change: impl FnOnce(&mut String)) {
        let Some(search) = &mut self.search else { return };
        change(&mut search.query);
        let query = search.query.to_lowercase();
        let mut scored: Vec<_> = search
            .everything
            .iter()
            .enumerate()
            .filter_map(|(index, row)| Some((score(&row.path.join("."), &query)?, index)))
            .collect();
        scored.sort();
        search.hits = scored.into_iter().map(|(_, index)| index).collect();
        search.selected = 0;
    }

    /// Lists the open part of the tree anew.
    fn list(&mut self) {
        let mut rows = Vec::new();
        if let Some(found) = follow(self.document.as_ref(), &self.root, &self.base) {
            self.list_below(&self.base.clone(), &found.schema, &mut rows);
        }
        self.selected = self.selected.min(rows.len().saturating_sub(1));
        self.rows = rows;
    }

    fn list_below(&self, path: &[String], schema: &Rc<Schema>, rows: &mut Vec<Row>) {
        for row in self.rows_below(path, schema) {
            let (path, schema) = (row.path.clone(), Rc::clone(&row.schema));
            rows.push(row);
            if self.open.contains(&path) {
                self.list_below(&path, &schema, rows);
            }
        }
    }

    fn rows_below(&self, path: &[String], schema: &Rc<Schema>) -> Vec<Row> {
        let document = self.document.as_ref();
        children(document, schema)
            .into_iter()
            .map(|child| Row {
                path: path.iter().cloned().chain([child.name]).collect(),
                kind: type_name(document, &child.schema),
                required: child.required,
                has_children: !children(document, &child.schema).is_empty(),
                schema: child.schema,
            })
            .collect()
    }

    /// Every field below the start, nearest first; a type does not appear below itself.
    fn everything(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let Some(found) = follow(self.document.as_ref(), &self.root, &self.base) else {
            return rows;
        };
        let mut queue = VecDeque::from([(self.base.clone(), found.schema, BTreeSet::new())]);
        while let Some((path, schema, mut seen)) = queue.pop_front() {
            let cycle =
                definition(self.document.as_ref(), &schema).is_some_and(|name| !seen.insert(name));
            if cycle {
                continue;
            }
            for row in self.rows_below(&path, &schema) {
                queue.push_back((row.path.clone(), Rc::clone(&row.schema), seen.clone()));
                rows.push(row);
                if rows.len() >= SEARCHED_FIELDS_MAX {
                    return rows;
                }
            }
        }
        rows
    }
}

/// How well a path fits: lower is better, `None` when the letters do not all occur in order.
///
/// A run of letters in the last step is best, then one anywhere, then scattered letters; shorter
/// paths come first.
fn score(path: &str, query: &str) -> Option<(u8, usize)> {
    let path = path.to_lowercase();
    let last = path.rsplit('.').next().unwrap_or_default();
    if last.starts_with(query) {
        return Some((0, path.len()));
    }
    if last.contains(query) {
        return Some((1, path.len()));
    }
    if path.contains(query) {
        return Some((2, path.len()));
    }
    let mut letters = path.chars();
    query.chars().all(|wanted| letters.any(|letter| letter == wanted)).then_some((3, path.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_document::subject;

    fn state() -> State {
        let subject = subject(&[]);
        State::new(subject.document, subject.root, &[]).expect("the widget exists")
    }

    fn names(state: &State) -> Vec<String> {
        state.rows().iter().map(|row| row.path.join(".")).collect()
    }

    #[test]
    fn opens_and_closes() {
        let mut state = state();
        assert_eq!(names(&state), ["metadata", "spec"]);
        state.apply(Action::Move(1));
        state.apply(Action::Open);
        assert!(names(&state).contains(&"spec.colour".to_owned()));
        state.apply(Action::Move(2));
        state.apply(Action::Close);
        assert_eq!(state.rows()[state.selected()].name(), "spec");
        state.apply(Action::Close);
        assert_eq!(names(&state), ["metadata", "spec"]);
    }

    #[test]
    fn finds_and_jumps() {
        let mut state = state();
        state.apply(Action::Search);
        for letter in "name".chars() {
            state.apply(Action::Type(letter));
        }
        assert_eq!(names(&state)[0], "spec.parts.name");
        assert_eq!(state.apply(Action::Enter), Outcome::Stay);
        assert_eq!(state.rows()[state.selected()].path.join("."), "spec.parts.name");
        let chosen = vec!["spec".to_owned(), "parts".to_owned(), "name".to_owned()];
        assert_eq!(state.apply(Action::Enter), Outcome::Choose(chosen));
    }

    #[test]
    fn a_search_without_hits_stays_usable() {
        let mut state = state();
        state.apply(Action::Search);
        state.apply(Action::Type('~'));
        assert!(state.rows().is_empty());
        assert_eq!(state.apply(Action::Enter), Outcome::Stay);
        state.apply(Action::Search);
        state.apply(Action::Erase);
        assert_eq!(state.apply(Action::Back), Outcome::Stay);
        assert_eq!(state.apply(Action::Back), Outcome::Leave);
    }

    #[test]
    fn moves_stay_inside() {
        let mut state = state();
        state.apply(Action::Move(isize::MAX));
        assert_eq!(state.selected(), 1);
        state.apply(Action::Move(isize::MIN));
        assert_eq!(state.selected(), 0);
    }
}
