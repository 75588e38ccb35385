//! `audit`: what is wrong with the wiring.

use std::collections::BTreeSet;
use std::io::Write as _;

use brume_plugin::clap::{Arg, ArgAction, ArgMatches, Command};
use brume_plugin::output::format::STANDARD;
use brume_plugin::output::{Column, Layout, OutputFormat, Records, json as json_text};
use brume_plugin::{Context, Error, Result};
use serde_json::{Value, json};

use crate::arguments::{FINDINGS, count, flag, no_headers};
use crate::audit::text::Fixes;
use crate::audit::{Finding, Severity, audit, gather, junit, rules, sarif, text};
use crate::cloud::Cloud;
use crate::cloud::queues::name_of;
use crate::inventory::Inventory;
use crate::text::cell;
use crate::topology::Graph;

/// Columns where there is no terminal.
const WIDTH_DEFAULT: usize = 100;

/// Forms beyond those of every listing.
const OWN_FORMS: [&str; 3] = ["text", "sarif", "junit"];

const AFTER_HELP: &str = "\
Forms (-o): text (default), table, wide, json, yaml, sarif, junit, csv, jsonl, name, jsonpath=,
  custom-columns=, go-template=

Exit code 1 when something is found that is as bad as --fail-on says, or worse.";

/// The command line.
pub fn command() -> Command {
    Command::new("audit")
        .about("Say what is wrong with the wiring, and how to mend it")
        .long_about(
            "Check topics, subscriptions, queues, functions, policies and alarms for what loses \
             messages or hides that they are lost. Every finding comes with the commands that \
             mend it; nothing is changed.",
        )
        .after_help(AFTER_HELP)
        .arg(
            Arg::new("topic")
                .value_name("TOPIC")
                .action(ArgAction::Append)
                .help("Check only what hangs together with these topics: names or ARNs"),
        )
        .arg(
            Arg::new("fail-on")
                .long("fail-on")
                .value_name("SEVERITY")
                .value_parser(["critical", "high", "medium", "low", "never"])
                .default_value("medium")
                .help("Exit with 1 when something this bad is found"),
        )
        .arg(
            Arg::new("fix")
                .long("fix")
                .value_name("FORM")
                .value_parser(["cli", "terraform", "none"])
                .default_value("cli")
                .help("Show fixes as commands of the aws CLI or as Terraform"),
        )
        .arg(
            Arg::new("rule")
                .long("rule")
                .value_name("RULE")
                .value_delimiter(',')
                .action(ArgAction::Append)
                .help("Apply only these rules"),
        )
        .arg(flag("rules", "List the rules and end"))
        .arg(count("samples", None, "Judge filter policies by this many messages of each queue"))
        .arg(no_headers())
}

/// Runs it.
///
/// # Errors
/// What AWS says; silent with exit code 1 when something bad enough is found.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    if matches.get_flag("rules") {
        return print_rules(matches.get_flag("no-headers"), context);
    }
    let forms: Vec<&str> = OWN_FORMS.iter().chain(&STANDARD).copied().collect();
    let format = OutputFormat::parse(context.format().unwrap_or("text"), &forms)?;
    let wanted_rules = wanted_rules(matches)?;
    let samples = matches.get_one::<u64>("samples").copied().unwrap_or_default();
    let samples = usize::try_from(samples).unwrap_or(usize::MAX);
    let cloud = Cloud::open(context)?;
    let (facts, notes) = context.with_progress("reading the wiring", |progress| {
        cloud.block_on(gather::gather(&cloud, samples, progress))
    })?;
    for note in notes {
        context.note(format_args!("note: {note}"));
    }
    let mut findings = audit(&facts);
    let topics: Vec<&String> = matches.get_many("topic").into_iter().flatten().collect();
    if !topics.is_empty() {
        let kept = around(&facts.inventory, &topics, &cloud)?;
        findings.retain(|finding| kept.contains(&finding.resource));
    }
    if !wanted_rules.is_empty() {
        findings.retain(|finding| wanted_rules.contains(&finding.rule.id));
    }
    print(&findings, &format, matches, context)?;
    let limit = matches.get_one::<String>("fail-on").map(String::as_str).unwrap_or_default();
    let limit = Severity::ALL.into_iter().find(|severity| severity.name() == limit);
    if limit.is_some_and(|limit| findings.iter().any(|finding| finding.severity >= limit)) {
        return Err(Error::silent(FINDINGS));
    }
    Ok(())
}

fn wanted_rules(matches: &ArgMatches) -> Result<Vec<&'static str>> {
    let typed = matches.get_many::<String>("rule").into_iter().flatten();
    typed
        .map(|typed| {
            let ids = rules::all().map(|rule| rule.id);
            ids.into_iter().find(|id| id == typed).ok_or_else(|| {
                let error = Error::usage(format!("there is no rule '{typed}'"));
                let similar = brume_plugin::render::suggest::did_you_mean(typed, ids);
                error.hint(similar.unwrap_or_else(|| "brume sns-dlq audit --rules".to_owned()))
            })
        })
        .collect()
}

/// ARNs of everything that hangs together with some topics.
fn around(inventory: &Inventory, topics: &[&String], cloud: &Cloud) -> Result<BTreeSet<String>> {
    let graph = Graph::of(inventory);
    let mut kept = BTreeSet::new();
    for topic in topics {
        let arn = cloud.block_on(cloud.topic_arn(topic))?;
        if !graph.nodes.contains_key(&arn) {
            let error = Error::new(
                brume_plugin::ExitCode::NotFound,
                format!("there is no topic '{}' in {}", name_of(&arn), cloud.region()),
            );
            return Err(error.hint("aws sns list-topics"));
        }
        kept.extend(graph.around(&arn).nodes.into_keys());
    }
    Ok(kept)
}

fn print(
    findings: &[Finding],
    format: &OutputFormat,
    matches: &ArgMatches,
    context: &mut Context<'_>,
) -> Result<()> {
    let rendered = match format {
        OutputFormat::Own(form) if form == "sarif" => json_text::pretty(&sarif::sarif(findings)),
        OutputFormat::Own(form) if form == "junit" => junit::junit(findings),
        OutputFormat::Own(_) => {
            let fixes = match matches.get_one::<String>("fix").map(String::as_str) {
                Some("terraform") => Fixes::Terraform,
                Some("none") => Fixes::None,
                _ => Fixes::Cli,
            };
            let width = context.width().unwrap_or(WIDTH_DEFAULT);
            let color = context.output().stdout_color;
            let mut rendered = text::text(findings, fixes, width, color);
            rendered.push_str(&format!("{}\n", text::summary(findings)));
            rendered
        }
        format => {
            let items: Vec<Value> = findings.iter().map(Finding::to_json).collect();
            let document = json!({"items": items});
            let columns = [
                Column::new("SEVERITY", |item| cell(item, "severity")),
                Column::new("RULE", |item| cell(item, "rule")),
                Column::new("RESOURCE", |item| cell(item, "name")),
                Column::new("FINDING", |item| cell(item, "message")),
                Column::wide("FIX", |item| {
                    let commands = item["fix"]["cli"].as_array().into_iter().flatten();
                    let commands: Vec<&str> = commands.filter_map(Value::as_str).collect();
                    commands.join(" && ")
                }),
                Column::wide("ARN", |item| cell(item, "resource")),
            ];
            let name =
                |item: &Value| format!("finding/{}/{}", cell(item, "rule"), cell(item, "name"));
            let records = Records { document: &document, items: &items, columns: &columns, name };
            records.render(format, Layout::of(context, matches.get_flag("no-headers")))?
        }
    };
    Ok(context.stdout().write_all(rendered.as_bytes())?)
}

fn print_rules(no_headers: bool, context: &mut Context<'_>) -> Result<()> {
    let items: Vec<Value> = rules::all()
        .iter()
        .map(|rule| {
            json!({
                "rule": rule.id,
                "severity": rule.severity.name(),
                "title": rule.title,
                "reason": rule.reason,
            })
        })
        .collect();
    let document = json!({"items": items});
    let columns = [
        Column::new("RULE", |item| cell(item, "rule")),
        Column::new("SEVERITY", |item| cell(item, "severity")),
        Column::new("DEMANDS", |item| cell(item, "title")),
        Column::wide("BECAUSE", |item| cell(item, "reason")),
    ];
    let name = |item: &Value| format!("rule/{}", cell(item, "rule"));
    Records { document: &document, items: &items, columns: &columns, name }
        .print(context, &STANDARD, no_headers)
}
