//! Where the cluster's changes are kept: a record for each, and now and then all of it.
//!
//! A write costs what it changes, however much the cluster holds: the journal takes one record, and
//! a checkpoint of everything follows only when as many bytes of records have come together.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use brume_foundation::journal::{FolderDisk, Log, Options, Recovered};
use brume_foundation::{Error, Result, files};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Bytes of records before a checkpoint is worth it.
const CHECKPOINT_BYTES_MIN: u64 = 4 * 1024 * 1024;

/// Objects and the revision, as they are in a checkpoint and in a snapshot.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Document<'a> {
    form: u64,
    pub(super) revision: u64,
    pub(super) custom_resource_definitions: Vec<Cow<'a, Value>>,
}

impl<'a> Document<'a> {
    /// The version of the form that is written, and the only one that is read.
    const FORM: u64 = 1;

    pub(super) fn new(revision: u64, objects: impl Iterator<Item = &'a Value>) -> Self {
        let custom_resource_definitions = objects.map(Cow::Borrowed).collect();
        Self { form: Self::FORM, revision, custom_resource_definitions }
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|error| cannot_encode(&error))
    }
}

impl Document<'static> {
    /// Reads what [`Document::encode`] wrote; otherwise tells why it is something else.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let form = serde_json::from_slice::<Value>(bytes).map_err(|error| error.to_string())?;
        if form.get("form").and_then(Value::as_u64) != Some(Self::FORM) {
            return Err("another version of brume wrote it".to_owned());
        }
        serde_json::from_value(form).map_err(|error| error.to_string())
    }

    pub(super) fn into_objects(self) -> Vec<Value> {
        self.custom_resource_definitions.into_iter().map(Cow::into_owned).collect()
    }
}

/// What a record says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Change<'a> {
    /// An object is there, in place of an older one of its name.
    Put(Cow<'a, Value>),
    /// The object of this name is gone.
    Remove(Cow<'a, str>),
    /// Everything is gone, and what the next so many records say with [`Change::Part`] is there
    /// instead. If one of them is missing, nothing was replaced.
    Replace(usize),
    /// An object of a replacement.
    Part(Cow<'a, Value>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Record<'a> {
    revision: u64,
    #[serde(borrow)]
    change: Change<'a>,
}

/// The objects by name and the revision of the last write.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Kept {
    pub(super) revision: u64,
    pub(super) objects: BTreeMap<String, Value>,
    /// A replacement that is not whole: its revision, the missing parts, and those that are there.
    pending: Option<(u64, usize, BTreeMap<String, Value>)>,
}

/// The journal, and how much of it a restart would have to read.
#[derive(Debug)]
pub(super) struct Store {
    log: Log,
    record_bytes: u64,
    checkpoint_bytes: u64,
}

impl Store {
    /// Opens the journal in `folder`, which is made if it is missing; returns what had to be cut or
    /// moved aside, in a line each.
    ///
    /// # Errors
    /// The disk refuses; it is damaged and `repair` is not set; another version wrote it.
    pub(super) fn open(folder: &Path, repair: bool) -> Result<(Self, Kept, Vec<String>)> {
        files::make_private_folder(folder)?;
        let options = Options { repair, ..Options::default() };
        let (log, recovered) = Log::open(Arc::new(FolderDisk::new(folder)), options)?;
        let bytes = |length: usize| length as u64;
        let checkpoint_bytes =
            recovered.checkpoint.as_ref().map_or(0, |it| bytes(it.payload.len()));
        let record_bytes = recovered.records.iter().map(|record| bytes(record.payload.len())).sum();
        let kept = Kept::of(&recovered).map_err(|reason| {
            Error::failed(format!("cannot read the cluster's state in {}", folder.display()))
                .cause(reason)
                .hint("brume up --repair    # moves it aside and begins afresh")
        })?;
        Ok((Self { log, record_bytes, checkpoint_bytes }, kept, recovered.warnings))
    }

    /// Makes changes durable, in this order.
    ///
    /// # Errors
    /// The disk refuses: none of them was made.
    pub(super) fn append(&mut self, revision: u64, changes: Vec<Change<'_>>) -> Result<()> {
        let encode = |change| serde_json::to_vec(&Record { revision, change });
        let records: Result<Vec<_>, _> = changes.into_iter().map(encode).collect();
        let records = records.map_err(|error| cannot_encode(&error))?;
        self.log.append(&records)?;
        self.log.sync()?;
        self.record_bytes += records.iter().map(|record| record.len() as u64).sum::<u64>();
        Ok(())
    }

    /// Whether a restart has more to read than it needs to.
    pub(super) fn is_checkpoint_due(&self) -> bool {
        self.record_bytes > self.checkpoint_bytes.max(CHECKPOINT_BYTES_MIN)
    }

    /// Keeps the state after all changes so far, and removes what it makes unnecessary.
    ///
    /// # Errors
    /// The disk refuses; nothing is lost.
    pub(super) fn checkpoint(&mut self, document: &Document<'_>) -> Result<()> {
        let payload = document.encode()?;
        self.log.checkpoint(self.log.last_sequence(), &payload)?;
        self.record_bytes = 0;
        self.checkpoint_bytes = payload.len() as u64;
        Ok(())
    }
}

impl Kept {
    fn of(recovered: &Recovered) -> Result<Self, String> {
        let mut kept = Self { revision: 1, ..Self::default() };
        if let Some(checkpoint) = &recovered.checkpoint {
            let document = Document::decode(&checkpoint.payload)?;
            kept.revision = document.revision;
            kept.objects = document.into_objects().into_iter().map(named).collect();
        }
        for record in &recovered.records {
            let sequence = record.sequence;
            let read: Record<'_> = serde_json::from_slice(&record.payload)
                .map_err(|error| format!("record {sequence} is of another version: {error}"))?;
            kept.apply(read);
        }
        Ok(kept)
    }

    fn apply(&mut self, record: Record<'_>) {
        let Record { revision, change } = record;
        let pending = self.pending.take();
        match change {
            Change::Put(object) => self.objects.extend([named(object.into_owned())]),
            Change::Remove(name) => drop(self.objects.remove(name.as_ref())),
            Change::Replace(parts) => return self.replace(revision, parts, BTreeMap::new()),
            Change::Part(object) => {
                // Without a beginning it is the rest of a replacement that never was.
                let Some((revision, missing, mut parts)) = pending else { return };
                parts.extend([named(object.into_owned())]);
                return self.replace(revision, missing.saturating_sub(1), parts);
            }
        }
        self.revision = revision;
    }

    fn replace(&mut self, revision: u64, missing: usize, parts: BTreeMap<String, Value>) {
        if missing > 0 {
            self.pending = Some((revision, missing, parts));
            return;
        }
        self.revision = revision;
        self.objects = parts;
    }
}

fn named(object: Value) -> (String, Value) {
    let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    (name.to_owned(), object)
}

fn cannot_encode(error: &serde_json::Error) -> Error {
    Error::failed("cannot write the cluster's state").source(error)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(name: &str) -> Value {
        json!({"metadata": {"name": name}})
    }

    fn put(name: &str) -> Change<'static> {
        Change::Put(Cow::Owned(object(name)))
    }

    fn part(name: &str) -> Change<'static> {
        Change::Part(Cow::Owned(object(name)))
    }

    fn reopen(folder: &Path) -> (Store, u64, Vec<String>) {
        let (store, kept, _) = Store::open(folder, false).unwrap();
        (store, kept.revision, kept.objects.into_keys().collect())
    }

    #[test]
    fn changes_are_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let (mut store, revision, _) = reopen(folder.path());
        assert_eq!(revision, 1);
        store.append(2, vec![put("a")]).unwrap();
        store.append(3, vec![put("b")]).unwrap();
        store.append(4, vec![Change::Remove("a".into())]).unwrap();
        drop(store);
        let (mut store, revision, names) = reopen(folder.path());
        assert_eq!((revision, names), (4, vec!["b".to_owned()]));
        let b = object("b");
        store.checkpoint(&Document::new(4, [&b].into_iter())).unwrap();
        store.append(5, vec![put("c")]).unwrap();
        drop(store);
        let (_, revision, names) = reopen(folder.path());
        assert_eq!((revision, names), (5, vec!["b".to_owned(), "c".to_owned()]));
    }

    #[test]
    fn half_a_replacement_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (mut store, ..) = reopen(folder.path());
        store.append(2, vec![put("a")]).unwrap();
        store.append(3, vec![Change::Replace(2), part("x")]).unwrap();
        drop(store);
        let (mut store, revision, names) = reopen(folder.path());
        assert_eq!((revision, names), (2, vec!["a".to_owned()]));
        store.append(3, vec![put("b")]).unwrap();
        store.append(4, vec![part("y")]).unwrap();
        drop(store);
        let (mut store, revision, names) = reopen(folder.path());
        assert_eq!((revision, names), (3, vec!["a".to_owned(), "b".to_owned()]));
        store.append(5, vec![Change::Replace(1), part("z")]).unwrap();
        drop(store);
        let (mut store, revision, names) = reopen(folder.path());
        assert_eq!((revision, names), (5, vec!["z".to_owned()]));
        store.append(6, vec![Change::Replace(0)]).unwrap();
        drop(store);
        assert_eq!(reopen(folder.path()).2, Vec::<String>::new());
    }

    #[test]
    fn a_checkpoint_is_due_by_size() {
        let folder = tempfile::tempdir().unwrap();
        let (mut store, ..) = reopen(folder.path());
        store.append(2, vec![put("a")]).unwrap();
        assert!(!store.is_checkpoint_due());
        let big = json!({"metadata": {"name": "b"}, "text": "x".repeat(5 << 20)});
        store.append(3, vec![Change::Put(Cow::Borrowed(&big))]).unwrap();
        assert!(store.is_checkpoint_due());
        store.checkpoint(&Document::new(3, [&big].into_iter())).unwrap();
        assert!(!store.is_checkpoint_due());
        // As much as the checkpoint holds may come together: a byte is written twice at most.
        let half = json!({"metadata": {"name": "h"}, "text": "x".repeat(9 << 19)});
        store.append(4, vec![Change::Put(Cow::Borrowed(&half))]).unwrap();
        assert!(!store.is_checkpoint_due());
        drop(store);
        let (mut store, ..) = reopen(folder.path());
        assert!(!store.is_checkpoint_due());
        store.append(5, vec![Change::Put(Cow::Borrowed(&half))]).unwrap();
        assert!(store.is_checkpoint_due());
    }
}
