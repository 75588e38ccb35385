//! `brume fault`.

use brume_instance::protocol::{FaultAction, FaultRule, FaultView, Reply, Request};
use brume_instance::services::for_faults;
use brume_plugin::duration::parse_duration_ms;
use brume_plugin::error::Result;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};

use super::super::table::table;
use super::instance;
use crate::session::Session;

/// The options of which exactly one is given.
const ACTIONS: [&str; 4] = ["error", "latency", "drop", "throttle"];

/// Describes the command.
pub fn command() -> Command {
    Command::new("fault")
        .about("Make the emulators fail on demand")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(add_command())
        .subcommand(Command::new("ls").about("List the rules").arg(instance::argument()))
        .subcommand(
            Command::new("rm")
                .about("Remove rules")
                .arg(
                    Arg::new("id")
                        .value_name("ID")
                        .num_args(0..)
                        .required_unless_present("all")
                        .value_parser(value_parser!(u64))
                        .help("Number of a rule, from `brume fault ls`"),
                )
                .arg(
                    Arg::new("all")
                        .long("all")
                        .action(ArgAction::SetTrue)
                        .conflicts_with("id")
                        .help("Remove all rules"),
                )
                .arg(instance::argument()),
        )
}

fn add_command() -> Command {
    let option =
        |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    let duration = |name| option(name, "DURATION").value_parser(parse_duration_ms);
    Command::new("add")
        .about("Add a rule")
        .long_about(
            "Adds a rule that makes operations fail, wait or vanish:\n\n    \
             brume fault add kubernetes 'list *' --error 503 --rate 0.1\n    \
             brume fault add kubernetes --latency 200ms --jitter 50ms\n    \
             brume fault add kubernetes 'get pods' --drop --after 2 --count 3\n    \
             brume fault add sqs SendMessage --throttle 5\n\n\
             The same seed makes the same decisions.",
        )
        .arg(
            Arg::new("service")
                .value_name("SERVICE")
                .required(true)
                .help("Emulator, or a part of aws such as sqs; `*` stands for any characters"),
        )
        .arg(
            Arg::new("operation")
                .value_name("OPERATION")
                .default_value("*")
                .help("Operation, such as `list pods`; `*` stands for any characters"),
        )
        .arg(
            option("error", "STATUS")
                .value_parser(value_parser!(u16).range(400..600))
                .help("Fail with this HTTP status"),
        )
        .arg(
            option("code", "CODE")
                .requires("error")
                .conflicts_with_all(others("error"))
                .help("The cloud's own error code"),
        )
        .arg(
            option("message", "TEXT")
                .requires("error")
                .conflicts_with_all(others("error"))
                .help("The error's message"),
        )
        .arg(duration("latency").help("Wait this long, then go on"))
        .arg(
            duration("jitter")
                .requires("latency")
                .conflicts_with_all(others("latency"))
                .help("Wait up to this much longer"),
        )
        .arg(
            Arg::new("drop")
                .long("drop")
                .action(ArgAction::SetTrue)
                .help("Close the connection without an answer"),
        )
        .arg(
            option("throttle", "PER-SECOND")
                .value_parser(parse_per_second)
                .help("Let so many operations a second through and fail the rest"),
        )
        .arg(
            option("burst", "N")
                .requires("throttle")
                .conflicts_with_all(others("throttle"))
                .value_parser(value_parser!(u32))
                .help("Let so many through at once"),
        )
        .group(ArgGroup::new("action").args(ACTIONS).required(true))
        .arg(
            option("rate", "SHARE")
                .default_value("1")
                .value_parser(parse_rate)
                .help("How often it happens: 0.1 or 10%"),
        )
        .arg(
            option("after", "N")
                .default_value("0")
                .value_parser(value_parser!(u64))
                .help("Let so many operations pass first"),
        )
        .arg(
            option("count", "N")
                .value_parser(value_parser!(u64))
                .help("Stop after it has happened so often"),
        )
        .arg(
            option("seed", "N")
                .value_parser(value_parser!(u64))
                .help("Seed of the decisions; drawn and shown when not given"),
        )
        .arg(instance::argument())
}

/// The actions beside `action`. Needed for what belongs to that one: clap does not insist on an
/// argument that contradicts one which was given.
fn others(action: &str) -> impl Iterator<Item = &'static str> {
    ACTIONS.into_iter().filter(move |other| *other != action)
}

fn parse_per_second(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(per_second) if per_second.is_finite() && per_second > 0.0 => Ok(per_second),
        _ => Err(format!("'{text}' is no number of operations a second: use 5 or 0.5")),
    }
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let wrong = || format!("'{text}' is not a share: use 0.1 or 10%");
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().map_err(|_| wrong())? / 100.0,
        None => text.parse().map_err(|_| wrong())?,
    };
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(wrong()) }
}

/// Adds, lists or removes rules.
///
/// # Errors
/// The instance is not running, or there is no such rule.
pub fn run(matches: &ArgMatches, session: &Session) -> Result<u8> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(0) };
    let paths = instance::chosen(session, matches)?;
    match name {
        "add" => match instance::ask(&paths, &Request::FaultAdd { rule: rule(matches) })? {
            Reply::FaultAdded { id, seed } => {
                session.print(&serde_json::json!({ "id": id, "seed": seed }), |_| {
                    format!("rule {id}, seed {seed}\n")
                })?;
            }
            other => return Err(instance::unexpected(&other)),
        },
        "ls" => match instance::ask(&paths, &Request::FaultList)? {
            Reply::Faults { rules } => list(session, &rules)?,
            other => return Err(instance::unexpected(&other)),
        },
        _ => {
            let ids: Vec<u64> = matches.get_many("id").into_iter().flatten().copied().collect();
            if ids.is_empty() {
                instance::ask(&paths, &Request::FaultRemove { id: None })?;
            }
            for id in ids {
                instance::ask(&paths, &Request::FaultRemove { id: Some(id) })?;
            }
        }
    }
    Ok(0)
}

fn rule(matches: &ArgMatches) -> FaultRule {
    let text = |name| matches.get_one::<String>(name).cloned();
    let number = |name| matches.get_one::<u64>(name).copied();
    let action = if let Some(&status) = matches.get_one("error") {
        FaultAction::Error { status, code: text("code"), message: text("message") }
    } else if let Some(milliseconds) = number("latency") {
        let jitter_milliseconds = number("jitter").unwrap_or_default();
        FaultAction::Latency { milliseconds, jitter_milliseconds }
    } else if let Some(&per_second) = matches.get_one("throttle") {
        let burst = matches.get_one("burst").copied().unwrap_or(1);
        FaultAction::Throttle { per_second, burst }
    } else {
        FaultAction::Drop
    };
    FaultRule {
        service: for_faults(&text("service").unwrap_or_default()).to_owned(),
        operation: text("operation").unwrap_or_else(|| "*".to_owned()),
        action,
        rate: matches.get_one("rate").copied().unwrap_or(1.0),
        after: number("after").unwrap_or_default(),
        count: number("count"),
        seed: number("seed"),
    }
}

fn list(session: &Session, rules: &Vec<FaultView>) -> Result<()> {
    session.print(rules, |rules| {
        if rules.is_empty() {
            session.notice("No fault rules.");
            return String::new();
        }
        let cells = rules.iter().map(|view| {
            let rule = &view.rule;
            vec![
                view.id.to_string(),
                rule.service.clone(),
                rule.operation.clone(),
                describe(rule),
                view.matched.to_string(),
                view.acted.to_string(),
            ]
        });
        table(&["ID", "SERVICE", "OPERATION", "ACTION", "MATCHED", "ACTED"], cells)
    })
}

fn describe(rule: &FaultRule) -> String {
    let mut text = match &rule.action {
        FaultAction::Error { status, code: Some(code), .. } => format!("error {status} {code}"),
        FaultAction::Error { status, .. } => format!("error {status}"),
        FaultAction::Latency { milliseconds, jitter_milliseconds: 0 } => {
            format!("latency {milliseconds}ms")
        }
        FaultAction::Latency { milliseconds, jitter_milliseconds } => {
            format!("latency {milliseconds}ms+{jitter_milliseconds}ms")
        }
        FaultAction::Drop => "drop".to_owned(),
        FaultAction::Throttle { per_second, .. } => format!("throttle {per_second}/s"),
    };
    if rule.rate < 1.0 {
        text.push_str(&format!(", rate {}", rule.rate));
    }
    if rule.after > 0 {
        text.push_str(&format!(", after {}", rule.after));
    }
    if let Some(count) = rule.count {
        text.push_str(&format!(", {count} times"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> FaultRule {
        let words = ["fault", "add"].iter().chain(words);
        let matches = command().try_get_matches_from(words).expect("valid arguments");
        rule(matches.subcommand().expect("a subcommand").1)
    }

    #[test]
    fn every_action() {
        let lines = [
            &["k8s", "list *", "--error", "503", "--code", "X", "--rate", "10%"][..],
            &["*", "--latency", "200ms", "--jitter", "50ms"],
            &["kubernetes", "get pods", "--drop", "--after", "2", "--count", "3"],
            &["sqs", "SendMessage", "--throttle", "2.5"],
        ];
        let text = lines.map(|words| {
            let rule = parse(words);
            format!("{} | {} | {}", rule.service, rule.operation, describe(&rule))
        });
        insta::assert_snapshot!(text.join("\n"), @r"
        kubernetes | list * | error 503 X, rate 0.1
        * | * | latency 200ms+50ms
        kubernetes | get pods | drop, after 2, 3 times
        sqs | SendMessage | throttle 2.5/s
        ");
    }

    #[test]
    fn one_action_exactly() {
        for words in [
            &["kubernetes"][..],
            &["kubernetes", "--drop", "--error", "500"],
            &["kubernetes", "--error", "200"],
            &["kubernetes", "--drop", "--rate", "2"],
            &["kubernetes", "--throttle", "0"],
            &["kubernetes", "--throttle", "1e400"],
            &["kubernetes", "--drop", "--jitter", "1s"],
        ] {
            let words = ["fault", "add"].iter().chain(words);
            assert!(command().try_get_matches_from(words).is_err());
        }
    }
}
