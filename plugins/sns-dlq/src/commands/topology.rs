//! `topology`: what hangs together with a topic or a queue.

use std::io::Write as _;

use brume_plugin::clap::{Arg, ArgMatches, Command};
use brume_plugin::output::{Layout, OutputFormat, Records};
use brume_plugin::{Context, Error, ExitCode, Result};
use serde_json::Value;

use crate::cloud::Cloud;
use crate::inventory::{Depth, Inventory};
use crate::text::cell;
use crate::topology::{Graph, dot, tree};

/// Forms of the answer.
const FORMS: [&str; 9] = [
    "tree",
    "dot",
    "json",
    "yaml",
    "name",
    "jsonpath",
    "jsonpath-as-json",
    "jsonpath-file",
    "go-template",
];

/// The command line.
pub fn command() -> Command {
    Command::new("topology")
        .about("Draw what hangs together with a topic or a queue")
        .long_about(
            "Draw the way of messages: topic, subscription, endpoint, and where dead letters go. \
             -o dot writes a graph for Graphviz.",
        )
        .arg(
            Arg::new("root")
                .value_name("TOPIC|QUEUE")
                .required(true)
                .help("Topic or queue: name or ARN"),
        )
}

/// Runs it.
///
/// # Errors
/// What AWS says; `NotFound` when there is no such topic or queue.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let format = OutputFormat::parse(context.format().unwrap_or("tree"), &FORMS)?;
    let named = matches.get_one::<String>("root").map(String::as_str).unwrap_or_default();
    let cloud = Cloud::open(context)?;
    let inventory = context.with_progress("reading the wiring", |progress| {
        cloud.block_on(Inventory::read(&cloud, Depth::Topics, progress))
    })?;
    for note in &inventory.notes {
        context.note(format_args!("note: {note}"));
    }
    let root = root(&inventory, named, &cloud)?;
    let graph = Graph::of(&inventory);
    let text = match &format {
        OutputFormat::Own(form) if form == "dot" => dot::dot(&graph.around(&root)),
        OutputFormat::Own(_) => tree::tree(&graph, &root, context.output().stdout_color),
        format => {
            let document = graph.around(&root).to_json(&root);
            let nodes = document["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
            let name = |node: &Value| format!("{}/{}", cell(node, "kind"), cell(node, "name"));
            let records = Records { document: &document, items: nodes, columns: &[], name };
            records.render(format, Layout::of(context, false))?
        }
    };
    Ok(context.stdout().write_all(text.as_bytes())?)
}

/// The ARN of what was named: a topic before a queue of the same name.
fn root(inventory: &Inventory, named: &str, cloud: &Cloud) -> Result<String> {
    let topics = inventory.topics.iter().map(|topic| (topic.arn.as_str(), topic.name()));
    let queues = inventory.queues.iter().map(|queue| (queue.arn.as_str(), queue.name()));
    let known: Vec<(&str, &str)> = topics.chain(queues).collect();
    let wanted = if named.contains("://") { crate::cloud::queues::name_of(named) } else { named };
    if let Some((arn, _)) = known.iter().find(|(arn, name)| *arn == wanted || *name == wanted) {
        return Ok((*arn).to_owned());
    }
    let text = format!("there is no topic or queue '{named}' in {}", cloud.region());
    let names = known.iter().map(|(_, name)| *name);
    let similar = brume_plugin::render::suggest::did_you_mean(named, names);
    let error = Error::new(ExitCode::NotFound, text);
    Err(error.hint(similar.unwrap_or_else(|| "brume sns-dlq ls".to_owned())))
}
