//! Layers, origins, complaints and edits of the configuration.

use super::*;
use crate::config::edit::Editor;

fn parse(text: &str) -> Result<Config> {
    file::parse(Path::new("/config.toml"), text, Owner::User)
}

fn complaint(text: &str) -> String {
    let error = parse(text).unwrap_err();
    format!("{}\nhint: {}", error.message, error.hints.join("\nhint: "))
}

#[test]
fn broken_toml_is_pointed_at() {
    insta::assert_snapshot!(complaint("output = \"json\"\ncolor auto\n"), @r"
    /config.toml:2:7: key with no value, expected `=`
     2 | color auto
       |       ^
    hint: brume config edit
    ");
}

#[test]
fn unknown_keys_name_the_nearest() {
    insta::assert_snapshot!(complaint("[context.dev]\nregoin = \"eu-west-1\"\n"), @r#"
    /config.toml:2:1: unknown key 'regoin' in a context
     2 | regoin = "eu-west-1"
       | ^^^^^^
    hint: did you mean 'region'?
    hint: brume config edit
    "#);
    insta::assert_snapshot!(complaint("[plugins]\nzzz = 1\n"), @r"
    /config.toml:2:1: unknown key 'zzz' in [plugins]
     2 | zzz = 1
       | ^^^
    hint: known keys: path
    hint: brume config edit
    ");
}

#[test]
fn wrong_types_and_values_are_refused() {
    insta::assert_snapshot!(complaint("color = \"blue\"\n"), @r#"
    /config.toml:1:9: 'color' must be one of: auto, always, never
     1 | color = "blue"
       |         ^^^^^^
    hint: brume config edit
    "#);
    insta::assert_snapshot!(complaint("[context.dev]\nprotected = \"yes\"\n"), @r#"
    /config.toml:2:13: 'protected' must be true or false
     2 | protected = "yes"
       |             ^^^^^
    hint: brume config edit
    "#);
    insta::assert_snapshot!(complaint("request-timeout = \"x\"\n"), @r#"
    /config.toml:1:19: 'request-timeout' is wrong: 'x' is not a duration: use 30s, 1m30s, 500ms or 0
     1 | request-timeout = "x"
       |                   ^^^
    hint: brume config edit
    "#);
    insta::assert_snapshot!(complaint("context = 3\n"), @r"
    /config.toml:1:11: 'context' must be a table
     1 | context = 3
       |           ^
    hint: brume config edit
    ");
    insta::assert_snapshot!(complaint("[context.local]\n"), @r"
    /config.toml:1:10: 'local' is a name that brume keeps for itself
     1 | [context.local]
       |          ^^^^^
    hint: brume config edit
    ");
}

#[test]
fn a_project_may_not_name_what_is_executed() {
    let path = Path::new("/p/brume.toml");
    for text in ["[plugins]\npath = true\n", "[context.a]\nkubeconfig = \"/p/evil\"\n"] {
        let error = file::parse(path, text, Owner::Project).unwrap_err();
        assert!(error.message.contains("may not be set by a project's file"), "{error}");
    }
}

#[test]
fn later_layers_win_and_origins_follow() {
    let folder = tempfile::tempdir().unwrap();
    let user = folder.path().join("config.toml");
    let project = folder.path().join("brume.toml");
    std::fs::write(
        &user,
        "current-context = \"a\"\noutput = \"yaml\"\n\
         [context.a]\nregion = \"r1\"\nprotected = true\n",
    )
    .unwrap();
    std::fs::write(
        &project,
        "current-context = \"b\"\n[context.a]\nregion = \"r2\"\nprotected = false\n",
    )
    .unwrap();
    let environment = Environment::fixed([("BRUME_COLOR", "never"), ("BRUME_OUTPUT", "")]);
    let flags = GlobalFlags { request_timeout_ms: Some(3000), ..GlobalFlags::default() };
    let config = load(&Sources {
        user: &user,
        project: Some(&project),
        environment: &environment,
        flags: &flags,
    })
    .unwrap();
    let origin = |key: &str| config.settings[key].origin.to_string();
    assert_eq!(config.text("current-context"), Some("b"));
    assert_eq!(origin("current-context"), format!("{}:1", project.display()));
    assert_eq!(origin("output"), format!("{}:2", user.display()));
    assert_eq!(origin("color"), "$BRUME_COLOR");
    assert_eq!(origin("request-timeout"), "--request-timeout");
    let context = config.context("a").unwrap();
    assert_eq!(context.text("region"), Some("r2"));
    assert!(context.switch("protected"), "a project cannot take protection away");
}

#[test]
fn an_unknown_context_gets_its_nearest_and_a_way_to_make_it() {
    let config = parse("[context.staging]\n").unwrap();
    let error = config.context("stagign").unwrap_err();
    assert_eq!(error.hints[0], "did you mean 'staging'?");
    assert_eq!(error.code.number(), 5);
}

#[test]
fn edits_keep_comments() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(
        &path,
        "# mine\ncurrent-context = \"a\" # why\n\n\
         [context.a] # the first\n# here\nregion = \"r1\" # old\n",
    )
    .unwrap();
    let mut editor = Editor::open(&path).unwrap();
    editor.set_current_context(Some("b"));
    editor.set_context("a", &[("region", Some(Scalar::Text("r2".to_owned())))]).unwrap();
    editor.set_context("b", &[("protected", Some(Scalar::Boolean(true)))]).unwrap();
    editor.save().unwrap();
    insta::assert_snapshot!(std::fs::read_to_string(&path).unwrap(), @r#"
    # mine
    current-context = "b" # why

    [context.a] # the first
    # here
    region = "r2" # old

    [context.b]
    protected = true
    "#);

    let mut editor = Editor::open(&path).unwrap();
    editor.rename_context("a", "c").unwrap();
    editor.delete_context("b").unwrap();
    assert_eq!(
        editor.delete_context("zz").unwrap_err().code,
        brume_plugin::error::ExitCode::NotFound
    );
    assert!(editor.set_context("local", &[]).is_err());
    editor.save().unwrap();
    let config = file::read(&path, Owner::User).unwrap();
    assert_eq!(config.contexts.keys().collect::<Vec<_>>(), ["c"]);
    assert_eq!(config.context("c").unwrap().text("region"), Some("r2"));
}

#[test]
fn a_broken_file_is_never_edited() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, "current-context = \n").unwrap();
    assert!(Editor::open(&path).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "current-context = \n");
}

#[test]
fn context_names_of_clusters_are_fine() {
    for name in ["arn:aws:eks:eu-west-1:1:cluster/a", "kind-dev", "gke_p_z_c", "me@dev"] {
        assert!(check_context_name(name).is_ok(), "{name}");
    }
    for name in ["", "-x", "a b", "local", "ambient", "a\nb"] {
        assert!(check_context_name(name).is_err(), "{name:?}");
    }
}
