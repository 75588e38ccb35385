//! Every key of the configuration: one table, read by the parser, the commands and the manual.

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A duration such as `30s`.
    Duration,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A table from service name to URL.
    Addresses,
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As it is written in the file.
    pub name: &'static str,
    /// What its value must be.
    pub kind: Kind,
    /// Whether a project's `brume.toml` may hold it. A project is other people's text: it may
    /// choose among targets, never name something that is executed.
    pub in_project: bool,
    /// One line for the manual page.
    pub about: &'static str,
}

/// Keys at the top of the file.
pub static TOP: &[Key] = &[
    Key {
        name: "current-context",
        kind: Kind::Text,
        in_project: true,
        about: "Context to use when neither a flag nor BRUME_CONTEXT names one.",
    },
    Key {
        name: "output",
        kind: Kind::Text,
        in_project: true,
        about: "Output form when --output is not given.",
    },
    Key {
        name: "color",
        kind: Kind::OneOf(&["auto", "always", "never"]),
        in_project: true,
        about: "When to colour the output.",
    },
    Key {
        name: "request-timeout",
        kind: Kind::Duration,
        in_project: true,
        about: "Time limit of one request; 0 means none.",
    },
];

/// Keys of the table `[plugins]`.
pub static PLUGINS: &[Key] = &[Key {
    name: "path",
    kind: Kind::Boolean,
    in_project: false,
    about: "Whether executables named brume-* on PATH are commands; true by default.",
}];

/// Keys of a table `[context.NAME]`.
pub static CONTEXT: &[Key] = &[
    Key {
        name: "kube-context",
        kind: Kind::Text,
        in_project: true,
        about: "Context inside the kubeconfig.",
    },
    Key {
        name: "kubeconfig",
        kind: Kind::Text,
        in_project: false,
        about: "Kubeconfig file; it may run credential programs, so a project cannot set it.",
    },
    Key { name: "namespace", kind: Kind::Text, in_project: true, about: "Kubernetes namespace." },
    Key {
        name: "aws-profile",
        kind: Kind::Text,
        in_project: true,
        about: "Profile of the AWS configuration.",
    },
    Key { name: "region", kind: Kind::Text, in_project: true, about: "AWS region." },
    Key {
        name: "endpoint-url",
        kind: Kind::Text,
        in_project: true,
        about: "Address for every AWS service.",
    },
    Key {
        name: "endpoint-urls",
        kind: Kind::Addresses,
        in_project: true,
        about: "Addresses by AWS service, such as { sqs = \"http://127.0.0.1:9324\" }.",
    },
    Key {
        name: "snowflake-connection",
        kind: Kind::Text,
        in_project: true,
        about: "Connection of Snowflake's connections.toml.",
    },
    Key {
        name: "argocd-server",
        kind: Kind::Text,
        in_project: true,
        about: "Argo CD server as host:port.",
    },
    Key {
        name: "emulator",
        kind: Kind::Text,
        in_project: true,
        about: "Name of the emulator instance that stands in for all of them.",
    },
    Key {
        name: "protected",
        kind: Kind::Boolean,
        in_project: true,
        about: "Ask before every change; a project can set it, not take it away.",
    },
];

/// Finds a key in a table of keys.
#[must_use]
pub fn find(keys: &'static [Key], name: &str) -> Option<&'static Key> {
    keys.iter().find(|key| key.name == name)
}
