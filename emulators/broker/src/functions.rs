//! Functions that only pretend: the test double for Lambda.
//!
//! Comes in: definitions from the admin API, and events. Goes out: what a function service would
//! say to whoever calls asynchronously, and the events themselves for a test to look at. A name
//! that is not defined here is passed on to the functions behind it.
//!
//! Never inside: code that runs, a decision by a function's policy other than "deny".

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use brume_foundation::clock::{Clock, Moment};
use brume_foundation::files;
use brume_foundation::invoke::{Accepted, Event, Invoke, Refusal};
use brume_foundation::random::Random;
use brume_foundation::{BoxFuture, Error, ErrorKind, Result};
use brume_policy::Arn;
use serde::{Deserialize, Serialize};

/// Functions at once.
pub const FUNCTIONS_MAX: usize = 1_000;
/// Events that are kept of each function; the oldest go first.
pub const EVENTS_MAX: usize = 1_000;
/// Bytes of the payloads that are kept of each function.
const EVENT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a function's name; API reference of Lambda, `CreateFunction`.
const NAME_BYTES_MAX: usize = 64;

/// The file with the definitions, in the service's folder and in snapshots.
const FILE: &str = "functions.json";

/// What a function does with an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// Takes it.
    #[default]
    Succeed,
    /// The function service fails.
    Fail,
    /// Too many run already.
    Throttle,
    /// The function's policy does not let the caller in.
    Deny,
}

/// A function, as the admin API defines it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Its name, without account and region: it stands for all functions of that name.
    pub name: String,
    /// What it does with an event.
    #[serde(default)]
    pub behaviour: Behaviour,
    /// How many events fail first, whatever it does with those after them.
    #[serde(default)]
    pub fail_first: u64,
}

/// An event that came, accepted or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// When.
    pub at: Moment,
    /// The function's ARN, with version or alias if any.
    pub function_arn: String,
    /// Who called: `sns.amazonaws.com`.
    pub principal: String,
    /// On behalf of what.
    pub source_arn: String,
    /// The event; text that is no UTF-8 is made so.
    pub payload: String,
    /// What was answered: the request id, or why not.
    pub answer: std::result::Result<String, String>,
}

/// How a function stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The definition.
    #[serde(flatten)]
    pub definition: Definition,
    /// Events that came.
    pub events: u64,
    /// Those that were accepted.
    pub accepted: u64,
}

/// The functions of an instance.
#[derive(Debug)]
pub struct Functions {
    functions: Mutex<BTreeMap<String, Function>>,
    behind: Arc<dyn Invoke>,
    clock: Arc<Clock>,
    random: Random,
    /// Where definitions are kept; nowhere for an ephemeral instance.
    folder: Option<PathBuf>,
}

#[derive(Debug)]
struct Function {
    status: Status,
    recorded: VecDeque<Recorded>,
    bytes: usize,
}

impl Functions {
    /// Opens the definitions that are kept in `folder`, in front of the functions `behind`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open(
        folder: Option<PathBuf>,
        clock: Arc<Clock>,
        random: Random,
        behind: Arc<dyn Invoke>,
    ) -> Result<Self> {
        let kept = folder.as_deref().map_or(Ok(Vec::new()), read)?;
        let functions = Self { functions: Mutex::default(), behind, clock, random, folder };
        functions.replace(kept);
        Ok(functions)
    }

    /// Defines a function, or defines it anew; its counts begin at 0.
    ///
    /// # Errors
    /// A name that no function has; too many functions; the disk refuses.
    pub fn define(&self, definition: Definition) -> Result<Status> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let name = &definition.name;
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(is_plain) {
            let message = "a function's name has 1 to 64 letters, digits, dashes and underscores";
            return Err(Error::new(ErrorKind::Usage, message));
        }
        let function = Function::new(definition);
        let status = function.status.clone();
        let mut functions = self.lock();
        if functions.len() >= FUNCTIONS_MAX && !functions.contains_key(&status.definition.name) {
            return Err(Error::failed(format!("there are {FUNCTIONS_MAX} functions already")));
        }
        functions.insert(status.definition.name.clone(), function);
        self.keep(&functions)?;
        Ok(status)
    }

    /// Removes a function.
    ///
    /// # Errors
    /// There is none of that name; the disk refuses.
    pub fn remove(&self, name: &str) -> Result<()> {
        let mut functions = self.lock();
        if functions.remove(name).is_none() {
            let shown = name.escape_debug();
            return Err(Error::new(ErrorKind::NotFound, format!("there is no function {shown}")));
        }
        self.keep(&functions)
    }

    /// All functions, by name.
    #[must_use]
    pub fn list(&self) -> Vec<Status> {
        self.lock().values().map(|function| function.status.clone()).collect()
    }

    /// A function and the last events that it got, oldest first.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<(Status, Vec<Recorded>)> {
        let functions = self.lock();
        let function = functions.get(name)?;
        Some((function.status.clone(), function.recorded.iter().cloned().collect()))
    }

    /// Forgets all functions.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn reset(&self) -> Result<()> {
        let mut functions = self.lock();
        functions.clear();
        self.keep(&functions)
    }

    /// Writes the definitions into `folder`.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn save(&self, folder: &Path) -> Result<()> {
        write(folder, &self.lock())
    }

    /// Replaces the definitions by those that [`Functions::save`] wrote.
    ///
    /// # Errors
    /// The file cannot be read; the disk refuses.
    pub fn load(&self, folder: &Path) -> Result<()> {
        self.replace(read(folder)?);
        self.keep(&self.lock())
    }

    fn replace(&self, definitions: Vec<Definition>) {
        let named = definitions.into_iter().take(FUNCTIONS_MAX);
        let named = named.map(|definition| (definition.name.clone(), Function::new(definition)));
        *self.lock() = named.collect();
    }

    fn keep(&self, functions: &BTreeMap<String, Function>) -> Result<()> {
        self.folder.as_deref().map_or(Ok(()), |folder| write(folder, functions))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Function>> {
        self.functions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decide(&self, event: &Event) -> Option<std::result::Result<Accepted, Refusal>> {
        let name = function_name(&event.function_arn)?;
        let mut functions = self.lock();
        let function = functions.get_mut(&name)?;
        let request_id = format!("{:032x}", u128::from(self.random.next_u64()));
        Some(function.take(event, self.clock.now(), request_id))
    }
}

impl Function {
    fn new(definition: Definition) -> Self {
        let status = Status { definition, events: 0, accepted: 0 };
        Self { status, recorded: VecDeque::new(), bytes: 0 }
    }

    fn take(
        &mut self,
        event: &Event,
        at: Moment,
        request_id: String,
    ) -> std::result::Result<Accepted, Refusal> {
        let Status { definition, events, accepted } = &mut self.status;
        *events += 1;
        let behaviour =
            if *events <= definition.fail_first { Behaviour::Fail } else { definition.behaviour };
        let answer = match behaviour {
            Behaviour::Succeed => Ok(Accepted { request_id }),
            Behaviour::Fail => Err(Refusal::Failed("it was told to fail".to_owned())),
            Behaviour::Throttle => Err(Refusal::Throttled),
            Behaviour::Deny => Err(Refusal::Denied("it was told to deny".to_owned())),
        };
        *accepted += u64::from(answer.is_ok());
        self.record(Recorded {
            at,
            function_arn: event.function_arn.clone(),
            principal: event.principal.clone(),
            source_arn: event.source_arn.clone(),
            payload: String::from_utf8_lossy(&event.payload).into_owned(),
            answer: match &answer {
                Ok(accepted) => Ok(accepted.request_id.clone()),
                Err(refusal) => Err(refusal.to_string()),
            },
        });
        answer
    }

    fn record(&mut self, recorded: Recorded) {
        self.bytes += recorded.payload.len();
        self.recorded.push_back(recorded);
        while self.recorded.len() > EVENTS_MAX || self.bytes > EVENT_BYTES_MAX {
            let Some(gone) = self.recorded.pop_front() else { break };
            self.bytes -= gone.payload.len();
        }
    }
}

impl Invoke for Functions {
    fn invoke(&self, event: Event) -> BoxFuture<'_, std::result::Result<Accepted, Refusal>> {
        match self.decide(&event) {
            Some(answer) => Box::pin(std::future::ready(answer)),
            None => self.behind.invoke(event),
        }
    }
}

/// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, with version or alias behind it if any.
fn function_name(arn: &str) -> Option<String> {
    let arn = arn.parse::<Arn>().ok()?;
    let name = arn.resource.strip_prefix("function:")?;
    (arn.service == "lambda").then(|| name.split(':').next().unwrap_or_default().to_owned())
}

fn read(folder: &Path) -> Result<Vec<Definition>> {
    let path = folder.join(FILE);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(Error::failed(format!("cannot read {}", path.display())).source(&error));
        }
    };
    serde_json::from_slice(&bytes)
        .map_err(|error| Error::failed(format!("{} is damaged", path.display())).source(&error))
}

fn write(folder: &Path, functions: &BTreeMap<String, Function>) -> Result<()> {
    let definitions = functions.values().map(|it| &it.status.definition).collect::<Vec<_>>();
    let bytes = serde_json::to_vec_pretty(&definitions)
        .map_err(|error| Error::failed("cannot write the functions down").source(&error))?;
    files::write_private(&folder.join(FILE), &bytes)
}

#[cfg(test)]
mod tests {
    use brume_foundation::invoke::NoFunctions;
    use bytes::Bytes;

    use super::*;

    fn functions(folder: Option<&Path>) -> Functions {
        let clock = Clock::frozen(Moment::from_unix_millis(1_000));
        let folder = folder.map(Path::to_owned);
        Functions::open(folder, clock, Random::seeded(1), Arc::new(NoFunctions)).unwrap()
    }

    fn definition(name: &str, behaviour: Behaviour, fail_first: u64) -> Definition {
        Definition { name: name.to_owned(), behaviour, fail_first }
    }

    fn event(name: &str) -> Event {
        Event {
            function_arn: format!("arn:aws:lambda:us-east-1:000000000000:function:{name}"),
            principal: "sns.amazonaws.com".to_owned(),
            source_arn: "arn:aws:sns:us-east-1:000000000000:t".to_owned(),
            payload: Bytes::from_static(b"{}"),
        }
    }

    #[tokio::test]
    async fn a_function_does_what_it_was_told() {
        let functions = functions(None);
        functions.define(definition("f", Behaviour::Succeed, 2)).unwrap();
        for expected in [false, false, true, true] {
            assert_eq!(functions.invoke(event("f:live")).await.is_ok(), expected);
        }
        let (status, recorded) = functions.get("f").unwrap();
        assert_eq!((status.events, status.accepted, recorded.len()), (4, 2, 4));
        assert!(recorded[0].answer.as_ref().unwrap_err().contains("told to fail"));
        for (behaviour, is_client_side) in
            [(Behaviour::Throttle, false), (Behaviour::Deny, true), (Behaviour::Fail, false)]
        {
            functions.define(definition("f", behaviour, 0)).unwrap();
            let refusal = functions.invoke(event("f")).await.unwrap_err();
            assert_eq!(refusal.is_client_side(), is_client_side, "{behaviour:?}");
        }
        assert_eq!(functions.invoke(event("g")).await, Err(Refusal::NotFound));
    }

    #[test]
    fn definitions_are_kept_and_events_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let first = functions(Some(folder.path()));
        first.define(definition("f", Behaviour::Deny, 3)).unwrap();
        for _ in 0..EVENTS_MAX + 5 {
            let _ = first.decide(&event("f"));
        }
        assert_eq!(first.get("f").unwrap().1.len(), EVENTS_MAX);
        let again = functions(Some(folder.path()));
        assert_eq!(again.list()[0].definition, definition("f", Behaviour::Deny, 3));
        again.remove("f").unwrap();
        assert!(again.remove("f").is_err());
        assert!(functions(Some(folder.path())).list().is_empty());
    }

    #[test]
    fn odd_names_are_refused() {
        let functions = functions(None);
        for name in ["", "a b", "ä", &"a".repeat(65)] {
            assert!(functions.define(definition(name, Behaviour::Succeed, 0)).is_err(), "{name}");
        }
    }
}
