//! brume(1): commands, plugins, global options, files.

use brume_cli::commands::help::TOPICS;
use brume_cli::commands::{BUILT_INS, Group};
use brume_cli::environment::VARIABLES;
use brume_plugin::global_flags::{GLOBAL_FLAGS, Takes};
use brume_plugin::manifest::Manifest;
use roff::{Roff, bold, italic, roman};

use super::command::{item, see_also};

/// What brume is, in the words of the page.
const DESCRIPTION: &str = "Runs commands on Kubernetes, AWS and Snowflake, or on bundled emulators \
                           of them: the same command, with or without --local. Commands are built \
                           in or come from plugins.";

/// Where a command goes.
const TARGETS: &str = "A command goes to the first of these that is given: --local; --context; \
                       the variable BRUME_CONTEXT; the key current-context of a project's \
                       brume.toml or of the user's config.toml; and last what kubectl, aws and \
                       snow would use by themselves, which is called ambient.";

/// Renders the page.
pub fn page(manifests: &[Manifest]) -> String {
    let mut roff = Roff::new();
    roff.control("SH", ["NAME"]);
    roff.text([roman("brume - one command line for clouds, real or emulated")]);
    roff.control("SH", ["SYNOPSIS"]);
    roff.text([bold("brume"), roman(" ["), italic("OPTIONS"), roman("] "), italic("COMMAND")]);
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([roman(DESCRIPTION)]);
    if !manifests.is_empty() {
        roff.control("SH", ["PLUGINS"]);
        for manifest in manifests {
            row(&mut roff, &manifest.name, &manifest.about);
        }
    }
    for (heading, group) in [
        ("EMULATORS", Group::Emulators),
        ("CONFIGURATION", Group::Configuration),
        ("ABOUT BRUME", Group::Brume),
    ] {
        roff.control("SH", [heading]);
        for built_in in BUILT_INS.iter().filter(|built_in| built_in.group == group) {
            let about = (built_in.command)().get_about().map(ToString::to_string);
            row(&mut roff, built_in.name, &about.unwrap_or_default());
        }
    }
    options(&mut roff);
    roff.control("SH", ["TARGETS"]);
    roff.text([roman(TARGETS)]);
    roff.control("SH", ["TOPICS"]);
    for topic in TOPICS {
        item(&mut roff, vec![bold(format!("brume help {}", topic.name))], &sentence(topic.about));
    }
    roff.control("SH", ["ENVIRONMENT"]);
    for variable in VARIABLES {
        item(&mut roff, vec![bold(variable.name)], variable.meaning);
    }
    roff.control("SH", ["EXIT STATUS"]);
    roff.text([
        roman("0 when it worked; the others are listed in "),
        bold("brume-exit-codes"),
        roman("(7)."),
    ]);
    let pages = ["brume-config(5)", "brume-plugin(7)", "brume-exit-codes(7)"];
    see_also(&mut roff, &pages);
    super::finish("brume", "1", super::VERSION, &roff)
}

fn row(roff: &mut Roff, name: &str, about: &str) {
    let term = vec![bold(format!("brume {name}"))];
    item(roff, term, &format!("{} See brume-{name}(1).", sentence(about)));
}

fn options(roff: &mut Roff) {
    roff.control("SH", ["OPTIONS"]);
    roff.text([roman("They may stand anywhere before "), bold("--"), roman(".")]);
    for flag in GLOBAL_FLAGS {
        let mut term = Vec::new();
        if let Some(short) = flag.short {
            term.extend([bold(format!("-{short}")), roman(", ")]);
        }
        term.push(bold(format!("--{}", flag.long)));
        match flag.takes {
            Takes::Nothing => {}
            Takes::Value => term.extend([roman(" "), italic(flag.value)]),
            Takes::OptionalValue => term.extend([roman("[="), italic(flag.value), roman("]")]),
        }
        item(roff, term, &sentence(flag.help));
    }
    let help = vec![bold("-h"), roman(", "), bold("--help")];
    item(roff, help, "Print help; after a command, its own.");
    let version = vec![bold("-V"), roman(", "), bold("--version")];
    item(roff, version, "Print the version.");
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}
