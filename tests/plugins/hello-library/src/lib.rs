//! The smallest useful plugin: `brume hello [NAME]` greets, and says where it would go.

use std::io::Write as _;

use brume_plugin::clap::{Arg, ArgAction, ArgMatches, Command};
use brume_plugin::{Candidate, Context, Plugin, Result, Risk};

/// The plugin: a type without content, because everything that a run needs is in its context.
#[derive(Debug)]
pub struct Hello;

impl Plugin for Hello {
    const NAME: &'static str = "hello";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TOUCHES: &'static [&'static str] = &[];

    fn command() -> Command {
        Command::new(Self::NAME)
            .about("Greet somebody")
            .arg(Arg::new("name").value_name("NAME").default_value("world").help("Who is greeted"))
            .arg(
                Arg::new("erase")
                    .long("erase")
                    .action(ArgAction::SetTrue)
                    .help("Pretend to change something, to show how brume asks"),
            )
    }

    fn run(matches: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
        let name = matches.get_one::<String>("name").map_or("world", String::as_str);
        if matches.get_flag("erase") {
            // Names a real target on stderr, asks where that is called for, minds `--yes`.
            context.confirm(Risk::Destroy, &format!("forget {name}"))?;
        }
        let target = &context.target().name;
        // Data goes to stdout, everything else to stderr; both belong to the context.
        match context.format() {
            Some("json") => {
                let document = brume_plugin::serde_json::json!({ "hello": name, "target": target });
                writeln!(context.stdout(), "{document}")?;
            }
            _ => writeln!(context.stdout(), "Hello, {name}, from {target}.")?,
        }
        Ok(())
    }

    fn complete(_: &[String], _: &mut Context<'_>) -> Vec<Candidate> {
        [("moon", "the near one"), ("world", "the usual one")]
            .map(|(value, description)| Candidate {
                value: value.to_owned(),
                description: description.to_owned(),
            })
            .into()
    }
}

brume_plugin::export_plugin!(Hello);
