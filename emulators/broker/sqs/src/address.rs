//! Names and URLs of queues.

use brume_edge::{AwsError, Call};
use brume_policy::Account;
use brume_queues::QueueKey;

use crate::errors;

/// Characters of the longest name, `.fifo` included.
pub const NAME_BYTES_MAX: usize = 80;

/// What the name of a FIFO queue ends with.
pub const FIFO_SUFFIX: &str = ".fifo";

/// Whether `name` is a name that a queue may have; that of a FIFO queue has the suffix.
#[must_use]
pub fn is_name(name: &str, is_fifo: bool) -> bool {
    let stem = if is_fifo { name.strip_suffix(FIFO_SUFFIX) } else { Some(name) };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.len() <= NAME_BYTES_MAX
        && stem.is_some_and(|stem| !stem.is_empty() && stem.bytes().all(is_plain))
}

/// The URL of a queue, at the address under which the caller found us.
#[must_use]
pub fn queue_url(base_url: &str, key: &QueueKey) -> String {
    let base_url = base_url.trim_end_matches('/');
    format!("{base_url}/{}/{}", key.account, key.name)
}

/// Account and name in a queue's URL. The host does not matter: behind a proxy or in a container
/// it is another one than ours.
#[must_use]
pub fn parse_queue_url(url: &str) -> Option<(Account, &str)> {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => url.strip_prefix('/')?,
    };
    let (account, name) = path.split_once('/')?;
    let is_one_segment = !name.is_empty() && !name.contains(['/', '?', '#']);
    is_one_segment.then_some((account.parse().ok()?, name))
}

/// The queue that a call means: that of its `QueueUrl`, or of the path it was sent to.
///
/// # Errors
/// `InvalidAddress`; `MissingParameter` when there is neither.
pub fn key_of(call: &Call, url: Option<&str>) -> Result<QueueKey, AwsError> {
    let url = url.filter(|url| !url.is_empty());
    let Some((account, name)) = parse_queue_url(url.unwrap_or(&call.path)) else {
        return Err(
            url.map_or_else(|| errors::missing_parameter("QueueUrl"), errors::invalid_address)
        );
    };
    Ok(QueueKey::new(account, call.caller.region, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_host_is_fine() {
        let account = Account::default();
        for url in [
            "http://localhost:4566/000000000000/q",
            "https://sqs.eu-west-1.amazonaws.com/000000000000/q",
            "http://[::1]:4566/000000000000/q",
            "/000000000000/q",
        ] {
            assert_eq!(parse_queue_url(url), Some((account, "q")), "{url}");
        }
    }

    #[test]
    fn what_is_no_queue_url_is_refused() {
        for url in [
            "",
            "q",
            "http://localhost:4566",
            "http://localhost:4566/000000000000",
            "http://localhost:4566/000000000000/",
            "http://localhost:4566/1/q",
            "http://localhost:4566/queue/us-east-1/000000000000/q",
            "http://localhost:4566/000000000000/q/r",
            "http://localhost:4566/000000000000/q?x",
        ] {
            assert_eq!(parse_queue_url(url), None, "{url}");
        }
    }

    #[test]
    fn names_are_plain() {
        for (name, is_fifo, is_fine) in [
            ("a", false, true),
            ("a-B_9", false, true),
            ("a.fifo", false, false),
            ("a.fifo", true, true),
            (".fifo", true, false),
            ("a", true, false),
            ("", false, false),
            ("a b", false, false),
            ("ä", false, false),
            (&"a".repeat(80), false, true),
            (&"a".repeat(81), false, false),
            (&format!("{}.fifo", "a".repeat(76)), true, false),
        ] {
            assert_eq!(is_name(name, is_fifo), is_fine, "{name}");
        }
    }
}
