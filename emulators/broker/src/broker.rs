//! The engines and services in one hand.

use std::path::Path;
use std::sync::Arc;

use brume_edge::{AdminRoute, AwsService};
use brume_foundation::invoke::Invoke;
use brume_foundation::service::{ServiceContext, Storage};
use brume_foundation::{Result, files};
use brume_queues::Queues;
use brume_sns::Sns;
use brume_sqs::Sqs;
use brume_topics::Topics;

use crate::admin;
use crate::functions::Functions;
use crate::options::BrokerOptions;
use crate::status::StatusLogs;

/// Folders inside a snapshot.
const QUEUES: &str = "queues";
const TOPICS: &str = "topics";

/// SQS and SNS of one instance.
#[derive(Debug)]
pub struct Broker {
    engines: Arc<Engines>,
    services: Vec<Arc<dyn AwsService>>,
}

/// What holds state.
#[derive(Debug)]
pub(crate) struct Engines {
    pub(crate) options: BrokerOptions,
    pub(crate) queues: Arc<Queues>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) functions: Arc<Functions>,
}

impl Broker {
    /// Recovers the state in the context's folder and starts the timers. Must be called inside a
    /// tokio runtime.
    ///
    /// # Errors
    /// Damaged state without `repair`; a disk that cannot be used.
    pub async fn open(context: &ServiceContext, options: BrokerOptions) -> Result<Self> {
        let folder = match &context.storage {
            Storage::Durable(folder) => Some(folder.clone()),
            Storage::Ephemeral(_) => None,
        };
        let functions = Functions::open(
            folder,
            Arc::clone(&context.clock),
            context.random.fork("functions"),
            Arc::clone(&options.invoke),
        )?;
        let functions = Arc::new(functions);
        let metrics = Arc::clone(&options.metrics);
        let queue_options = brume_queues::Options { durability: options.durability, metrics };
        let queues = Queues::open(context, queue_options)?;
        let status = StatusLogs::new(Arc::clone(&options.logs), &context.random);
        let mode = options.policy;
        let topic_options = brume_topics::Options {
            queues: brume_topics::ports::queueing(Arc::clone(&queues)),
            invoke: Arc::clone(&functions) as Arc<dyn Invoke>,
            observer: Arc::new(status),
            metrics: Arc::clone(&options.metrics),
            policy_mode: mode,
            base_url: options.base_url.clone(),
            durability: options.durability,
        };
        let topics = Topics::open(context, topic_options)?;
        let log = |name| context.log.for_service(name);
        let sqs = Sqs::new(Arc::clone(&queues), options.policy, log("sqs"));
        let sns = Sns::new(Arc::clone(&topics), mode, log("sns"));
        let services: Vec<Arc<dyn AwsService>> = vec![Arc::new(sqs), Arc::new(sns)];
        Ok(Self { engines: Arc::new(Engines { options, queues, topics, functions }), services })
    }

    /// What the broker was opened with.
    #[must_use]
    pub fn options(&self) -> &BrokerOptions {
        &self.engines.options
    }

    /// The services for the edge: `sqs` and `sns`.
    #[must_use]
    pub fn services(&self) -> Vec<Arc<dyn AwsService>> {
        self.services.clone()
    }

    /// The routes of the admin API.
    #[must_use]
    pub fn admin_routes(&self) -> Vec<AdminRoute> {
        admin::routes(&self.engines)
    }

    /// The queue engine.
    #[must_use]
    pub fn queues(&self) -> &Arc<Queues> {
        &self.engines.queues
    }

    /// The topic engine.
    #[must_use]
    pub fn topics(&self) -> &Arc<Topics> {
        &self.engines.topics
    }

    /// The functions that only pretend.
    #[must_use]
    pub fn functions(&self) -> &Arc<Functions> {
        &self.engines.functions
    }

    /// Forgets every queue, message, topic, subscription and function. Metrics and logs are their
    /// owner's to forget.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn reset(&self) -> Result<()> {
        // Topics deliver into queues, so that they go first.
        self.engines.topics.reset().await?;
        self.engines.queues.reset().await?;
        self.engines.functions.reset()
    }

    /// Writes one moment's state into `directory`, which exists and is empty.
    ///
    /// Topics go first: a delivery that is under way is then in both or still to be made.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn save(&self, directory: &Path) -> Result<()> {
        let Engines { queues, topics, functions, .. } = &*self.engines;
        for folder in [TOPICS, QUEUES] {
            files::make_private_folder(&directory.join(folder))?;
        }
        topics.save(&directory.join(TOPICS)).await?;
        queues.save(&directory.join(QUEUES)).await?;
        functions.save(directory)
    }

    /// Replaces the state by what [`Broker::save`] wrote.
    ///
    /// # Errors
    /// The files are not what `save` wrote; the present state of the engine that refuses them then
    /// stays.
    pub async fn load(&self, directory: &Path) -> Result<()> {
        let Engines { queues, topics, functions, .. } = &*self.engines;
        queues.load(&directory.join(QUEUES)).await?;
        topics.load(&directory.join(TOPICS)).await?;
        functions.load(directory)
    }

    /// Finishes what was acknowledged and lets go of the files.
    ///
    /// # Errors
    /// State could not be made durable.
    pub async fn stop(&self) -> Result<()> {
        // Topics deliver into queues, so that these have to outlive them.
        let topics = self.engines.topics.close().await;
        let queues = self.engines.queues.close().await;
        topics.and(queues)
    }
}
