//! What the daemon is told on its command line.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use brume_directories::Directories;
use brume_edge::Auth;
use brume_foundation::journal::Durability;
use brume_foundation::ports::PortPolicy;
use brume_instance::{Error, InstanceName, InstancePaths, Result};
use brume_policy::Account;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::aws::AwsOptions;

/// How the process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Starts a detached daemon, tells when it is ready, and ends.
    Launch,
    /// Is that daemon: in a session of its own; one line of JSON on standard output when ready.
    Detached,
    /// Stays with the terminal or the service manager that started it.
    Foreground,
}

/// The arguments, checked.
#[derive(Clone, Debug)]
pub struct Options {
    /// How the process runs.
    pub mode: Mode,
    /// Where the files of the instance are.
    pub paths: InstancePaths,
    /// State in memory only.
    pub is_ephemeral: bool,
    /// Damaged state is moved aside instead of being an error.
    pub repair: bool,
    /// Services by the names that were typed; empty means all there are.
    pub services: Vec<String>,
    /// Ports of services that have none of their own in `ports`.
    pub port_policy: PortPolicy,
    /// Ports asked for by number.
    pub ports: BTreeMap<String, u16>,
    /// Ends when standard input is closed: then whoever started us is gone.
    pub is_leashed: bool,
    /// Seed of the services' randomness; drawn when absent.
    pub seed: Option<u64>,
    /// What the AWS services are told.
    pub aws: AwsOptions,
}

/// Describes the command line.
#[must_use]
pub fn command() -> Command {
    let path = || value_parser!(PathBuf);
    Command::new("brume-emulators")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Hosts brume's emulators; `brume up` starts it")
        .arg(Arg::new("services").value_name("SERVICE").num_args(0..).help("Services; default all"))
        .arg(
            Arg::new("instance")
                .long("instance")
                .value_name("NAME")
                .default_value("default")
                .value_parser(|text: &str| text.parse::<InstanceName>())
                .help("Name of the instance"),
        )
        .arg(
            Arg::new("state")
                .long("state")
                .value_name("DIR")
                .value_parser(path())
                .help("Folder for this instance's state"),
        )
        .arg(
            Arg::new("runtime")
                .long("runtime")
                .value_name("DIR")
                .value_parser(path())
                .help("Folder for this instance's lock, endpoint document and control socket"),
        )
        .arg(flag("ephemeral").help("Keeps state in memory only"))
        .arg(flag("repair").help("Moves damaged files aside, keeps what precedes the damage"))
        .arg(
            Arg::new("port-base")
                .long("port-base")
                .value_name("N")
                .value_parser(value_parser!(u16))
                .help("First port to try; 0 takes free ports. With CI=true, 0 is the default"),
        )
        .arg(
            Arg::new("port")
                .long("port")
                .value_name("SERVICE=N")
                .action(ArgAction::Append)
                .value_parser(parse_port)
                .help("Port of one service, or an error; 0 takes a free one"),
        )
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .value_parser(value_parser!(u64))
                .help("Seed of the services' randomness"),
        )
        .arg(
            Arg::new("account")
                .long("account")
                .value_name("NUMBER")
                .value_parser(|text: &str| text.parse::<Account>())
                .help("AWS account of callers whose key is no account number"),
        )
        .arg(one_of("auth", ["off", "verify"]).help("Whether AWS signatures are verified"))
        .arg(
            one_of("policy", ["enforce", "warn", "off"])
                .help("What to do with what the policy of an AWS resource denies"),
        )
        .arg(
            one_of("durability", ["group", "memory", "sync"])
                .help("What is on disk when an AWS request is answered"),
        )
        .arg(flag("foreground").help("Stays with the terminal").conflicts_with("detached"))
        .arg(flag("detached").hide(true))
        .arg(flag("leash").hide(true).help("Ends when standard input, a pipe, is closed"))
}

fn flag(name: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue)
}

/// An option with a few values, the first one being the default.
fn one_of<const COUNT: usize>(name: &'static str, values: [&'static str; COUNT]) -> Arg {
    let default = values.first().copied().unwrap_or_default();
    Arg::new(name)
        .long(name)
        .value_name("MODE")
        .default_value(default)
        .value_parser(PossibleValuesParser::new(values))
}

fn parse_port(text: &str) -> std::result::Result<(String, u16), String> {
    let wrong = || format!("`{text}` is not SERVICE=PORT");
    let (service, port) = text.split_once('=').ok_or_else(wrong)?;
    Ok((service.to_owned(), port.parse().map_err(|_| wrong())?))
}

impl Options {
    /// Interprets what was typed, with the environment.
    ///
    /// # Errors
    /// No folder was named and the environment does not tell where it would be.
    pub fn from_matches(
        matches: &ArgMatches,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self> {
        let is = |name: &str| matches.get_flag(name);
        let name = matches.get_one::<InstanceName>("instance").cloned().unwrap_or_default();
        let state = matches.get_one::<PathBuf>("state").cloned();
        let runtime = matches.get_one::<PathBuf>("runtime").cloned();
        let mut paths = match (state, runtime) {
            (Some(state), Some(runtime)) => InstancePaths { name, state, runtime },
            (state, runtime) => {
                let directories = Directories::find(&variable)
                    .map_err(|error| Error::failed(error.to_string()).hint(error.hint()))?;
                let found = InstancePaths::new(&directories.state, &directories.runtime, &name);
                InstancePaths {
                    name,
                    state: state.unwrap_or(found.state),
                    runtime: runtime.unwrap_or(found.runtime),
                }
            }
        };
        // The daemon leaves the folder that it was started in.
        for path in [&mut paths.state, &mut paths.runtime] {
            *path = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
        }
        let mode = match (is("foreground"), is("detached")) {
            (true, _) => Mode::Foreground,
            (_, true) => Mode::Detached,
            _ => Mode::Launch,
        };
        let is_ci = variable("CI").is_some_and(|value| value == "true");
        let port_policy = match matches.get_one::<u16>("port-base") {
            Some(0) => PortPolicy::Random,
            None if is_ci => PortPolicy::Random,
            Some(&base) => PortPolicy::Base(base),
            None => PortPolicy::Preferred,
        };
        let text = |name| matches.get_one::<String>(name).map_or("", String::as_str);
        let strings = |name| matches.get_many::<String>(name).into_iter().flatten().cloned();
        let ports = matches.get_many::<(String, u16)>("port").into_iter().flatten().cloned();
        Ok(Self {
            mode,
            paths,
            is_ephemeral: is("ephemeral"),
            repair: is("repair"),
            services: strings("services").collect(),
            port_policy,
            ports: ports.collect(),
            is_leashed: is("leash"),
            seed: matches.get_one("seed").copied(),
            aws: AwsOptions {
                account: matches.get_one("account").copied().unwrap_or_default(),
                auth: match text("auth") {
                    "verify" => Auth::Verify,
                    _ => Auth::Off,
                },
                policy: text("policy").parse().unwrap_or_default(),
                durability: match text("durability") {
                    "memory" => Durability::None,
                    "sync" => Durability::Sync,
                    _ => Durability::Group,
                },
            },
        })
    }

    /// All services, in folders that are not there.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        let arguments = ["brume-emulators", "--state", "/nowhere", "--runtime", "/nowhere"];
        let matches = command().try_get_matches_from(arguments).expect("valid arguments");
        Self::from_matches(&matches, |_| None).expect("valid options")
    }
}

#[cfg(test)]
mod tests {
    use brume_broker::PolicyMode;

    use super::*;

    fn parse(arguments: &[&str], variables: &[(&str, &str)]) -> Options {
        let words = ["brume-emulators"].iter().chain(arguments);
        let matches = command().try_get_matches_from(words).expect("valid arguments");
        let variable = |name: &str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        Options::from_matches(&matches, variable).expect("valid options")
    }

    const HOME: (&str, &str) = ("HOME", "/home/a");

    #[test]
    fn defaults() {
        let options = parse(&[], &[HOME]);
        assert_eq!(options.mode, Mode::Launch);
        assert_eq!(options.port_policy, PortPolicy::Preferred);
        assert_eq!(options.paths.state, PathBuf::from("/home/a/.local/state/brume/default"));
    }

    #[test]
    fn ports_are_random_in_ci_unless_told_otherwise() {
        let ci = [HOME, ("CI", "true")];
        assert_eq!(parse(&[], &ci).port_policy, PortPolicy::Random);
        assert_eq!(parse(&["--port-base", "7000"], &ci).port_policy, PortPolicy::Base(7_000));
        let options = parse(&["--port", "kubernetes=6443", "--port-base=0"], &[HOME]);
        assert_eq!(options.ports, BTreeMap::from([("kubernetes".to_owned(), 6_443)]));
        assert_eq!(options.port_policy, PortPolicy::Random);
    }

    #[test]
    fn aws_services_have_options() {
        assert_eq!(parse(&[], &[HOME]).aws, AwsOptions::default());
        let options = parse(
            &["--account=123456789012", "--auth=verify", "--policy=warn", "--durability=memory"],
            &[HOME],
        );
        assert_eq!(options.aws.account.as_str(), "123456789012");
        assert_eq!(options.aws.auth, Auth::Verify);
        assert_eq!(options.aws.policy, PolicyMode::Warn);
        assert_eq!(options.aws.durability, Durability::None);
    }

    #[test]
    fn wrong_arguments_are_refused() {
        for wrong in [
            &["--instance", "../x"][..],
            &["--port", "kubernetes"],
            &["--port", "kubernetes=70000"],
            &["--port-base", "x"],
            &["--foreground", "--detached"],
            &["--account", "12345"],
            &["--auth", "maybe"],
        ] {
            let words = ["brume-emulators"].iter().chain(wrong);
            assert!(command().try_get_matches_from(words).is_err(), "{wrong:?}");
        }
    }
}
