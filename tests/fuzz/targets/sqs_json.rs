//! Any JSON body of an SQS operation: what the scanner takes means the same to `serde_json`.
#![no_main]

use std::fmt::Debug;

use brume_sqs::request::{
    Batch, FromJson, HandleInput, MessageInput, ReceiveMessage, SendMessage, SetQueueAttributes,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    both_agree::<SendMessage<'_>>(bytes);
    both_agree::<Batch<'_, MessageInput<'_>>>(bytes);
    both_agree::<HandleInput<'_>>(bytes);
    both_agree::<Batch<'_, HandleInput<'_>>>(bytes);
    both_agree::<ReceiveMessage<'_>>(bytes);
    both_agree::<SetQueueAttributes>(bytes);
});

/// The scanner may decline, but not read something else.
fn both_agree<'a, Request: FromJson<'a> + PartialEq + Debug>(bytes: &'a [u8]) {
    if let Some(scanned) = Request::scan(bytes) {
        let parsed = Request::parse(bytes).expect("what the scanner takes is JSON");
        assert_eq!(scanned, parsed);
    }
    let _ = Request::from_json(bytes);
}
