//! Records as they are read back, whatever they are: nothing in here panics or trusts a length.

use std::sync::Arc;

use brume_policy::Arn;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::{
    CHANGE, DEDUPLICATION, DELETE, DeletedRecord, FAN_OUT, LEASE, LOADING, MOVE, PURGE, PUT, QUEUE,
    QUEUE_DELETED, QueueRecord, REPLACED, TASK, TaskRecord, flag,
};
use crate::MessageId;
use crate::content::{AttributeValue, Content, Md5Digest, MessageAttribute, md5_of_attributes};
use crate::engine::dedup::{First, Key};
use crate::engine::slab::{Extra, Message, Placement};

/// The record has another form than this version writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnreadableRecord;

/// Items that are reserved for on the word of a record.
const RESERVED_MAX: usize = 1_024;

type Result<T> = std::result::Result<T, UnreadableRecord>;

/// A message of a record.
#[derive(Debug)]
pub(crate) struct MessageRecord<'a> {
    pub(crate) slot: u32,
    pub(crate) message: Message,
    pub(crate) group: Option<&'a str>,
}

/// What a record says.
#[derive(Debug)]
pub(crate) enum Record<'a> {
    Queue(u32, Box<QueueRecord>),
    QueueDeleted(u32, DeletedRecord),
    /// Messages with the queues that they are in.
    Puts(Vec<(u32, MessageRecord<'a>)>),
    Lease {
        queue: u32,
        now_ms: u64,
        until_ms: u64,
        attempt: &'a str,
        leases: Vec<(u32, u64)>,
    },
    Changes(u32, Vec<(u32, u64, u64)>),
    Deletions(u32, Vec<(u32, u64)>),
    Moves {
        source: u32,
        target: u32,
        moved: Vec<((u32, u64), MessageRecord<'a>)>,
    },
    Purge {
        queue: u32,
        horizon: u64,
        at_ms: u64,
    },
    Deduplications(u32, Vec<(Key, First)>),
    /// Queues of these numbers count only when a replacement names them.
    Loading(u32, u32),
    /// Everything is gone but the queues of these numbers.
    Replaced(u32, u32),
    Task(Box<TaskRecord>),
}

/// Reads records; equal senders and sources of neighbours are kept once.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    sender: Option<Arc<str>>,
    source: Option<(String, Arc<Arn>)>,
}

impl Reader {
    /// Reads a record.
    ///
    /// # Errors
    /// It has another form than this version writes.
    pub(crate) fn read<'a>(&mut self, payload: &'a [u8]) -> Result<Record<'a>> {
        let mut input = Input { rest: payload };
        let record = self.record(&mut input)?;
        if input.rest.is_empty() { Ok(record) } else { Err(UnreadableRecord) }
    }

    fn record<'a>(&mut self, input: &mut Input<'a>) -> Result<Record<'a>> {
        Ok(match input.u8()? {
            QUEUE => Record::Queue(input.u32()?, Box::new(input.json::<QueueRecord>()?)),
            QUEUE_DELETED => Record::QueueDeleted(input.u32()?, input.json()?),
            PUT => {
                let queue = input.u32()?;
                Record::Puts(input.list(|input| Ok((queue, self.message(input, None)?)))?)
            }
            FAN_OUT => {
                let shared = Arc::new(input.content()?);
                Record::Puts(
                    input.list(|input| Ok((input.u32()?, self.message(input, Some(&shared))?)))?,
                )
            }
            LEASE => Record::Lease {
                queue: input.u32()?,
                now_ms: input.u64()?,
                until_ms: input.u64()?,
                attempt: input.text()?,
                leases: input.list(Input::slot)?,
            },
            CHANGE => Record::Changes(
                input.u32()?,
                input.list(|input| Ok((input.u32()?, input.u64()?, input.u64()?)))?,
            ),
            DELETE => Record::Deletions(input.u32()?, input.list(Input::slot)?),
            MOVE => Record::Moves {
                source: input.u32()?,
                target: input.u32()?,
                moved: input.list(|input| Ok((input.slot()?, self.message(input, None)?)))?,
            },
            PURGE => {
                Record::Purge { queue: input.u32()?, horizon: input.u64()?, at_ms: input.u64()? }
            }
            DEDUPLICATION => Record::Deduplications(input.u32()?, input.list(Input::first)?),
            LOADING => Record::Loading(input.u32()?, input.u32()?),
            REPLACED => Record::Replaced(input.u32()?, input.u32()?),
            TASK => Record::Task(Box::new(input.json()?)),
            _ => return Err(UnreadableRecord),
        })
    }

    fn message<'a>(
        &mut self,
        input: &mut Input<'a>,
        shared: Option<&Arc<Content>>,
    ) -> Result<MessageRecord<'a>> {
        let flags = input.u8()?;
        let has = |flag| flags & flag != 0;
        let slot = input.u32()?;
        let order = input.u64()?;
        let id = MessageId(input.array()?);
        let sent_at_ms = input.u64()?;
        let sender = self.sender(input.text()?);
        let until_ms = if has(flag::UNTIL) { input.u64()? } else { 0 };
        let [mut receive_count, mut leases] = [0; 2];
        let [mut first_received_at_ms, mut leased_at_ms] = [0; 2];
        if has(flag::RECEIVED) {
            receive_count = input.u32()?;
            leases = input.u32()?;
            first_received_at_ms = input.u64()?;
            leased_at_ms = input.u64()?;
        }
        let group = if has(flag::GROUP) { Some(input.text()?) } else { None };
        let mut extra = Extra::default();
        if has(flag::DEDUPLICATION) {
            extra.deduplication = Some(Arc::from(input.text()?));
            extra.key = if input.u8()? == 1 { Some(input.array()?) } else { None };
        }
        if has(flag::TRACE) {
            extra.trace_header = Some(Arc::from(input.text()?));
        }
        if has(flag::SOURCE) {
            extra.dead_letter_source = Some(self.source(input.text()?)?);
        }
        let content = if has(flag::CONTENT) {
            Arc::new(input.content()?)
        } else {
            Arc::clone(shared.ok_or(UnreadableRecord)?)
        };
        let placement = match (has(flag::UNTIL), has(flag::IN_FLIGHT)) {
            (true, true) => Placement::InFlight,
            (true, false) => Placement::Delayed,
            (false, _) => Placement::Visible,
        };
        let mut message = Message::new(content, id, sender);
        message.order = order;
        message.sent_at_ms = sent_at_ms;
        message.until_ms = until_ms;
        message.receive_count = receive_count;
        message.leases = leases;
        message.first_received_at_ms = first_received_at_ms;
        message.leased_at_ms = leased_at_ms;
        message.placement = placement;
        message.extra = extra.boxed();
        Ok(MessageRecord { slot, message, group })
    }

    fn sender(&mut self, text: &str) -> Arc<str> {
        match &self.sender {
            Some(sender) if **sender == *text => Arc::clone(sender),
            _ => Arc::clone(self.sender.insert(Arc::from(text))),
        }
    }

    fn source(&mut self, text: &str) -> Result<Arc<Arn>> {
        match &self.source {
            Some((known, arn)) if known == text => Ok(Arc::clone(arn)),
            _ => {
                let arn = Arc::new(text.parse::<Arn>().map_err(|_| UnreadableRecord)?);
                self.source = Some((text.to_owned(), Arc::clone(&arn)));
                Ok(arn)
            }
        }
    }
}

struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn bytes(&mut self, length: usize) -> Result<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(UnreadableRecord)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH]> {
        self.bytes(LENGTH)?.try_into().map_err(|_| UnreadableRecord)
    }

    fn u8(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn length(&mut self) -> Result<usize> {
        usize::try_from(self.u32()?).map_err(|_| UnreadableRecord)
    }

    fn text(&mut self) -> Result<&'a str> {
        let length = self.length()?;
        std::str::from_utf8(self.bytes(length)?).map_err(|_| UnreadableRecord)
    }

    fn json<T: DeserializeOwned>(&mut self) -> Result<T> {
        let bytes = std::mem::take(&mut self.rest);
        serde_json::from_slice(bytes).map_err(|_| UnreadableRecord)
    }

    /// A count and so many items, each of which has a byte at least.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let length = self.length()?;
        if length > self.rest.len() {
            return Err(UnreadableRecord);
        }
        let mut items = Vec::with_capacity(length.min(RESERVED_MAX));
        for _ in 0..length {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn slot(&mut self) -> Result<(u32, u64)> {
        Ok((self.u32()?, self.u64()?))
    }

    fn first(&mut self) -> Result<(Key, First)> {
        let key = self.array()?;
        let id = MessageId(self.array()?);
        Ok((key, First { id, order: self.u64()?, at_ms: self.u64()? }))
    }

    fn content(&mut self) -> Result<Content> {
        let body_md5 = Md5Digest(self.array()?);
        let length = self.length()?;
        let body = Bytes::copy_from_slice(self.bytes(length)?);
        let attributes = self.list(Self::attribute)?;
        let attributes_md5 = md5_of_attributes(&attributes);
        Ok(Content { body, attributes: attributes.into_boxed_slice(), body_md5, attributes_md5 })
    }

    fn attribute(&mut self) -> Result<MessageAttribute> {
        let name = self.text()?.into();
        let data_type = self.text()?.into();
        let is_binary = self.u8()? == 1;
        let length = self.length()?;
        let value = self.bytes(length)?;
        let value = if is_binary {
            AttributeValue::Binary(Bytes::copy_from_slice(value))
        } else {
            AttributeValue::Text(std::str::from_utf8(value).map_err(|_| UnreadableRecord)?.into())
        };
        Ok(MessageAttribute { name, data_type, value })
    }
}
