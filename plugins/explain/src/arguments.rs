//! The command line: what was typed, and what it asks for.

use brume_plugin::clap::{Arg, ArgAction, ArgMatches, Command};
use brume_plugin::output::OutputFormat;
use brume_plugin::output::format::STANDARD;
use brume_plugin::{Error, Result};
use brume_schema::KubernetesVersion;

use crate::render::plaintext::Depth;

const ABOUT: &str = "Explain a Kubernetes resource and its fields";

const LONG_ABOUT: &str = "\
Explain a Kubernetes resource and its fields, exactly as kubectl does, and go further: rules and \
real defaults, differences between Kubernetes versions, search, trees, skeletons, examples.

The cluster of the target answers, custom resources included. Where there is no cluster, the \
schemas that brume carries answer, for Kubernetes 1.25 to 1.37.";

const AFTER_HELP: &str = "\
Forms (-o): plaintext (default), plaintext-openapiv2, tree, skeleton, json, yaml, table, wide, csv,
  jsonl, name, jsonpath=, custom-columns=, go-template=

Examples:
  brume explain deploy.spec.strategy              as kubectl prints it
  brume explain pod.spec.containers --rules       defaults, enums, limits, merge keys
  brume explain pod --diff 1.28..1.37             what changed in between
  brume explain --find topology                   search names and descriptions
  brume explain cronjob -o skeleton               YAML to paste
  brume explain deploy -i                         browse and search
  brume --local explain deploy                    ask the bundled mini-cluster";

/// The command tree.
pub fn command() -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    Command::new("explain")
        .about(ABOUT)
        .long_about(LONG_ABOUT)
        .after_help(AFTER_HELP)
        .arg(
            Arg::new("path")
                .value_name("TYPE[.FIELD...]")
                .action(ArgAction::Append)
                .help("What to explain, as in deployments.apps.spec.strategy"),
        )
        .arg(
            Arg::new("api-version")
                .long("api-version")
                .value_name("GROUP/VERSION")
                .help("Explain this version of the API"),
        )
        .arg(
            Arg::new("recursive")
                .long("recursive")
                .short('R')
                .value_name("true|false")
                .num_args(0..=1)
                .require_equals(true)
                .default_value("false")
                .default_missing_value("true")
                .value_parser(["true", "false"])
                .hide_possible_values(true)
                .hide_default_value(true)
                .help("Print the fields of fields"),
        )
        .arg(
            Arg::new("max-depth")
                .long("max-depth")
                .value_name("LEVELS")
                .value_parser(brume_plugin::clap::value_parser!(i64))
                .allow_negative_numbers(true)
                .default_value("0")
                .hide_default_value(true)
                .help("Print at most this many levels; needs --recursive"),
        )
        .arg(flag("offline", "Use the bundled schemas, even where there is a cluster"))
        .arg(
            Arg::new("k8s-version")
                .long("k8s-version")
                .value_name("VERSION")
                .help("Use the bundled schemas of this Kubernetes version, 1.25 to 1.37"),
        )
        .arg(
            Arg::new("diff")
                .long("diff")
                .value_name("A..B")
                .conflicts_with_all(["k8s-version", "api-version"])
                .help("Show what changed between two Kubernetes versions"),
        )
        .arg(
            Arg::new("find")
                .long("find")
                .value_name("WORD")
                .help("Search names and descriptions of fields"),
        )
        .arg(flag("rules", "Show defaults, enums, limits, patterns, CEL rules and merge keys"))
        .arg(flag("examples", "Show examples to start from"))
        .arg(
            flag("interactive", "Browse the fields and search in them")
                .short('i')
                .conflicts_with_all(["find", "diff", "rules", "examples"]),
        )
}

/// The form of the answer.
#[derive(Clone, Debug)]
pub enum Form {
    /// kubectl's.
    Plaintext,
    /// kubectl's older one, made from OpenAPI v2.
    PlaintextOpenapiV2,
    /// A drawn tree.
    Tree,
    /// YAML to paste.
    Skeleton,
    /// One of the forms that every command has: a document, a table, a template.
    Standard(OutputFormat),
}

impl Form {
    /// Reads `-o`; `Ok(Err)` is a form that nobody knows.
    fn parse(text: Option<&str>) -> Result<std::result::Result<Self, String>> {
        Ok(Ok(match text {
            None | Some("plaintext") => Self::Plaintext,
            Some("plaintext-openapiv2") => Self::PlaintextOpenapiV2,
            Some("tree") => Self::Tree,
            Some("skeleton") => Self::Skeleton,
            Some(other) => {
                let name = other.split_once('=').map_or(other, |(name, _)| name);
                if !STANDARD.contains(&name) {
                    return Ok(Err(other.to_owned()));
                }
                Self::Standard(OutputFormat::parse(other, &STANDARD)?)
            }
        }))
    }
}

/// What is asked about the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// What it is.
    Describe,
    /// What its values must obey.
    Rules,
    /// What it looks like in use.
    Examples,
    /// What changed between two Kubernetes versions.
    Difference(KubernetesVersion, KubernetesVersion),
    /// Where a word occurs.
    Find(String),
    /// Everything, one key press at a time.
    Browse,
}

/// Which schemas are to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answerer {
    /// The cluster of the target, or the bundled schemas where there is none.
    Cluster,
    /// The bundled schemas of one version.
    Bundled(KubernetesVersion),
}

/// The command line, understood.
#[derive(Clone, Debug)]
pub struct Arguments {
    /// What to explain; `None` where the question needs no type.
    pub path: Option<String>,
    /// `--api-version`.
    pub api_version: Option<String>,
    /// `--recursive` and `--max-depth`.
    pub depth: Depth,
    /// Which schemas are to answer.
    pub answerer: Answerer,
    /// What is asked.
    pub question: Question,
    /// The form of the answer, or the text of an unknown one: kubectl looks at the type first.
    pub form: std::result::Result<Form, String>,
}

impl Arguments {
    /// Reads what clap matched; `format` is the value of `-o`.
    ///
    /// # Errors
    /// kubectl's texts with exit code 1 for what kubectl refuses too, else usage errors.
    pub fn read(matches: &ArgMatches, format: Option<&str>) -> Result<Self> {
        let text = |name: &str| matches.get_one::<String>(name).cloned();
        let question = question(matches)?;
        let path = one_path(matches, &question)?;
        let depth = depth(matches)?;
        let answerer = match text("k8s-version") {
            Some(version) => Answerer::Bundled(parse_version(&version)?),
            None if matches.get_flag("offline") => Answerer::Bundled(KubernetesVersion::NEWEST),
            None => Answerer::Cluster,
        };
        let form = Form::parse(format)?;
        Ok(Self { path, api_version: text("api-version"), depth, answerer, question, form })
    }
}

fn question(matches: &ArgMatches) -> Result<Question> {
    if let Some(range) = matches.get_one::<String>("diff") {
        let (from, to) = range.split_once("..").ok_or_else(|| {
            Error::usage(format!("--diff needs two versions, not \"{range}\""))
                .hint("brume explain pod --diff 1.30..1.37")
        })?;
        return Ok(Question::Difference(parse_version(from)?, parse_version(to)?));
    }
    if let Some(word) = matches.get_one::<String>("find") {
        if word.trim().is_empty() {
            return Err(Error::usage("--find needs a word").hint("brume explain --find topology"));
        }
        return Ok(Question::Find(word.trim().to_owned()));
    }
    Ok(if matches.get_flag("interactive") {
        Question::Browse
    } else if matches.get_flag("rules") {
        Question::Rules
    } else if matches.get_flag("examples") {
        Question::Examples
    } else {
        Question::Describe
    })
}

fn one_path(matches: &ArgMatches, question: &Question) -> Result<Option<String>> {
    let mut paths = matches.get_many::<String>("path").into_iter().flatten().cloned();
    let path = paths.next();
    if paths.next().is_some() {
        return Err(Error::failed("We accept only this format: explain RESOURCE")
            .hint("brume explain deployment.spec"));
    }
    let optional = matches!(question, Question::Difference(..) | Question::Find(_));
    if path.is_none() && !optional {
        return Err(Error::failed(
            "You must specify the type of resource to explain. \
             Use \"kubectl api-resources\" for a complete list of supported resources.",
        )
        .hint("brume explain deployment"));
    }
    Ok(path)
}

fn depth(matches: &ArgMatches) -> Result<Depth> {
    let recursive = matches.get_one::<String>("recursive").is_some_and(|value| value == "true");
    let levels = matches.get_one::<i64>("max-depth").copied().unwrap_or_default();
    let max = usize::try_from(levels)
        .map_err(|_| Error::failed("--max-depth must be non-negative").hint("--max-depth=2"))?;
    if max > 0 && !recursive {
        return Err(Error::failed("--max-depth requires --recursive")
            .hint(format!("brume explain pod --recursive --max-depth={max}")));
    }
    Ok(Depth { recursive, max })
}

fn parse_version(text: &str) -> Result<KubernetesVersion> {
    text.parse().map_err(|error| {
        Error::usage(format!("\"{text}\" is not a Kubernetes version that brume knows"))
            .source(&error)
            .hint(format!(
                "use one of {} to {}",
                KubernetesVersion::OLDEST,
                KubernetesVersion::NEWEST
            ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str], format: Option<&str>) -> std::result::Result<Arguments, String> {
        let words = std::iter::once("explain").chain(words.iter().copied());
        let matches =
            command().try_get_matches_from(words).map_err(|error| error.kind().to_string())?;
        Arguments::read(&matches, format).map_err(|error| error.message)
    }

    #[test]
    fn reads_what_kubectl_reads() {
        let arguments = read(&["pod.spec", "-R", "--max-depth=2"], None).expect("valid");
        assert_eq!(arguments.path.as_deref(), Some("pod.spec"));
        assert_eq!(arguments.depth, Depth { recursive: true, max: 2 });
        assert!(matches!(arguments.form, Ok(Form::Plaintext)));
        let spelled_out = read(&["pod", "--recursive=false"], Some("xx")).expect("valid");
        assert_eq!(spelled_out.depth, Depth::default());
        assert_eq!(spelled_out.form.err().as_deref(), Some("xx"));
        let template = read(&["pod"], Some("jsonpath={.fields[*].name}")).expect("valid");
        assert!(matches!(template.form, Ok(Form::Standard(OutputFormat::JsonPath(_)))));
    }

    #[test]
    fn refuses_what_kubectl_refuses() {
        for (words, message) in [
            (vec!["a", "b"], "We accept only this format: explain RESOURCE"),
            (vec!["pod", "--max-depth=1"], "--max-depth requires --recursive"),
            (vec!["pod", "--max-depth=-1"], "--max-depth must be non-negative"),
        ] {
            assert_eq!(read(&words, None).map(|_| ()), Err(message.to_owned()), "{words:?}");
        }
    }

    #[test]
    fn asks_for_versions_that_it_knows() {
        for words in [["pod", "--diff=1.30"], ["pod", "--diff=1.30..9"], ["pod", "--k8s-version=x"]]
        {
            assert!(read(&words, None).is_err(), "{words:?}");
        }
        let arguments = read(&["--diff=1.30..1.31"], None).expect("valid without a type");
        assert!(matches!(arguments.question, Question::Difference(..)));
    }
}
