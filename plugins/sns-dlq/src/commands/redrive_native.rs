//! `redrive --native`: StartMessageMoveTask, and the wait for its end.

use std::time::Duration;

use brume_plugin::clap::ArgMatches;
use brume_plugin::invocation::DryRun;
use brume_plugin::{Context, Error, Result, Risk};

use crate::cloud::Cloud;
use crate::cloud::queues::Queue;

/// Pause between two looks at the task.
const PAUSE: Duration = Duration::from_millis(500);

/// Most messages a second that SQS takes.
const RATE_MAX: f64 = 500.0;

/// Starts the task and waits for its end; Ctrl-C leaves it running.
pub(super) fn run(
    matches: &ArgMatches,
    cloud: &Cloud,
    queue: &Queue,
    context: &mut Context<'_>,
) -> Result<()> {
    let rate = matches.get_one::<f64>("rate").copied();
    if rate.is_some_and(|rate| !(1.0..=RATE_MAX).contains(&rate)) {
        return Err(Error::usage("with --native, --rate is a number from 1 to 500"));
    }
    let destination = match matches.get_one::<String>("to").map(String::as_str) {
        None | Some("source" | "failed") => None,
        Some("endpoint" | "topic") => {
            return Err(Error::usage("SQS moves messages to queues only")
                .hint("repeat the command without --native"));
        }
        Some(other) => Some(cloud.block_on(cloud.find_queue(other))?.arn),
    };
    context.confirm(Risk::Change, &format!("have SQS move all messages of '{}'", queue.name()))?;
    if context.invocation().dry_run != DryRun::None {
        let count = queue.depth();
        context.note(format_args!("dry run: SQS would move about {count} messages"));
        return Ok(());
    }
    #[allow(clippy::cast_possible_truncation)] // 1 to 500
    let rate = rate.map(|rate| rate as i32);
    let moved = context.with_progress("SQS is moving the messages", |progress| {
        cloud.block_on(async {
            let request = cloud.sqs().start_message_move_task().source_arn(&queue.arn);
            let request = request.set_destination_arn(destination.clone());
            let started = request.set_max_number_of_messages_per_second(rate).send().await;
            started.map_err(|error| {
                let action = format!("have SQS move the messages of '{}'", queue.name());
                cloud
                    .aws()
                    .failure(action, error)
                    .cause("SQS moves only what a queue's RedrivePolicy brought here")
                    .hint("repeat the command without --native")
            })?;
            loop {
                let request = cloud.sqs().list_message_move_tasks().source_arn(&queue.arn);
                let answer =
                    request.max_results(1).send().await.map_err(|error| {
                        cloud.aws().failure("read the state of the move", error)
                    })?;
                let Some(task) = answer.results().first() else {
                    return Err(Error::failed("SQS does not know the move any more"));
                };
                let moved = task.approximate_number_of_messages_moved();
                match task.status().unwrap_or_default() {
                    "RUNNING" | "CANCELLING" => {}
                    "COMPLETED" => return Ok(moved),
                    other => {
                        let error = Error::failed(format!("the move ended as {other}"));
                        return Err(match task.failure_reason() {
                            Some(reason) => error.cause(reason),
                            None => error,
                        });
                    }
                }
                progress.update(format_args!("SQS is moving the messages: {moved} so far"));
                tokio::time::sleep(PAUSE).await;
            }
        })
    })?;
    context.note(format_args!("SQS moved {moved} messages"));
    Ok(())
}
