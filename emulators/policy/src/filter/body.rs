//! Policies against JSON bodies.
//!
//! A path of a policy meets a body wherever the names on the way, joined by dots, spell it: `a.b`
//! finds `{"a":{"b":…}}` and `{"a.b":…}`. Lists are looked through, lists of lists too. When
//! several paths of one policy lead into the same list they must match in the same element, as
//! Event Ruler has it ("array consistency").

use serde_json::{Map, Value};

use super::message::Scalar;
use super::{FilterPolicy, Key};

/// Steps that one comparison may take where names with dots leave several ways. Beyond, the
/// message does not match.
const STEPS_MAX: u32 = 100_000;

/// Names on a path up to which the body is asked for each; beyond, the body's names are gone
/// through, so that a path of a thousand dots costs no more than the body has names.
const LOOKUPS_MAX: usize = 8;

impl FilterPolicy {
    /// Whether one of the alternatives matches.
    pub(super) fn matches_body(&self, body: &Value) -> bool {
        self.rules.iter().any(|rule| self.matches_rule(rule, body))
    }

    /// Whether all keys of an alternative match.
    pub(super) fn matches_rule(&self, rule: &[u16], body: &Value) -> bool {
        let mut in_lists = 0;
        for index in rule {
            let key = &self.keys[usize::from(*index)];
            if key.is_absent_as_wanted(body) {
                continue;
            }
            match find(body, &key.path, &key.matcher_of_leaf()) {
                Found::No => return false,
                Found::Yes => {}
                Found::InsideList => in_lists += 1,
            }
        }
        // One path cannot contradict itself, and outside of lists there is nothing to choose.
        in_lists < 2 || self.matches_together(rule, body)
    }

    fn matches_together(&self, rule: &[u16], body: &Value) -> bool {
        let keys = rule.iter().map(|index| &self.keys[usize::from(*index)]);
        let goals: Vec<Goal<'_>> = keys
            .filter(|key| !key.is_absent_as_wanted(body))
            .map(|key| Goal { key, rest: Some(&key.path) })
            .collect();
        together(body, &goals, &mut STEPS_MAX.clone())
    }
}

impl Key {
    /// Whether the path leads nowhere and may do so.
    pub(super) fn is_absent_as_wanted(&self, body: &Value) -> bool {
        self.matcher.wants_absent() && find(body, &self.path, &|_| true) == Found::No
    }

    fn matcher_of_leaf(&self) -> impl Fn(&Scalar<'_>) -> bool {
        |value| self.matcher.matches(value)
    }
}

/// Where a path led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    No,
    /// To a value, without a list of objects on the way.
    Yes,
    /// To a value in an element of a list.
    InsideList,
}

/// Looks for a leaf at the path that fits.
fn find(value: &Value, path: &str, fits: &dyn Fn(&Scalar<'_>) -> bool) -> Found {
    let mut found = Found::No;
    search(value, Some(path), false, &mut |scalar, inside_list| {
        if fits(&scalar) {
            found = if inside_list { Found::InsideList } else { Found::Yes };
        }
        found != Found::No
    });
    found
}

/// Visits leaves at the path until a visitor says stop. As deep as the body, which is limited.
pub(super) fn search<'a>(
    value: &'a Value,
    rest: Option<&str>,
    inside_list: bool,
    visit: &mut dyn FnMut(Scalar<'a>, bool) -> bool,
) -> bool {
    match (value, rest) {
        (Value::Array(elements), _) => {
            // A list of plain values at the end of a path leaves nothing to choose.
            let inside_list = inside_list || rest.is_some();
            elements.iter().any(|element| search(element, rest, inside_list, visit))
        }
        (Value::Object(members), Some(rest)) => {
            children(members, rest).any(|(child, rest)| search(child, rest, inside_list, visit))
        }
        (Value::Object(_), None) | (_, Some(_)) => false,
        (leaf, None) => Scalar::of(leaf).is_some_and(|scalar| visit(scalar, inside_list)),
    }
}

/// Members that a path may go on with, each with what is left of the path.
fn children<'a, 'p>(
    members: &'a Map<String, Value>,
    path: &'p str,
) -> impl Iterator<Item = (&'a Value, Option<&'p str>)> {
    let few = path.bytes().filter(|byte| *byte == b'.').take(LOOKUPS_MAX).count() < LOOKUPS_MAX;
    let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
    let asked = ends
        .take(if few { LOOKUPS_MAX } else { 0 })
        .filter_map(move |end| Some((members.get(&path[..end])?, path.get(end + 1..))));
    let others = members.iter().take(if few { 0 } else { usize::MAX });
    let gone_through = others.filter_map(move |(name, child)| {
        let rest = path.strip_prefix(name.as_str())?;
        match rest.strip_prefix('.') {
            Some(rest) => Some((child, Some(rest))),
            None => rest.is_empty().then_some((child, None)),
        }
    });
    asked.chain(gone_through)
}

/// A key and what is left of its path.
#[derive(Clone, Copy)]
struct Goal<'a> {
    key: &'a Key,
    rest: Option<&'a str>,
}

/// Whether all goals are met below a value, with one element chosen in each list.
fn together(value: &Value, goals: &[Goal<'_>], steps: &mut u32) -> bool {
    if goals.is_empty() {
        return true;
    }
    let Some(left) = steps.checked_sub(1) else { return false };
    *steps = left;
    match value {
        Value::Array(elements) => elements.iter().any(|element| together(element, goals, steps)),
        Value::Object(members) => below(members, goals, &mut Vec::new(), steps),
        leaf => Scalar::of(leaf).is_some_and(|scalar| {
            goals.iter().all(|goal| goal.rest.is_none() && goal.key.matcher.matches(&scalar))
        }),
    }
}

/// Sends each goal to a member and asks all members; tries another way if there is one.
fn below<'a>(
    members: &'a Map<String, Value>,
    goals: &[Goal<'_>],
    sent: &mut Vec<&'a Value>,
    steps: &mut u32,
) -> bool {
    let Some(left) = steps.checked_sub(1) else { return false };
    *steps = left;
    if let Some(Goal { rest: Some(rest), .. }) = goals.get(sent.len()) {
        return children(members, rest).any(|(child, _)| {
            sent.push(child);
            let met = below(members, goals, sent, steps);
            sent.pop();
            met
        });
    }
    if sent.len() < goals.len() {
        // The path ends at an object.
        return false;
    }
    let mut done = vec![false; goals.len()];
    for first in 0..goals.len() {
        if done[first] {
            continue;
        }
        let child = sent[first];
        let mut group = Vec::new();
        for (index, goal) in goals.iter().enumerate() {
            if std::ptr::eq(sent[index], child) {
                done[index] = true;
                let way = goal.rest.and_then(|rest| {
                    children(members, rest).find(|(other, _)| std::ptr::eq(*other, child))
                });
                let rest = way.and_then(|(_, rest)| rest);
                group.push(Goal { key: goal.key, rest });
            }
        }
        if !together(child, &group, steps) {
            return false;
        }
    }
    true
}
