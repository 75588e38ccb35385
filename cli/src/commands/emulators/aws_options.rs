//! Options of `brume up` for the AWS services.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches};

/// The options, as the user and the daemon write them.
const NAMES: [(&str, &str); 4] = [
    ("account", "--account"),
    ("auth", "--auth"),
    ("policy", "--policy"),
    ("durability", "--durability"),
];

/// Describes them.
pub(super) fn arguments() -> [Arg; 4] {
    let option = |name: &'static str, value: &'static str| {
        Arg::new(name).long(name).value_name(value).help_heading("AWS")
    };
    let one_of = |values: [&'static str; 3]| PossibleValuesParser::new(values);
    [
        option("account", "NUMBER")
            .value_parser(check_account)
            .help("Account of callers whose key is no account number [default: 000000000000]"),
        option("auth", "MODE")
            .value_parser(PossibleValuesParser::new(["off", "verify"]))
            .help("Take any signature, or verify it as AWS does [default: off]"),
        option("policy", "MODE")
            .value_parser(one_of(["enforce", "warn", "off"]))
            .help("What to do with what a resource's policy denies [default: enforce]"),
        option("durability", "MODE").value_parser(one_of(["memory", "group", "sync"])).help(
            "What is on disk when a request is answered: nothing for sure, a group of \
                 requests at once, or each by itself [default: group]",
        ),
    ]
}

fn check_account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err(format!("'{text}' is not an account number: it has 12 digits"))
    }
}

/// Those that were given.
pub(super) fn chosen(matches: &ArgMatches) -> Vec<(&'static str, String)> {
    let value = |name| matches.get_one::<String>(name).cloned();
    NAMES.into_iter().filter_map(|(name, option)| Some((option, value(name)?))).collect()
}
