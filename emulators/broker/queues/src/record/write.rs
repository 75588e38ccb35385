//! Records in the making: each function appends one to a buffer.

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use super::{
    CHANGE, DEDUPLICATION, DELETE, DeletedRecord, FAN_OUT, LEASE, LOADING, MOVE, PURGE, PUT, QUEUE,
    QUEUE_DELETED, QueueRecord, REPLACED, TASK, TaskRecord, flag,
};
use crate::content::{AttributeValue, Content};
use crate::engine::dedup::{First, Key};
use crate::engine::slab::{Message, Placement};

/// A message and what its slot and its lane know of it.
pub(crate) struct Put<'a> {
    pub(crate) slot: u32,
    pub(crate) message: &'a Message,
    pub(crate) group: Option<&'a str>,
}

pub(crate) fn queue(output: &mut Vec<u8>, id: u32, record: &QueueRecord) {
    output.push(QUEUE);
    u32(output, id);
    json(output, record);
}

pub(crate) fn queue_deleted(output: &mut Vec<u8>, id: u32, record: &DeletedRecord) {
    output.push(QUEUE_DELETED);
    u32(output, id);
    json(output, record);
}

/// Messages of one queue; `write` gets each and its number in the record.
pub(crate) fn puts<'a>(
    output: &mut Vec<u8>,
    id: u32,
    puts: impl ExactSizeIterator<Item = Put<'a>>,
) {
    output.push(PUT);
    u32(output, id);
    length(output, puts.len());
    puts.for_each(|put| message(output, &put, true));
}

/// One content in many queues; `targets` holds what [`target`] wrote for `count` of them.
pub(crate) fn fan_out(output: &mut Vec<u8>, shared: &Content, count: usize, targets: &[u8]) {
    output.push(FAN_OUT);
    content(output, shared);
    length(output, count);
    output.extend_from_slice(targets);
}

/// One target of a fan-out. A message whose content is another one brings its own.
pub(crate) fn target(output: &mut Vec<u8>, id: u32, put: &Put<'_>, shared: &Content) {
    u32(output, id);
    let is_own = !std::ptr::eq(Arc::as_ptr(&put.message.content), shared);
    message(output, put, is_own);
}

pub(crate) fn lease(
    output: &mut Vec<u8>,
    id: u32,
    (now_ms, until_ms): (u64, u64),
    attempt: Option<&str>,
    leases: impl ExactSizeIterator<Item = (u32, u64)>,
) {
    output.push(LEASE);
    u32(output, id);
    u64(output, now_ms);
    u64(output, until_ms);
    text(output, attempt.unwrap_or_default());
    slots(output, leases);
}

pub(crate) fn changes(
    output: &mut Vec<u8>,
    id: u32,
    changes: impl ExactSizeIterator<Item = (u32, u64, u64)>,
) {
    output.push(CHANGE);
    u32(output, id);
    length(output, changes.len());
    for (slot, order, until_ms) in changes {
        u32(output, slot);
        u64(output, order);
        u64(output, until_ms);
    }
}

pub(crate) fn deletions(
    output: &mut Vec<u8>,
    id: u32,
    deleted: impl ExactSizeIterator<Item = (u32, u64)>,
) {
    output.push(DELETE);
    u32(output, id);
    slots(output, deleted);
}

/// Messages that left one queue and are in another one by the same record.
pub(crate) fn moves<'a>(
    output: &mut Vec<u8>,
    source: u32,
    target: u32,
    moved: impl ExactSizeIterator<Item = ((u32, u64), Put<'a>)>,
) {
    output.push(MOVE);
    u32(output, source);
    u32(output, target);
    length(output, moved.len());
    for ((slot, order), put) in moved {
        u32(output, slot);
        u64(output, order);
        message(output, &put, true);
    }
}

pub(crate) fn purge(output: &mut Vec<u8>, id: u32, horizon: u64, at_ms: u64) {
    output.push(PURGE);
    u32(output, id);
    u64(output, horizon);
    u64(output, at_ms);
}

pub(crate) fn deduplications(
    output: &mut Vec<u8>,
    id: u32,
    firsts: impl ExactSizeIterator<Item = (Key, First)>,
) {
    output.push(DEDUPLICATION);
    u32(output, id);
    length(output, firsts.len());
    for (key, first) in firsts {
        output.extend_from_slice(&key);
        output.extend_from_slice(&first.id.0);
        u64(output, first.order);
        u64(output, first.at_ms);
    }
}

pub(crate) fn loading(output: &mut Vec<u8>, queues: &Range<u32>) {
    output.push(LOADING);
    u32(output, queues.start);
    u32(output, queues.end);
}

pub(crate) fn replaced(output: &mut Vec<u8>, queues: &Range<u32>) {
    output.push(REPLACED);
    u32(output, queues.start);
    u32(output, queues.end);
}

pub(crate) fn task(output: &mut Vec<u8>, record: &TaskRecord) {
    output.push(TASK);
    json(output, record);
}

fn message(output: &mut Vec<u8>, put: &Put<'_>, has_content: bool) {
    let Put { slot, message, group } = put;
    let extra = message.extra.as_deref();
    let is_in_flight = message.placement == Placement::InFlight;
    let has_until = is_in_flight || message.placement == Placement::Delayed;
    let deduplication = extra.and_then(|extra| Some((extra.key?, extra.deduplication.as_ref()?)));
    let plain = extra.and_then(|extra| extra.deduplication.as_ref());
    let trace = extra.and_then(|extra| extra.trace_header.as_ref());
    let source = extra.and_then(|extra| extra.dead_letter_source.as_ref());
    let flags = [
        (has_until, flag::UNTIL),
        (is_in_flight, flag::IN_FLIGHT),
        (message.receive_count > 0, flag::RECEIVED),
        (group.is_some(), flag::GROUP),
        (plain.is_some(), flag::DEDUPLICATION),
        (trace.is_some(), flag::TRACE),
        (source.is_some(), flag::SOURCE),
        (has_content, flag::CONTENT),
    ];
    let flags =
        flags.iter().fold(0, |flags, &(is_set, flag)| flags | if is_set { flag } else { 0 });
    output.push(flags);
    u32(output, *slot);
    u64(output, message.order);
    output.extend_from_slice(&message.id.0);
    u64(output, message.sent_at_ms);
    text(output, &message.sender);
    if has_until {
        u64(output, message.until_ms);
    }
    if message.receive_count > 0 {
        u32(output, message.receive_count);
        u32(output, message.leases);
        u64(output, message.first_received_at_ms);
        u64(output, message.leased_at_ms);
    }
    if let Some(group) = group {
        text(output, group);
    }
    if let Some(plain) = plain {
        text(output, plain);
        // A message that came as a dead letter is not compared with others.
        output.push(u8::from(deduplication.is_some()));
        if let Some((key, _)) = deduplication {
            output.extend_from_slice(&key);
        }
    }
    if let Some(trace) = trace {
        text(output, trace);
    }
    if let Some(source) = source {
        text(output, &source.to_string());
    }
    if has_content {
        content(output, &message.content);
    }
}

fn content(output: &mut Vec<u8>, content: &Content) {
    output.extend_from_slice(&content.body_md5.0);
    length(output, content.body.len());
    output.extend_from_slice(&content.body);
    length(output, content.attributes.len());
    for attribute in &content.attributes {
        text(output, &attribute.name);
        text(output, &attribute.data_type);
        output.push(u8::from(matches!(attribute.value, AttributeValue::Binary(_))));
        let value = attribute.value.as_bytes();
        length(output, value.len());
        output.extend_from_slice(value);
    }
}

fn slots(output: &mut Vec<u8>, slots: impl ExactSizeIterator<Item = (u32, u64)>) {
    length(output, slots.len());
    for (slot, order) in slots {
        u32(output, slot);
        u64(output, order);
    }
}

fn json(output: &mut Vec<u8>, value: &impl Serialize) {
    // Plain data into memory: neither can fail. A reader would refuse what is missing.
    let _ = serde_json::to_writer(output, value);
}

fn u32(output: &mut Vec<u8>, number: u32) {
    output.extend_from_slice(&number.to_le_bytes());
}

fn u64(output: &mut Vec<u8>, number: u64) {
    output.extend_from_slice(&number.to_le_bytes());
}

/// Limits on requests keep every length far below 4 GiB.
fn length(output: &mut Vec<u8>, length: usize) {
    u32(output, u32::try_from(length).unwrap_or(u32::MAX));
}

fn text(output: &mut Vec<u8>, text: &str) {
    length(output, text.len());
    output.extend_from_slice(text.as_bytes());
}
