//! `watch`: dead-letter queues as they fill, for people and for CI.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use brume_plugin::clap::{Arg, ArgAction, ArgMatches, Command};
use brume_plugin::duration::parse_duration_ms;
use brume_plugin::{Context, Error, ExitCode, Result};
use jiff::Timestamp;
use serde_json::Value;

use super::peek::origin;
use crate::arguments::{FINDINGS, count};
use crate::cloud::metrics::MetricQuery;
use crate::cloud::queues::Queue;
use crate::cloud::{Cloud, in_parallel};
use crate::redrive::run::now_ms;
use crate::text::excerpt;
use crate::watch::screen::Screen;
use crate::watch::{Sample, Watched};

/// Most queues at once.
const QUEUES_MAX: usize = 50;

/// How often CloudWatch is asked for ages: it writes one number a minute.
const AGE_EVERY: Duration = Duration::from_secs(30);

/// Commands of --exec that run at the same time.
const CHILDREN_MAX: usize = 8;

/// The command line.
pub fn command() -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("watch")
        .about("Watch dead-letter queues fill and empty")
        .long_about(
            "Watch dead-letter queues fill and empty: depth, age, rate, and kinds of messages that \
             were not there before. On a terminal a live view; elsewhere a line for each change, \
             or with -o jsonl a document. Nothing is received from the queues: kinds are told \
             apart only where the endpoint shows messages without it.",
        )
        .arg(
            Arg::new("queue")
                .value_name("DLQ")
                .required(true)
                .action(ArgAction::Append)
                .help("Queues: names, ARNs or URLs"),
        )
        .arg(count("fail-on", None, "Fail when a queue holds so many messages"))
        .arg(text("for", "DURATION", "End after this time, as in 30s or 5m"))
        .arg(text("interval", "DURATION", "Look this often (5s)"))
        .arg(text("exec", "COMMAND", "Run this by sh at every change; BRUME_* tell which"))
}

/// Runs it.
///
/// # Errors
/// What AWS says at the beginning; a failure when --fail-on is reached.
pub fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
    let names: Vec<String> =
        matches.get_many::<String>("queue").into_iter().flatten().cloned().collect();
    if names.len() > QUEUES_MAX {
        return Err(Error::usage(format!("more than {QUEUES_MAX} queues at once")));
    }
    let options = Options::read(matches)?;
    let as_documents = match context.format() {
        None | Some("table") => false,
        Some("json" | "jsonl") => true,
        Some(other) => {
            return Err(Error::usage(format!("watch has no output format '{other}'"))
                .cause("it has table, jsonl"));
        }
    };
    let cloud = Cloud::open(context)?;
    let queues = cloud.block_on(in_parallel(&names, |name| cloud.find_queue(name)))?;
    let is_live =
        context.output().stdout_terminal && context.output().stdin_terminal && !as_documents;
    let mut screen = if is_live {
        Some(Screen::enter().map_err(|error| {
            Error::failed("the terminal cannot be used").source(&error).hint("watch ... | cat")
        })?)
    } else {
        None
    };
    let mut watching = Watching {
        watched: queues.iter().map(|queue| Watched::new(queue.name().to_owned())).collect(),
        ages: BTreeMap::new(),
        ages_at: None,
        children: Vec::new(),
    };
    let result = watching.run(&cloud, &queues, &options, &mut screen, as_documents, context);
    drop(screen);
    watching.end();
    let worst = result?;
    if let Some((name, depth)) = worst {
        return Err(Error::new(FINDINGS, format!("'{name}' holds {depth} dead letters"))
            .hint(format!("brume sns-dlq peek {name}")));
    }
    Ok(())
}

struct Options {
    fail_on: Option<u64>,
    lasts: Option<Duration>,
    interval: Duration,
    exec: Option<String>,
}

impl Options {
    fn read(matches: &ArgMatches) -> Result<Self> {
        let span = |name: &str| -> Result<Option<Duration>> {
            let Some(text) = matches.get_one::<String>(name) else { return Ok(None) };
            let ms = parse_duration_ms(text);
            let ms = ms.map_err(|why| Error::usage(format!("--{name}: {why}")))?;
            Ok(Some(Duration::from_millis(ms)))
        };
        let interval = span("interval")?.unwrap_or(Duration::from_secs(5));
        if interval < Duration::from_millis(100) {
            return Err(Error::usage("--interval is 100ms or more"));
        }
        let fail_on = matches.get_one::<u64>("fail-on").copied();
        if fail_on == Some(0) {
            return Err(Error::usage("--fail-on 0 would always fail").hint("--fail-on 1"));
        }
        Ok(Self {
            fail_on,
            lasts: span("for")?,
            interval,
            exec: matches.get_one::<String>("exec").cloned(),
        })
    }
}

struct Watching {
    watched: Vec<Watched>,
    /// Ages in seconds by queue name.
    ages: BTreeMap<String, u64>,
    ages_at: Option<Instant>,
    children: Vec<Child>,
}

impl Watching {
    /// Until the time is over, the user leaves, or a queue holds too many.
    fn run(
        &mut self,
        cloud: &Cloud,
        queues: &[Queue],
        options: &Options,
        screen: &mut Option<Screen>,
        as_documents: bool,
        context: &mut Context<'_>,
    ) -> Result<Option<(String, u64)>> {
        let begun = Instant::now();
        loop {
            self.look(cloud, queues, options, screen.is_some(), as_documents, context)?;
            let too_many = options.fail_on.and_then(|limit| {
                let found = self.watched.iter().find(|watched| watched.depth() >= limit)?;
                Some((found.name.clone(), found.depth()))
            });
            if too_many.is_some() {
                return Ok(too_many);
            }
            let next = Instant::now() + options.interval;
            loop {
                context.check_cancelled()?;
                self.reap();
                if options.lasts.is_some_and(|lasts| begun.elapsed() >= lasts) {
                    return Ok(None);
                }
                let wait = next.saturating_duration_since(Instant::now());
                if wait.is_zero() {
                    break;
                }
                let wait = wait.min(Duration::from_millis(100));
                match screen {
                    None => std::thread::sleep(wait),
                    Some(screen) => {
                        let foot = " q leaves";
                        let drawn = screen.draw(&self.watched, foot);
                        if drawn.and_then(|()| screen.wants_out(wait))? {
                            return Ok(None);
                        }
                    }
                }
            }
        }
    }

    fn look(
        &mut self,
        cloud: &Cloud,
        queues: &[Queue],
        options: &Options,
        is_live: bool,
        as_documents: bool,
        context: &mut Context<'_>,
    ) -> Result<()> {
        let urls: Vec<&Queue> = queues.iter().collect();
        let mut samples = cloud.block_on(in_parallel(urls, |queue| async move {
            match sample(cloud, queue).await {
                Err(error) if error.code == ExitCode::Interrupted => Err(error),
                Err(error) => Ok(Err(error.causes.first().cloned().unwrap_or(error.message))),
                Ok(sample) => Ok(Ok(sample)),
            }
        }))?;
        self.read_ages(cloud, queues)?;
        for (queue, sample) in queues.iter().zip(&mut samples) {
            if let Ok(sample) = sample
                && sample.depth + sample.in_flight > 0
            {
                sample.oldest_seconds = self.ages.get(queue.name()).copied();
            }
        }
        let at = Timestamp::now();
        let mut told = Vec::new();
        for (watched, sample) in self.watched.iter_mut().zip(samples) {
            for change in watched.observe(now_ms(), sample) {
                told.push((watched.line(&change), watched.document(&change, &at.to_string())));
            }
        }
        for (line, document) in told {
            if as_documents {
                writeln!(context.stdout(), "{document}")?;
            } else if !is_live {
                let line = crate::text::printable(&line);
                writeln!(context.stdout(), "{:.0} {line}", at.strftime("%H:%M:%S"))?;
            }
            if let Some(command) = &options.exec {
                self.execute(command, &document, is_live, context);
            }
        }
        context.flush()
    }

    /// Ages are CloudWatch's alone; who may not ask it does without.
    fn read_ages(&mut self, cloud: &Cloud, queues: &[Queue]) -> Result<()> {
        if self.ages_at.is_some_and(|at| at.elapsed() < AGE_EVERY) {
            return Ok(());
        }
        self.ages_at = Some(Instant::now());
        let query = |queue: &Queue| MetricQuery {
            namespace: "AWS/SQS",
            metric: "ApproximateAgeOfOldestMessage".to_owned(),
            dimensions: vec![("QueueName", queue.name().to_owned())],
            statistic: "Maximum",
        };
        let queries: Vec<MetricQuery> = queues.iter().map(query).collect();
        match cloud.block_on(cloud.latest(&queries)) {
            Err(error) if error.code == ExitCode::Interrupted => Err(error),
            Err(_) => Ok(()),
            Ok(latest) => {
                for (place, age) in latest {
                    if let Some(queue) = queues.get(place) {
                        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                        self.ages.insert(queue.name().to_owned(), age.max(0.0) as u64);
                    }
                }
                Ok(())
            }
        }
    }

    fn execute(
        &mut self,
        command: &str,
        document: &Value,
        is_live: bool,
        context: &mut Context<'_>,
    ) {
        self.reap();
        if self.children.len() >= CHILDREN_MAX {
            context.note("warning: --exec is slower than the changes: one was left out");
            return;
        }
        let text = |name: &str| match &document[name] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let mut child = std::process::Command::new("sh");
        child.arg("-c").arg(command).stdin(Stdio::null());
        if is_live {
            // The screen belongs to the view.
            child.stdout(Stdio::null()).stderr(Stdio::null());
        }
        child.env("BRUME_EVENT", text("event")).env("BRUME_QUEUE", text("queue"));
        child.env("BRUME_DEPTH", text("depth")).env("BRUME_DEPTH_BEFORE", text("from"));
        child.env("BRUME_CHANGE", document.to_string());
        match child.spawn() {
            Ok(child) => self.children.push(child),
            Err(error) => context.note(format_args!("warning: --exec cannot be run: {error}")),
        }
    }

    fn reap(&mut self) {
        self.children.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }

    /// Waits for commands that still run.
    fn end(&mut self) {
        for child in &mut self.children {
            // How they end is their own matter.
            let _ = child.wait();
        }
    }
}

async fn sample(cloud: &Cloud, queue: &Queue) -> Result<Sample> {
    let now = cloud.queue(&queue.url).await?;
    let mut sample = Sample { depth: now.depth(), in_flight: now.in_flight(), ..Sample::default() };
    if let Some(page) = cloud.peek(&queue.arn, None).await? {
        let mut groups: BTreeMap<String, (String, u64)> = BTreeMap::new();
        for letter in page.letters {
            let group = groups.entry(letter.fingerprint()).or_insert_with(|| {
                let from = origin(&letter);
                (format!("{from} {}", excerpt(letter.payload(), 60)), 0)
            });
            group.1 += 1;
        }
        sample.groups = Some(groups);
    }
    Ok(sample)
}
