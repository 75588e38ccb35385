//! The lines of a redrive journal, and how a line shows that it is whole.
//!
//! One JSON object a line. Its last member `sum` is the beginning of a SHA-256 over the line before
//! it and everything in front of `sum`: a line that was torn, changed, left out or taken from
//! another journal is found.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A message's id in the dead-letter queue.
pub type Id = Arc<str>;

/// Version of the format.
pub const FORMAT: &str = "brume-redrive/1";

/// Longest line, in bytes.
pub const LINE_BYTES_MAX: usize = 512 * 1024;

/// Bytes of a sum.
const SUM_BYTES: usize = 8;

/// `,"sum":"0123456789abcdef"}`.
const SUFFIX_BYTES: usize = 8 + 2 * SUM_BYTES + 2;

/// What a redrive was asked to do; a resumed one does the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// ARN of the dead-letter queue.
    pub dlq: String,
    /// Where the queue was reached: tells queues of the same ARN on different endpoints apart.
    pub url: String,
    /// `--to`.
    pub to: String,
    /// `--where`.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// `--limit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// `--copy`.
    pub copy: bool,
    /// `unwrap`, `keep`, or empty for what the destination calls for.
    pub envelope: String,
    /// SHA-256 of the file that `--from-file` named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_file: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub started_at_ms: u64,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Line {
    /// The first line.
    Redrive(Header),
    /// Messages that are to be sent, with the digests of their content.
    Seen(Vec<(Id, String)>),
    /// They are about to be sent: from here on nobody knows whether they were, until the next line
    /// about them. The time is in milliseconds since 1970.
    Sending(u64, Vec<Id>),
    /// They certainly were not sent.
    Unsent(Vec<Id>),
    /// They were sent, and got these ids.
    Sent(Vec<(Id, String)>),
    /// They were refused by the destination, for these reasons.
    Refused(Vec<(Id, String)>),
    /// They are gone from the dead-letter queue.
    Deleted(Vec<Id>),
    /// They were sent, and could not be deleted.
    Undeleted(Vec<Id>),
    /// A run came to its end by itself; `true` when nothing is left to be resumed.
    End(bool),
}

/// The sum of the line before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain([u8; SUM_BYTES]);

impl Chain {
    fn next(self, front: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(self.0).chain_update(front).finalize();
        let mut sum = [0; SUM_BYTES];
        sum.copy_from_slice(digest.get(..SUM_BYTES).unwrap_or(&[0; SUM_BYTES]));
        Self(sum)
    }

    fn hex(self) -> String {
        self.0.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }
}

/// Writes a line with its sum and its line end.
///
/// # Errors
/// Never in practice: lines hold text only.
pub fn encode(line: &Line, chain: &mut Chain, out: &mut Vec<u8>) -> serde_json::Result<()> {
    let start = out.len();
    serde_json::to_writer(&mut *out, line)?;
    out.pop();
    *chain = chain.next(out.get(start..).unwrap_or_default());
    out.extend_from_slice(format!(",\"sum\":\"{}\"}}\n", chain.hex()).as_bytes());
    Ok(())
}

/// Reads a line without its line end; `None` when it is not whole.
#[must_use]
pub fn decode(line: &[u8], chain: &mut Chain) -> Option<Line> {
    let (front, suffix) = line.split_at_checked(line.len().checked_sub(SUFFIX_BYTES)?)?;
    let next = chain.next(front);
    if suffix != format!(",\"sum\":\"{}\"}}", next.hex()).as_bytes() {
        return None;
    }
    let mut whole = front.to_vec();
    whole.push(b'}');
    let line = serde_json::from_slice(&whole).ok()?;
    *chain = next;
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        vec![
            Line::Redrive(Header { dlq: "arn".into(), copy: true, ..Header::default() }),
            Line::Seen(vec![("a".into(), "00".into())]),
            Line::Sending(7, vec!["a".into(), "b\n\"".into()]),
            Line::Sent(vec![("a".into(), "n".into())]),
            Line::Deleted(vec!["a".into()]),
            Line::End(true),
        ]
    }

    fn journal() -> Vec<u8> {
        let (mut chain, mut out) = (Chain::default(), Vec::new());
        for line in lines() {
            encode(&line, &mut chain, &mut out).unwrap();
        }
        out
    }

    #[test]
    fn lines_come_back_and_are_json() {
        let text = String::from_utf8(journal()).unwrap();
        let mut chain = Chain::default();
        for (text, line) in text.lines().zip(lines()) {
            assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
            assert_eq!(decode(text.as_bytes(), &mut chain), Some(line));
        }
    }

    #[test]
    fn a_changed_missing_or_moved_line_is_found() {
        let text = String::from_utf8(journal()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let mut chain = Chain::default();
        assert!(decode(lines[0].as_bytes(), &mut chain).is_some());
        assert_eq!(decode(lines[2].as_bytes(), &mut chain), None, "line 1 is missing");
        let changed = lines[1].replace("00", "01");
        assert_eq!(decode(changed.as_bytes(), &mut chain), None);
        for length in 0..lines[1].len() {
            assert_eq!(decode(&lines[1].as_bytes()[..length], &mut chain), None);
        }
        assert!(decode(lines[1].as_bytes(), &mut chain).is_some());
    }
}
