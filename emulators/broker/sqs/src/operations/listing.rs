//! Finding queues.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use brume_edge::{Answer, AwsError, Call};
use brume_policy::Account;
use brume_queues::{Queue, QueueKey};

use super::in_range;
use crate::reply::{Member, Reply};
use crate::request::{GetQueueUrl, ListQueues};
use crate::service::{Sqs, read, wire};
use crate::{address, errors};

/// Queues of one page.
const PAGE_MAX: usize = 1_000;

impl Sqs {
    pub(crate) fn get_queue_url(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<GetQueueUrl>(call)?;
        let name = request.queue_name.filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| errors::missing_parameter("QueueName"))?;
        let account = match request.owner.filter(|owner| !owner.is_empty()) {
            None => call.caller.account,
            Some(owner) => {
                let account = owner.parse::<Account>();
                account.map_err(|_| errors::no_queue(wire(call)))?
            }
        };
        let key = QueueKey::new(account, call.caller.region, &name);
        let queue = self.queue_of(call, &key)?;
        let url = address::queue_url(&call.base_url, queue.key());
        Ok(Reply::text("QueueUrl", url).answer(wire(call)))
    }

    pub(crate) fn list_queues(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<ListQueues>(call)?;
        let page = Page::read(&request)?;
        let prefix = request.queue_name_prefix.unwrap_or_default();
        let (account, region) = (call.caller.account, call.caller.region);
        let after = page.after.as_deref();
        // One more than is wanted tells whether there is another page.
        let found = self.queues.list(account, region, &prefix, after, page.limit + 1);
        Ok(page.reply(call, &found, ["QueueUrls", "QueueUrl"], true))
    }

    pub(crate) fn list_dead_letter_source_queues(&self, call: &Call) -> Result<Answer, AwsError> {
        let request = read::<ListQueues>(call)?;
        let queue = self.queue(call, request.queue_url.as_deref())?;
        let page = Page::read(&request)?;
        let found = self.queues.dead_letter_sources(queue.arn());
        // Sources are of one account and region, so that their keys are in the order of names.
        let after = page.after.as_deref();
        let rest = found.iter().filter(|it| after.is_none_or(|after| &*it.key().name > after));
        let rest = rest.take(page.limit + 1).cloned().collect::<Vec<_>>();
        Ok(page.reply(call, &rest, ["queueUrls", "QueueUrl"], false))
    }
}

/// Which part of a list is wanted.
struct Page {
    after: Option<String>,
    limit: usize,
    /// Whether the caller asked for pages: only then there are tokens.
    has_pages: bool,
}

impl Page {
    fn read(request: &ListQueues) -> Result<Self, AwsError> {
        let limit = in_range(request.max_results, "MaxResults", [1, 1_000])?;
        let token = request.next_token.as_deref().filter(|token| !token.is_empty());
        let after = token.map(|token| {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok();
            let name = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            name.ok_or_else(|| errors::invalid_value(token, "NextToken", "The token is not valid."))
        });
        Ok(Self {
            after: after.transpose()?,
            // A thousand at most.
            limit: limit.map_or(PAGE_MAX, |limit| limit as usize),
            has_pages: limit.is_some() || token.is_some(),
        })
    }

    fn reply(
        &self,
        call: &Call,
        found: &[Arc<Queue>],
        [json_name, xml_name]: [&'static str; 2],
        skips_empty: bool,
    ) -> Answer {
        let shown = &found[..found.len().min(self.limit)];
        let url = |queue: &Arc<Queue>| address::queue_url(&call.base_url, queue.key());
        let mut reply = Reply::default();
        if !(shown.is_empty() && skips_empty) {
            reply.0.push(Member::Texts(json_name, xml_name, shown.iter().map(url).collect()));
        }
        if let Some(last) = shown.last().filter(|_| self.has_pages && found.len() > self.limit) {
            let token = BASE64_URL_SAFE_NO_PAD.encode(&*last.key().name);
            reply.0.push(Member::Text("NextToken", token));
        }
        reply.answer(wire(call))
    }
}
