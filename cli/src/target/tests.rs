//! Which source wins, and what flags do to a target.

use super::*;
use crate::config::file::{self, Owner};
use crate::config::{from_environment, from_flags};

const FILE: &str = r#"
current-context = "shop"

[context.shop]
kube-context = "kind-shop"
kubeconfig = "~/.kube/shop"
namespace = "team"
aws-profile = "shop"
region = "eu-west-1"
endpoint-urls = { sqs = "http://q" }
argocd-server = "argo:443"
protected = true

[context.mist]
emulator = "second"
region = "eu-west-3"
"#;

fn config(text: &str, flags: &GlobalFlags, environment: &Environment) -> Config {
    let mut config = file::parse(std::path::Path::new("/config.toml"), text, Owner::User).unwrap();
    config.overlay(from_environment(environment));
    config.overlay(from_flags(flags));
    config
}

/// What is chosen, as `kind name instance`.
#[track_caller]
fn chosen(text: &str, flags: &GlobalFlags, variables: &[(&str, &str)]) -> String {
    let environment = Environment::fixed(variables.iter().copied());
    let config = config(text, flags, &environment);
    match choose(flags, &config, &environment) {
        Ok(Choice::Ambient) => "ambient".to_owned(),
        Ok(Choice::Context(name, _)) => format!("context {name}"),
        Ok(Choice::Emulator(name, instance, _)) => format!("emulator {name} {instance}"),
        Err(error) => error.message,
    }
}

fn context(name: &str) -> GlobalFlags {
    GlobalFlags { context: Some(name.to_owned()), ..GlobalFlags::default() }
}

#[test]
fn the_first_source_wins() {
    let none = GlobalFlags::default();
    let local = GlobalFlags { local: true, ..GlobalFlags::default() };
    type Row<'a> = (&'a str, &'a GlobalFlags, &'a [(&'a str, &'a str)], &'a str);
    let table: [Row<'_>; 10] = [
        ("", &none, &[], "ambient"),
        (FILE, &none, &[], "context shop"),
        (FILE, &none, &[("BRUME_CONTEXT", "mist")], "emulator mist second"),
        (FILE, &none, &[("BRUME_CONTEXT", "ambient")], "ambient"),
        (FILE, &context("shop"), &[("BRUME_CONTEXT", "mist")], "context shop"),
        (FILE, &context("ambient"), &[], "ambient"),
        (FILE, &context("local"), &[], "emulator local default"),
        (FILE, &local, &[("BRUME_CONTEXT", "shop")], "emulator local default"),
        (FILE, &local, &[("BRUME_INSTANCE", "third")], "emulator local third"),
        (FILE, &context("shpo"), &[], "there is no context 'shpo'"),
    ];
    for (text, flags, variables, expected) in table {
        assert_eq!(chosen(text, flags, variables), expected, "{flags:?} {variables:?}");
    }
    let both = GlobalFlags { local: true, ..context("shop") };
    assert_eq!(chosen(FILE, &both, &[]), "--local and --context contradict each other");
}

#[test]
fn flags_refine_a_context() {
    let environment = Environment::fixed([("HOME", "/home/u")]);
    let flags = GlobalFlags {
        namespace: Some("other".to_owned()),
        endpoint_url: Some("http://e".to_owned()),
        ..GlobalFlags::default()
    };
    let config = config(FILE, &GlobalFlags::default(), &environment);
    let shop = config.context("shop").unwrap();

    let plain = real("shop", Some(shop), &GlobalFlags::default(), &environment);
    assert_eq!(plain.kubernetes.kubeconfig, [PathBuf::from("/home/u/.kube/shop")]);
    assert_eq!(plain.kubernetes.namespace.as_deref(), Some("team"));
    assert_eq!(plain.aws.endpoint_urls["sqs"], "http://q");
    assert_eq!(plain.argocd.server.as_deref(), Some("argo:443"));
    assert!(plain.protected);

    let refined = real("shop", Some(shop), &flags, &environment);
    assert_eq!(refined.kubernetes.namespace.as_deref(), Some("other"));
    assert_eq!(refined.aws.endpoint_url.as_deref(), Some("http://e"));
    assert!(refined.aws.endpoint_urls.is_empty(), "--endpoint-url is for every service");
}

#[test]
fn flags_that_name_real_things_do_not_go_with_an_emulator() {
    let flags = GlobalFlags { profile: Some("prod".to_owned()), ..GlobalFlags::default() };
    let error = check_emulated(&flags, "local").unwrap_err();
    assert_eq!(error.code.number(), 2);
    assert!(error.message.starts_with("--profile "), "{error}");
}

#[test]
fn the_instance_of_lifecycle_commands_follows_the_context() {
    let none = GlobalFlags::default();
    for (flags, variables, expected) in [
        (&none, vec![], "default"),
        (&none, vec![("BRUME_INSTANCE", "x")], "x"),
        (&context("mist"), vec![("BRUME_INSTANCE", "x")], "second"),
    ] {
        let environment = Environment::fixed(variables);
        let config = config(FILE, flags, &environment);
        assert_eq!(default_instance(&config, &environment), expected);
    }
}
