//! From a document to the text that AWS would keep: no spaces, single values without a list.

use super::{Condition, Document, Effect, Patterns, Principal, Principals, Statement};
use crate::json::write_string;

impl Document {
    /// Writes the document.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::from("{\"Version\":");
        write_string(&mut out, self.version.as_str());
        if let Some(id) = &self.id {
            out.push_str(",\"Id\":");
            write_string(&mut out, id);
        }
        out.push_str(",\"Statement\":[");
        for (index, statement) in self.statements.iter().enumerate() {
            out.push_str(if index == 0 { "" } else { "," });
            write_statement(&mut out, statement);
        }
        out.push_str("]}");
        out
    }
}

fn write_statement(out: &mut String, statement: &Statement) {
    out.push('{');
    if let Some(sid) = &statement.sid {
        out.push_str("\"Sid\":");
        write_string(out, sid);
        out.push(',');
    }
    out.push_str("\"Effect\":");
    write_string(out, if statement.effect == Effect::Allow { "Allow" } else { "Deny" });
    if let Some(principals) = &statement.principals {
        write_principals(out, principals);
    }
    write_patterns(out, "Action", &statement.actions);
    if let Some(resources) = &statement.resources {
        write_patterns(out, "Resource", resources);
    }
    if !statement.conditions.is_empty() {
        write_conditions(out, &statement.conditions);
    }
    out.push('}');
}

fn write_name(out: &mut String, name: &str, negated: bool) {
    out.push_str(if negated { ",\"Not" } else { ",\"" });
    out.push_str(name);
    out.push_str("\":");
}

fn write_patterns(out: &mut String, name: &str, patterns: &Patterns) {
    write_name(out, name, patterns.negated);
    write_texts(out, patterns.patterns.iter().map(String::as_str));
}

/// A lone text, or a list of texts.
fn write_texts<'a>(out: &mut String, texts: impl ExactSizeIterator<Item = &'a str>) {
    let is_list = texts.len() != 1;
    out.push_str(if is_list { "[" } else { "" });
    for (index, text) in texts.enumerate() {
        out.push_str(if index == 0 { "" } else { "," });
        write_string(out, text);
    }
    out.push_str(if is_list { "]" } else { "" });
}

fn write_principals(out: &mut String, principals: &Principals) {
    write_name(out, "Principal", principals.negated);
    if principals.is_bare && principals.principals == [Principal::Anyone] {
        out.push_str("\"*\"");
        return;
    }
    out.push('{');
    let written: Vec<_> = principals.principals.iter().map(Principal::written).collect();
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, text) in &written {
        match groups.iter_mut().find(|(group, _)| group == name) {
            Some((_, texts)) => texts.push(text),
            None => groups.push((name, vec![text])),
        }
    }
    for (index, (name, texts)) in groups.into_iter().enumerate() {
        out.push_str(if index == 0 { "" } else { "," });
        write_string(out, name);
        out.push(':');
        write_texts(out, texts.into_iter());
    }
    out.push('}');
}

fn write_conditions(out: &mut String, conditions: &[Condition]) {
    out.push_str(",\"Condition\":{");
    let mut last = None;
    for condition in conditions {
        if last == Some(condition.operator) {
            out.push(',');
        } else {
            out.push_str(if last.is_some() { "}," } else { "" });
            write_string(out, &condition.operator.to_string());
            out.push_str(":{");
            last = Some(condition.operator);
        }
        write_string(out, &condition.key);
        out.push(':');
        write_texts(out, condition.values.iter().map(String::as_str));
    }
    out.push_str("}}");
}
