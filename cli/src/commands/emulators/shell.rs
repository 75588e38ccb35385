//! Variables in the form of each shell and tool.

use std::collections::BTreeMap;

use clap::ValueEnum;

/// A form of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
    /// bash and every other POSIX shell
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    #[value(alias = "pwsh")]
    Powershell,
    /// A file of KEY="value" lines
    Dotenv,
    /// A JSON object
    Json,
    /// GitHub Actions
    Github,
}

impl Shell {
    /// What sets the variables.
    pub(super) fn set(self, variables: &BTreeMap<String, String>) -> String {
        if self == Self::Json {
            let text = serde_json::to_string_pretty(variables).unwrap_or_default();
            return format!("{text}\n");
        }
        variables.iter().map(|(name, value)| self.set_one(name, value)).collect()
    }

    /// What removes them.
    pub(super) fn unset(self, names: &[String]) -> String {
        if self == Self::Json {
            let nulls = names.iter().map(|name| (name, ())).collect::<BTreeMap<_, _>>();
            return format!("{}\n", serde_json::to_string_pretty(&nulls).unwrap_or_default());
        }
        names.iter().map(|name| self.unset_one(name)).collect()
    }

    fn set_one(self, name: &str, value: &str) -> String {
        match self {
            Self::Bash | Self::Zsh => format!("export {name}={}\n", posix(value)),
            Self::Fish => format!("set -gx {name} {}\n", fish(value)),
            Self::Powershell => format!("$Env:{name} = '{}'\n", value.replace('\'', "''")),
            Self::Dotenv | Self::Json => format!("{name}={}\n", double_quoted(value)),
            Self::Github if value.contains('\n') => {
                // The end mark must not occur in the value.
                let mark = (0..).map(|n| format!("BRUME_{n}")).find(|mark| !value.contains(mark));
                let mark = mark.unwrap_or_default();
                format!("{name}<<{mark}\n{value}\n{mark}\n")
            }
            Self::Github => format!("{name}={value}\n"),
        }
    }

    fn unset_one(self, name: &str) -> String {
        match self {
            Self::Bash | Self::Zsh => format!("unset {name}\n"),
            Self::Fish => format!("set -e {name}\n"),
            Self::Powershell => {
                format!("Remove-Item -ErrorAction SilentlyContinue Env:{name}\n")
            }
            Self::Dotenv | Self::Json | Self::Github => format!("{name}=\n"),
        }
    }
}

/// Quotes for a POSIX shell: nothing is special between single quotes but the single quote.
fn posix(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// Quotes for fish, where a backslash is special between single quotes as well.
fn fish(value: &str) -> String {
    format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
}

fn double_quoted(value: &str) -> String {
    let escaped =
        value.replace('\\', r"\\").replace('"', "\\\"").replace('$', r"\$").replace('\n', r"\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form() {
        let variables = BTreeMap::from([("A".to_owned(), r#"it's a "$x\y""#.to_owned())]);
        let all = [
            Shell::Bash,
            Shell::Zsh,
            Shell::Fish,
            Shell::Powershell,
            Shell::Dotenv,
            Shell::Json,
            Shell::Github,
        ];
        let text: String =
            all.map(|shell| shell.set(&variables) + &shell.unset(&["A".to_owned()])).concat();
        insta::assert_snapshot!(text, @r#"
        export A='it'\''s a "$x\y"'
        unset A
        export A='it'\''s a "$x\y"'
        unset A
        set -gx A 'it\'s a "$x\\y"'
        set -e A
        $Env:A = 'it''s a "$x\y"'
        Remove-Item -ErrorAction SilentlyContinue Env:A
        A="it's a \"\$x\\y\""
        A=
        {
          "A": "it's a \"$x\\y\""
        }
        {
          "A": null
        }
        A=it's a "$x\y"
        A=
        "#);
    }

    #[test]
    fn posix_quoting_survives_a_shell() {
        let value = "a'b\"c $d `e` \\f \n g";
        let script = format!("{}printf %s \"$A\"", Shell::Bash.set_one("A", value));
        let output = std::process::Command::new("sh").arg("-c").arg(script).output();
        assert_eq!(String::from_utf8_lossy(&output.expect("a shell").stdout), value);
    }
}
