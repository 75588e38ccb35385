//! The AWS account as the commands see it: queues, topics, functions, metrics, logs.
//!
//! In: a target. Out: plain data. The SDK retries; paging and bounded parallelism are here, so that
//! no command sees a page token. Clients are made when they are first used.

pub mod admin;
pub mod functions;
pub mod logs;
pub mod metrics;
pub mod queues;
pub mod rehearsal;
pub mod topics;
pub mod transfer;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use aws_sdk_sqs::config::Region;
use brume_aws::Aws;
use brume_plugin::{Context, ExitCode, Invocation, Result};
use futures_util::stream::{self, StreamExt, TryStreamExt};

/// Requests on their way at the same time: far below what AWS throttles, enough to hide the delay.
pub const PARALLEL_MAX: usize = 16;

/// Longest time that a user who asked to stop waits for messages to be given back.
const LET_GO_MAX: Duration = Duration::from_secs(5);

/// One region of one account.
pub struct Cloud {
    aws: Rc<Aws>,
    invocation: Rc<Invocation>,
    region: String,
    sqs: OnceCell<aws_sdk_sqs::Client>,
    sns: OnceCell<aws_sdk_sns::Client>,
    lambda: OnceCell<aws_sdk_lambda::Client>,
    /// How far the endpoint's clock is ahead, when it tells; see [`admin`].
    clock_ahead_ms: OnceCell<Option<i64>>,
    /// Messages that are held only to be looked at: receipt handles by the queue's URL.
    held: RefCell<BTreeMap<String, Vec<String>>>,
}

impl fmt::Debug for Cloud {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cloud").field("region", &self.region).finish_non_exhaustive()
    }
}

impl Cloud {
    /// Opens the target's account in its region; nothing is sent yet.
    ///
    /// # Errors
    /// As [`Aws::open`] and [`Aws::region`].
    pub fn open(context: &Context<'_>) -> Result<Self> {
        let aws = Aws::open(context)?;
        let region = aws.region()?.to_owned();
        Ok(Self::new(Rc::new(aws), Rc::new(context.invocation().clone()), region))
    }

    /// As [`Cloud::open`], but a wish to stop ends no wait: for work that must come to an orderly
    /// end and asks [`Context::is_cancelled`] by itself.
    ///
    /// # Errors
    /// As [`Cloud::open`].
    pub fn open_to_the_end(context: &Context<'_>) -> Result<Self> {
        let aws = Aws::with_cancel(context.invocation(), None)?;
        let region = aws.region()?.to_owned();
        Ok(Self::new(Rc::new(aws), Rc::new(context.invocation().clone()), region))
    }

    fn new(aws: Rc<Aws>, invocation: Rc<Invocation>, region: String) -> Self {
        Self {
            aws,
            invocation,
            region,
            sqs: OnceCell::new(),
            sns: OnceCell::new(),
            lambda: OnceCell::new(),
            clock_ahead_ms: OnceCell::new(),
            held: RefCell::default(),
        }
    }

    /// The same account in another region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self::new(Rc::clone(&self.aws), Rc::clone(&self.invocation), region.to_owned())
    }

    /// The region's name.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Configuration and runtime.
    #[must_use]
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Waits for `future`. When the user asks to stop first, messages that were held to be looked
    /// at are given back before this returns.
    ///
    /// # Errors
    /// What the future says; exit code 130 when the user asks to stop first.
    pub fn block_on<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        let result = self.aws.block_on(future);
        if result.as_ref().is_err_and(|error| error.code == ExitCode::Interrupted) {
            self.let_go();
        }
        result
    }

    /// Gives back what is held, on a runtime of its own: the other one waits for nothing any more.
    fn let_go(&self) {
        let held = self.held.take();
        if held.is_empty() {
            return;
        }
        let Ok(aws) = Aws::with_cancel(&self.invocation, None) else { return };
        let other = Self::new(Rc::new(aws), Rc::clone(&self.invocation), self.region.clone());
        let work = async {
            for (url, handles) in &held {
                other.give_back(url, handles).await;
            }
        };
        // What is not given back in time comes back by itself when its hold ends.
        let _ = other.aws.block_on(async { Ok(tokio::time::timeout(LET_GO_MAX, work).await) });
    }

    /// The SQS client, for calls that [`queues`] and [`transfer`] do not have.
    pub fn sqs(&self) -> &aws_sdk_sqs::Client {
        self.sqs.get_or_init(|| {
            let mut builder = aws_sdk_sqs::config::Builder::from(self.aws.config())
                .region(Region::new(self.region.clone()));
            builder.set_endpoint_url(self.endpoint_url("sqs").map(str::to_owned));
            aws_sdk_sqs::Client::from_conf(builder.build())
        })
    }

    /// The SNS client, for calls that [`topics`] does not have.
    pub fn sns(&self) -> &aws_sdk_sns::Client {
        self.sns.get_or_init(|| {
            let mut builder = aws_sdk_sns::config::Builder::from(self.aws.config())
                .region(Region::new(self.region.clone()));
            builder.set_endpoint_url(self.endpoint_url("sns").map(str::to_owned));
            aws_sdk_sns::Client::from_conf(builder.build())
        })
    }

    /// The Lambda client, for calls that [`functions`] does not have.
    pub fn lambda(&self) -> &aws_sdk_lambda::Client {
        self.lambda.get_or_init(|| {
            let mut builder = aws_sdk_lambda::config::Builder::from(self.aws.config())
                .region(Region::new(self.region.clone()));
            builder.set_endpoint_url(self.endpoint_url("lambda").map(str::to_owned));
            aws_sdk_lambda::Client::from_conf(builder.build())
        })
    }

    /// The endpoint that was given for a service or for all; `None` for AWS's own.
    #[must_use]
    pub fn endpoint_url(&self, service: &str) -> Option<&str> {
        self.aws.endpoint_url(service).or_else(|| self.aws.config().endpoint_url())
    }
}

/// Runs `work` on every item, at most [`PARALLEL_MAX`] at a time; results in the order of items.
///
/// # Errors
/// The first failure; the rest is given up.
pub async fn in_parallel<I, T, F>(
    items: impl IntoIterator<Item = I>,
    work: impl Fn(I) -> F,
) -> Result<Vec<T>>
where
    F: Future<Output = Result<T>>,
{
    stream::iter(items).map(work).buffered(PARALLEL_MAX).try_collect().await
}
