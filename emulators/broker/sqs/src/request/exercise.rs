//! Every parser on arbitrary bytes, for fuzzing.

use std::fmt::Debug;

use super::form::Form;
use super::{
    Batch, CancelMove, CreateQueue, FromForm, FromJson, GetQueueAttributes, GetQueueUrl,
    HandleInput, ListMoves, ListQueues, MessageInput, Permission, QueueOnly, ReceiveMessage,
    SendMessage, SetQueueAttributes, StartMove, TagQueue, UntagQueue,
};

/// Reads any bytes as the JSON body of every operation.
///
/// # Panics
/// When the scanner of a hot operation understands a body in another way than `serde_json` does.
pub fn exercise_json(body: &[u8]) {
    agree::<SendMessage<'_>>(body);
    agree::<Batch<'_, MessageInput<'_>>>(body);
    agree::<HandleInput<'_>>(body);
    agree::<Batch<'_, HandleInput<'_>>>(body);
    agree::<ReceiveMessage<'_>>(body);
    let _ = CreateQueue::from_json(body);
    let _ = GetQueueUrl::from_json(body);
    let _ = ListQueues::from_json(body);
    let _ = QueueOnly::from_json(body);
    let _ = GetQueueAttributes::from_json(body);
    let _ = SetQueueAttributes::from_json(body);
    let _ = TagQueue::from_json(body);
    let _ = UntagQueue::from_json(body);
    let _ = Permission::from_json(body);
    let _ = StartMove::from_json(body);
    let _ = ListMoves::from_json(body);
    let _ = CancelMove::from_json(body);
}

fn agree<'a, Request: FromJson<'a> + PartialEq + Debug>(body: &'a [u8]) {
    if let Some(scanned) = Request::scan(body) {
        let parsed = Request::parse(body).ok();
        assert_eq!(Some(scanned), parsed, "{}", String::from_utf8_lossy(body));
    }
}

/// Reads any bytes as the form of every operation.
pub fn exercise_form(body: &[u8]) {
    let Ok(parameters) = brume_edge::form::parse(b"", body) else { return };
    let form = Form::new(parameters.iter());
    let _ = SendMessage::from_form(&form, "SendMessage");
    let _ = Batch::<MessageInput<'_>>::from_form(&form, "SendMessageBatch");
    let _ = HandleInput::from_form(&form, "DeleteMessage");
    let _ = Batch::<HandleInput<'_>>::from_form(&form, "DeleteMessageBatch");
    let _ = ReceiveMessage::from_form(&form, "ReceiveMessage");
    let _ = CreateQueue::from_form(&form, "CreateQueue");
    let _ = ListQueues::from_form(&form, "ListQueues");
    let _ = GetQueueAttributes::from_form(&form, "GetQueueAttributes");
    let _ = SetQueueAttributes::from_form(&form, "SetQueueAttributes");
    let _ = TagQueue::from_form(&form, "TagQueue");
    let _ = UntagQueue::from_form(&form, "UntagQueue");
    let _ = Permission::from_form(&form, "AddPermission");
    let _ = StartMove::from_form(&form, "StartMessageMoveTask");
}
