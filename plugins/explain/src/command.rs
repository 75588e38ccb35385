//! What the command does, from the arguments to the output.

use std::io::Write as _;
use std::rc::Rc;

use brume_plugin::render::suggest;
use brume_plugin::{Context, Error, Result};

use crate::arguments::{Arguments, Form, Question};
use crate::lookup::{Lookup, look_up};
use crate::render::{openapi_v2, plaintext, skeleton, structured, tree};
use crate::resources::GroupVersionResource;
use crate::schema::{Document, Kind, Schema, children, follow};
use crate::source::Source;
use crate::target::{self, Answering};
use crate::{browse, difference, examples, find, rules};

/// One type and the field in it that the answer is about.
pub struct Subject {
    pub document: Rc<dyn Document>,
    pub kind: Kind,
    pub root: Rc<Schema>,
    pub fields: Vec<String>,
}

/// Answers one question.
pub fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<()> {
    if let Question::Difference(from, to) = arguments.question {
        return difference::run(arguments.path.as_deref(), from, to, context);
    }
    let mut answering = target::open(arguments.answerer, context)?;
    if let Question::Find(word) = &arguments.question {
        return find::run(word, arguments, answering.source.as_mut(), context);
    }
    let argument = arguments.path.as_deref().unwrap_or_default();
    let lookup = look_up(answering.source.as_mut(), argument, arguments.api_version.as_deref())
        .map_err(|error| answering.explain_miss(error, argument))?;
    let form = arguments.form.as_ref().map_err(|text| unknown_form(text))?;
    let subject = find_subject(answering.source.as_mut(), &lookup)?.map_err(|missing| {
        if matches!(form, Form::PlaintextOpenapiV2) { unknown_kind(&lookup) } else { missing }
    })?;
    match &arguments.question {
        Question::Rules => rules::run(&subject, arguments, context),
        Question::Examples => examples::run(&subject, form, context),
        Question::Browse => browse::run(&subject, context),
        Question::Describe | Question::Difference(..) | Question::Find(_) => {
            describe(&subject, arguments, form, context)
        }
    }
}

/// Finds the document and the root schema of what was looked up.
pub(crate) fn subject(source: &mut dyn Source, lookup: &Lookup) -> Result<Subject> {
    find_subject(source, lookup)?
}

/// As [`subject`], but tells a source that cannot answer (the outer error) from one whose answer
/// is that there is no such thing (the inner one).
pub(crate) fn find_subject(source: &mut dyn Source, lookup: &Lookup) -> Result<Result<Subject>> {
    let Some(document) = source.document(&lookup.resource)? else {
        let text = format!("couldn't find resource for \"{}\"", lookup.resource);
        return Ok(Err(Error::failed(text).hint("kubectl api-versions")));
    };
    Ok(match document.root(&lookup.resource) {
        Ok((kind, root)) => Ok(Subject { document, kind, root, fields: lookup.fields.clone() }),
        Err(text) => Err(Error::failed(text)),
    })
}

fn describe(
    subject: &Subject,
    arguments: &Arguments,
    form: &Form,
    context: &mut Context<'_>,
) -> Result<()> {
    let document = subject.document.as_ref();
    let Subject { kind, root, fields, .. } = subject;
    if matches!(form, Form::Plaintext) {
        let rendered = plaintext::render(document, kind, root, fields, arguments.depth);
        context.stdout().write_all(rendered.text.as_bytes())?;
        return if rendered.found { Ok(()) } else { Err(unknown_field(subject)) };
    }
    if matches!(form, Form::PlaintextOpenapiV2) {
        let text = openapi_v2::render(document, kind, root, fields, arguments.depth).map_err(
            |missed| Error {
                message: format!("field \"{missed}\" does not exist"),
                ..unknown_field(subject)
            },
        )?;
        context.stdout().write_all(text.as_bytes())?;
        return Ok(());
    }
    let found = follow(document, root, fields).ok_or_else(|| unknown_field(subject))?;
    let text = match form {
        Form::Standard(format) => {
            let description = structured::describe(subject, &found, arguments.depth);
            return structured::print(&description, format, context);
        }
        Form::Skeleton => skeleton::render(subject, &found, arguments.depth),
        _ => tree::render(subject, &found, arguments.depth, context.width()),
    };
    context.stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// kubectl's text where its older form misses a kind.
fn unknown_kind(lookup: &Lookup) -> Error {
    let GroupVersionResource { group, version, .. } = &lookup.resource;
    Error::failed(format!("couldn't find resource for \"{group}/{version}, Kind={}\"", lookup.kind))
        .hint("kubectl api-versions")
}

fn unknown_form(text: &str) -> Error {
    Error::failed(format!("unrecognized format: {text}"))
        .hint("use one of plaintext, plaintext-openapiv2, tree, skeleton, json, yaml, table")
}

/// Names the last field of the path, as kubectl does, and hints at the one that really missed.
pub(crate) fn unknown_field(subject: &Subject) -> Error {
    let last = subject.fields.last().map_or("", String::as_str);
    let mut error = Error::failed(format!("field \"{last}\" does not exist"));
    let known = (0..subject.fields.len()).rev().find_map(|length| {
        let path = &subject.fields[..length];
        follow(subject.document.as_ref(), &subject.root, path).map(|found| (length, found.schema))
    });
    if let Some((length, schema)) = known {
        let below = children(subject.document.as_ref(), &schema);
        let missed = &subject.fields[length];
        let path = |name: &str| {
            let steps = subject.fields[..length].iter().map(String::as_str).chain([name]);
            let steps: Vec<_> = steps.collect();
            format!("brume explain {}.{}", subject.kind.kind.to_lowercase(), steps.join("."))
        };
        let near = suggest::nearest(missed, below.iter().map(|child| child.name.as_str()));
        for name in &near {
            error = error.hint(path(name));
        }
        if near.is_empty() {
            error = error.hint(format!(
                "brume explain {} --find {missed}",
                subject.kind.kind.to_lowercase()
            ));
        }
    }
    error
}

impl Answering {
    /// Adds where else a type might be found.
    fn explain_miss(&self, error: Error, argument: &str) -> Error {
        if self.from_cluster && error.verbatim && error.hints.is_empty() {
            return error.hint(format!("brume explain {argument} --offline"));
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use brume_plugin::ExitCode;

    use super::*;
    use crate::resources::ApiResource;

    /// Knows that there are widgets; whether it can describe them is the question.
    struct Widgets {
        reachable: bool,
    }

    impl Source for Widgets {
        fn resources(&mut self) -> Result<Rc<[ApiResource]>> {
            let widget = ApiResource { plural: "widgets".into(), ..ApiResource::default() };
            Ok(Rc::new([widget]))
        }

        fn refresh(&mut self) -> Result<bool> {
            Ok(false)
        }

        fn document(&mut self, _: &GroupVersionResource) -> Result<Option<Rc<dyn Document>>> {
            if self.reachable { Ok(None) } else { Err(Error::new(ExitCode::Unreachable, "gone")) }
        }
    }

    #[test]
    fn a_source_that_cannot_answer_is_not_one_that_says_no() {
        let mut source = Widgets { reachable: true };
        let lookup = look_up(&mut source, "widgets", None).expect("widgets are listed");
        assert!(matches!(find_subject(&mut source, &lookup), Ok(Err(_))));
        source.reachable = false;
        let error = find_subject(&mut source, &lookup).err().expect("nobody answers");
        assert_eq!(error.code, ExitCode::Unreachable);
    }
}
