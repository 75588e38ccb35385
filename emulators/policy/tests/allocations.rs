//! The checks that every request and every delivery goes through take no memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use brume_policy::Policy;
use brume_policy::evaluate::{Caller, Context, ContextValue, Request, Verdict, access};
use brume_policy::filter::{Attribute, FilterPolicy, Message, Outcome, Scope};

/// The system's allocator, which counts what this thread takes.
struct Counting;

thread_local!(static TAKEN: Cell<usize> = const { Cell::new(0) });

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = TAKEN.try_with(|taken| taken.set(taken.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and `System` made the block.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `work` takes memory.
fn allocations<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = TAKEN.with(Cell::get);
    let result = work();
    (result, TAKEN.with(Cell::get) - before)
}

#[test]
fn an_access_decision_takes_no_memory() {
    let policy = Policy::read(
        r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*",
             "Condition":{"Bool":{"aws:SecureTransport":"false"}}},
            {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/r"},
             "Action":"sqs:Receive*","Resource":"*"},
            {"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},
             "Action":["sqs:SendMessage"],"Resource":"arn:aws:sqs:*:111122223333:q*",
             "Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:orders"},
               "StringEqualsIgnoreCase":{"aws:SourceAccount":"111122223333"},
               "IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]},
               "DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}}]}"#,
    )
    .expect("a policy");
    let entries = [
        ("aws:SourceArn", ContextValue::One("arn:aws:sns:us-east-1:111122223333:orders")),
        ("aws:SourceAccount", ContextValue::One("111122223333")),
        ("aws:SourceIp", ContextValue::One("2001:db8::1")),
        ("aws:CurrentTime", ContextValue::One("2026-01-01T00:00:00Z")),
        ("aws:SecureTransport", ContextValue::One("true")),
    ];
    let request = Request {
        caller: &Caller::Service("sns.amazonaws.com"),
        action: "SQS:SendMessage",
        resource: "arn:aws:sqs:us-east-1:111122223333:q1",
        context: Context::new(&entries),
    };
    let owner = "111122223333".parse().expect("an account");
    let (answer, taken) = allocations(|| access(Some(&policy), &request, owner));
    assert_eq!((answer.decision.verdict, taken), (Verdict::Allow, 0));
}

#[test]
fn a_filter_takes_no_memory_for_one_message_more() {
    let attributes = FilterPolicy::read(
        r#"{"store":["a",{"prefix":"b"}],"price":[{"numeric":[">",0,"<=",100]}],
            "$or":[{"kind":[{"anything-but":["x","y"]}]},{"size":[{"exists":true}]}]}"#,
        Scope::Attributes,
    )
    .expect("a filter policy");
    let body =
        FilterPolicy::read(r#"{"detail":{"scope":["s"],"n":[1]}}"#, Scope::Body).expect("one more");
    let message = Message::new(
        [
            Attribute { name: "store", data_type: "String", value: "bakery" },
            Attribute { name: "price", data_type: "Number", value: "99.5" },
            Attribute { name: "kind", data_type: "String", value: "z" },
        ],
        r#"{"detail":{"scope":"s","n":1}}"#,
    );
    // The first policy that looks at the body takes it apart for all.
    assert_eq!(body.judge(&message), Outcome::Matched);
    assert_eq!(allocations(|| attributes.judge(&message)), (Outcome::Matched, 0));
    assert_eq!(allocations(|| body.judge(&message)), (Outcome::Matched, 0));
}
