//! Any receipt handle but a real one: an error, and no message is deleted or shown by it.
#![no_main]

use std::sync::Arc;

use brume_foundation::clock::{Clock, Moment};
use brume_foundation::faults::Faults;
use brume_foundation::log::Log;
use brume_foundation::ports::Ports;
use brume_foundation::random::Random;
use brume_foundation::service::{ServiceContext, Storage};
use brume_policy::{Account, Region};
use brume_queues::{Content, NewMessage, Options, Queue, QueueKey, Queues, Receive, Settings};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

const MESSAGES: usize = 8;

fuzz_target!(|bytes: &[u8]| WORLD.with(|world| world.try_both(bytes)));

thread_local!(static WORLD: World = World::new());

/// A queue of which all messages are with receivers.
struct World {
    runtime: Runtime,
    queue: Arc<Queue>,
    handles: Vec<String>,
    _queues: Arc<Queues>,
}

impl World {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (queues, queue, handles) = runtime.block_on(async {
            let queues = Queues::open(&context(), Options::default()).expect("opens");
            let key = QueueKey::new(Account::default(), Region::default(), "q");
            let created = queues.create(key, Settings::default(), Vec::new()).await;
            let queue = created.expect("a new queue").queue;
            for index in 0..MESSAGES {
                let content = Arc::new(Content::new(index.to_string().as_bytes(), Vec::new()));
                queue.send(NewMessage::new(content, "me".into())).await.expect("is sent");
            }
            let receive = Receive { max: MESSAGES, ..Receive::default() };
            let received = queue.receive(receive).await.expect("is received");
            let handles = received.into_iter().map(|one| one.handle).collect::<Vec<_>>();
            (queues, queue, handles)
        });
        assert_eq!(handles.len(), MESSAGES);
        Self { runtime, queue, handles, _queues: queues }
    }

    fn try_both(&self, bytes: &[u8]) {
        self.try_handle(&String::from_utf8_lossy(bytes));
        // A real handle in which the fuzzer changes bytes: pairs of a position and a mask.
        let [which, changes @ ..] = bytes else { return };
        let mut handle = self.handles[usize::from(*which) % MESSAGES].clone().into_bytes();
        for change in changes.chunks_exact(2) {
            let position = usize::from(change[0]) % handle.len();
            handle[position] ^= change[1];
        }
        self.try_handle(&String::from_utf8_lossy(&handle));
    }

    fn try_handle(&self, handle: &str) {
        if self.handles.iter().any(|real| real == handle) {
            return;
        }
        self.runtime.block_on(async {
            let deleted = self.queue.delete(&[handle]).await;
            assert!(deleted.iter().all(Result::is_err), "{handle} deletes");
            let shown = self.queue.change_visibility(&[(handle, 0)]).await;
            assert!(shown.iter().all(Result::is_err), "{handle} shows");
        });
        assert_eq!(self.queue.counts().in_flight, MESSAGES as u64);
    }
}

fn context() -> ServiceContext {
    ServiceContext {
        instance: "fuzz".to_owned(),
        storage: Storage::Ephemeral("unused".into()),
        repair: false,
        clock: Clock::frozen(Moment::from_unix_millis(1_767_225_600_000)),
        faults: Arc::new(Faults::new()),
        random: Random::seeded(7),
        ports: Arc::new(Ports::random()),
        log: Log::discard(),
    }
}
