//! The AWS account as the commands see it: queues, topics, functions, metrics, logs.
//!
//! In: a target. Out: plain data. The SDK retries; paging and bounded parallelism are here, so that
//! no command sees a page token. Clients are made when they are first used.

pub mod admin;
pub mod functions;
pub mod logs;
pub mod metrics;
pub mod queues;
pub mod quick;
pub mod rehearsal;
pub mod topics;
pub mod transfer;

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use aws_sdk_sqs::config::Region;
use brume_aws::Aws;
use brume_plugin::{Context, Error, ExitCode, Result};
use futures_util::stream::{self, StreamExt, TryStreamExt};

/// Requests on their way at the same time: far below what AWS throttles, enough to hide the delay.
pub const PARALLEL_MAX: usize = 16;

/// Longest time that a user who asked to stop waits for messages to be given back.
const LET_GO_MAX: Duration = Duration::from_secs(10);

/// One region of one account.
pub struct Cloud {
    aws: Rc<Aws>,
    region: String,
    sqs: OnceCell<aws_sdk_sqs::Client>,
    sns: OnceCell<aws_sdk_sns::Client>,
    lambda: OnceCell<aws_sdk_lambda::Client>,
    /// How far the endpoint's clock is ahead, when it tells; see [`admin`].
    clock_ahead_ms: OnceCell<Option<i64>>,
    /// Messages are held to be looked at, and have to be given back.
    is_looking: Cell<bool>,
    /// The user has asked to stop.
    is_stopping: Cell<bool>,
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
        Ok(Self::new(Rc::new(aws), region))
    }

    /// As [`Cloud::open`], but a wish to stop ends no wait: for work that must come to an orderly
    /// end and asks [`Context::is_cancelled`] by itself.
    ///
    /// # Errors
    /// As [`Cloud::open`].
    pub fn open_to_the_end(context: &Context<'_>) -> Result<Self> {
        let aws = Aws::with_cancel(context.invocation(), None)?;
        let region = aws.region()?.to_owned();
        Ok(Self::new(Rc::new(aws), region))
    }

    fn new(aws: Rc<Aws>, region: String) -> Self {
        Self {
            aws,
            region,
            sqs: OnceCell::new(),
            sns: OnceCell::new(),
            lambda: OnceCell::new(),
            clock_ahead_ms: OnceCell::new(),
            is_looking: Cell::new(false),
            is_stopping: Cell::new(false),
        }
    }

    /// The same account in another region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self::new(Rc::clone(&self.aws), region.to_owned())
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

    /// Waits for `future`. When the user asks to stop, a look at messages ends at the next chance
    /// and gives back what it holds; everything else ends at once.
    ///
    /// # Errors
    /// What the future says; exit code 130 when the user asks to stop first.
    pub fn block_on<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        let on_stop = || {
            self.is_stopping.set(true);
            self.is_looking.get()
        };
        self.aws.block_on_gently(future, on_stop, LET_GO_MAX)
    }

    /// Ends a look when the user has asked to stop.
    ///
    /// # Errors
    /// Silent, exit code 130, once the user asked to stop.
    pub fn check_stopping(&self) -> Result<()> {
        if self.is_stopping.get() { Err(Error::silent(ExitCode::Interrupted)) } else { Ok(()) }
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
