//! From a clap command to the tree that the manifest carries.

use clap::builder::ValueRange;
use clap::{Arg, ArgAction, Command, ValueHint};

use crate::error::{Error, ExitCode, Result};
use crate::global_flags::GLOBAL_FLAGS;
use crate::manifest::{ArgumentTree, CommandTree, Manifest};
use crate::plugin::Plugin;

/// The manifest of a plugin, as all three sources give it.
#[must_use]
pub fn manifest<P: Plugin>() -> Manifest {
    let command = P::command().name(P::NAME);
    Manifest {
        schema: 1,
        name: P::NAME.to_owned(),
        version: P::VERSION.to_owned(),
        about: command.get_about().map(ToString::to_string).unwrap_or_default(),
        abi: format!("{}.{}", brume_abi::ABI_MAJOR, brume_abi::ABI_MINOR),
        min_core: P::MIN_CORE.to_owned(),
        touches: P::TOUCHES.iter().map(|touched| (*touched).to_owned()).collect(),
        command: command_tree(&command),
    }
}

/// Describes `command` and everything below it, without the options that clap adds by itself.
#[must_use]
pub fn command_tree(command: &Command) -> CommandTree {
    CommandTree {
        name: command.get_name().to_owned(),
        about: command.get_about().map(ToString::to_string).unwrap_or_default(),
        long_about: command.get_long_about().map(ToString::to_string).unwrap_or_default(),
        after_help: command
            .get_after_long_help()
            .or_else(|| command.get_after_help())
            .map(ToString::to_string)
            .unwrap_or_default(),
        aliases: command.get_visible_aliases().map(str::to_owned).collect(),
        hidden: command.is_hide_set(),
        arguments: command.get_arguments().map(argument_tree).collect(),
        subcommands: command.get_subcommands().map(command_tree).collect(),
    }
}

fn argument_tree(argument: &Arg) -> ArgumentTree {
    let takes_values = argument.get_action().takes_values();
    let values = match argument.get_value_names() {
        _ if !takes_values => Vec::new(),
        Some(names) => names.iter().map(ToString::to_string).collect(),
        None => vec![argument.get_id().as_str().to_ascii_uppercase()],
    };
    let possible_values = if takes_values {
        let shown = argument.get_possible_values().into_iter().filter(|value| !value.is_hide_set());
        shown.map(|value| value.get_name().to_owned()).collect()
    } else {
        Vec::new()
    };
    ArgumentTree {
        id: argument.get_id().to_string(),
        long: argument.get_long().map(str::to_owned),
        short: argument.get_short(),
        values,
        possible_values,
        value_hint: value_hint(argument.get_value_hint()).to_owned(),
        help: argument.get_help().map(ToString::to_string).unwrap_or_default(),
        repeatable: matches!(argument.get_action(), ArgAction::Append | ArgAction::Count)
            || argument.get_num_args().is_some_and(|range: ValueRange| range.max_values() > 1),
        required: argument.is_required_set(),
        hidden: argument.is_hide_set(),
    }
}

fn value_hint(hint: ValueHint) -> &'static str {
    match hint {
        ValueHint::AnyPath | ValueHint::FilePath | ValueHint::ExecutablePath => "file",
        ValueHint::DirPath => "directory",
        ValueHint::CommandName | ValueHint::CommandString | ValueHint::CommandWithArguments => {
            "command"
        }
        ValueHint::Hostname => "hostname",
        ValueHint::Url => "url",
        _ => "",
    }
}

/// Checks that no command in the tree defines an option that is brume's own.
///
/// # Errors
/// Names the first such option.
pub fn check_reserved(tree: &CommandTree) -> Result<()> {
    for argument in &tree.arguments {
        let clash = GLOBAL_FLAGS.iter().find(|flag| {
            argument.long.as_deref() == Some(flag.long)
                || (flag.short.is_some() && argument.short == flag.short)
        });
        if let Some(flag) = clash {
            let short = flag.short.map(|short| format!(" or -{short}")).unwrap_or_default();
            return Err(Error::new(
                ExitCode::Internal,
                format!("'{}' defines the option --{}{short}", tree.name, flag.long),
            )
            .cause("that option is global: brume takes it out before a plugin sees it"));
        }
    }
    tree.subcommands.iter().try_for_each(check_reserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Command {
        Command::new("ls")
            .about("Lists")
            .arg(Arg::new("file").value_hint(ValueHint::FilePath).num_args(1..))
            .arg(Arg::new("all").short('A').long("all").action(ArgAction::SetTrue).help("All"))
            .arg(Arg::new("sort").long("sort").value_parser(["name", "age"]).value_name("KEY"))
            .subcommand(Command::new("dead").visible_alias("d").hide(true))
    }

    #[test]
    fn a_tree_says_what_clap_knows() {
        let tree = command_tree(&sample());
        assert_eq!((tree.name.as_str(), tree.about.as_str()), ("ls", "Lists"));
        let [file, all, sort] = tree.arguments.as_slice() else { panic!("three arguments") };
        assert_eq!((file.values.as_slice(), file.repeatable), (&["FILE".to_owned()][..], true));
        assert_eq!(file.value_hint, "file");
        assert!(all.values.is_empty() && all.possible_values.is_empty());
        assert_eq!((all.short, all.help.as_str()), (Some('A'), "All"));
        assert_eq!(sort.possible_values, ["name", "age"]);
        let dead = tree.subcommands.first().unwrap();
        assert!(dead.hidden && dead.aliases == ["d"]);
    }

    #[test]
    fn a_global_option_is_not_a_plugins() {
        assert!(check_reserved(&command_tree(&sample())).is_ok());
        let nested = sample().subcommand(
            Command::new("x").arg(Arg::new("name").short('n').action(ArgAction::SetTrue)),
        );
        let error = check_reserved(&command_tree(&nested)).unwrap_err();
        assert_eq!(error.message, "'x' defines the option --namespace or -n");
    }
}
