//! `brume clock`.

use std::time::Duration;

use brume_instance::protocol::{ClockView, Reply, Request};
use brume_plugin::error::Result;
use clap::{Arg, ArgMatches, Command};

use super::{instance, span};
use crate::session::Session;

/// Firing every timer of years takes a while.
const ADVANCE_MAX: Duration = Duration::from_secs(600);

/// Describes the command.
pub fn command() -> Command {
    Command::new("clock")
        .about("Show and move the emulators' clock")
        .long_about(
            "Shows and moves the clock that all emulators of an instance take their time from. \
             Advancing fires everything that falls due on the way, in order.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("show").about("Show what the clock says").arg(instance::argument()),
        )
        .subcommand(
            Command::new("advance")
                .about("Push the clock forward")
                .arg(
                    Arg::new("span")
                        .value_name("DURATION")
                        .required(true)
                        .value_parser(span::parse)
                        .help("30s, 12h, 14d, 2w, 1d12h"),
                )
                .arg(instance::argument()),
        )
        .subcommand(Command::new("freeze").about("Stop the clock").arg(instance::argument()))
        .subcommand(Command::new("resume").about("Let the clock run on").arg(instance::argument()))
}

/// Does it and prints what the clock shows then.
///
/// # Errors
/// The instance is not running.
pub fn run(matches: &ArgMatches, session: &Session) -> Result<u8> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(0) };
    let request = match name {
        "advance" => {
            let milliseconds = matches.get_one("span").copied().unwrap_or_default();
            Request::ClockAdvance { milliseconds }
        }
        "freeze" => Request::ClockFreeze,
        "resume" => Request::ClockResume,
        _ => Request::ClockShow,
    };
    let paths = instance::chosen(session, matches)?;
    let view = match instance::ask_for(&paths, &request, ADVANCE_MAX)? {
        Reply::Clock(view) => view,
        other => return Err(instance::unexpected(&other)),
    };
    if let Request::ClockAdvance { .. } = request {
        let timers = if view.fired == 1 { "timer" } else { "timers" };
        session.notice(&format!("{} {timers} fired.", view.fired));
    }
    session.print(&view, |view| format!("{}\n", describe(view)))?;
    Ok(0)
}

/// What a clock shows, in one line.
pub(super) fn describe(view: &ClockView) -> String {
    // Rounded: the moment that it takes to look must not turn 14 days into 13.
    let distance_ms = view.ahead_ms.unsigned_abs();
    let step_ms = if distance_ms >= 3_600_000 { 60_000 } else { 1_000 };
    let distance_ms = distance_ms.saturating_add(step_ms / 2) / step_ms * step_ms;
    let distance = match view.ahead_ms {
        -1_000..1_000 => "real time".to_owned(),
        1_000.. => format!("{} ahead", span::format(distance_ms)),
        _ => format!("{} behind", span::format(distance_ms)),
    };
    let frozen = if view.frozen { ", frozen" } else { "" };
    format!("{} ({distance}{frozen})", view.now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_it_stands() {
        let view = |ahead_ms, frozen| ClockView {
            now: "2026-01-01T00:00:00.000Z".to_owned(),
            ahead_ms,
            frozen,
            ..ClockView::default()
        };
        let lines = [view(3, false), view(86_375_000, false), view(-90_000, true)];
        let text = lines.map(|view| describe(&view)).join("\n");
        insta::assert_snapshot!(text, @r"
        2026-01-01T00:00:00.000Z (real time)
        2026-01-01T00:00:00.000Z (1d0h ahead)
        2026-01-01T00:00:00.000Z (1m30s behind, frozen)
        ");
    }
}
