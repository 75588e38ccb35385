//! Tab completion of queue and topic names; only where the target is near.

use std::time::Duration;

use brume_plugin::invocation::TargetKind;
use brume_plugin::{Candidate, Context, Error, Result};

use crate::cloud::Cloud;
use crate::cloud::queues::name_of;

/// A shell that waits longer feels stuck.
const TIME_MAX: Duration = Duration::from_millis(120);

/// What a command's first argument names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Queues,
    Topics,
    Both,
}

/// Candidates for the last word.
pub fn complete(words: &[String], context: &Context<'_>) -> Vec<Candidate> {
    let Some((named, word)) = wanted(words) else { return Vec::new() };
    if context.target().kind != TargetKind::Emulated {
        return Vec::new();
    }
    let Ok(cloud) = Cloud::open(context) else { return Vec::new() };
    let found = cloud.block_on(async {
        let listed = listed(&cloud, named, word);
        tokio::time::timeout(TIME_MAX, listed).await.unwrap_or_else(|_| Err(Error::failed("late")))
    });
    found.unwrap_or_default()
}

/// What the last word names, if anything that is known; and the word.
fn wanted(words: &[String]) -> Option<(Named, &str)> {
    let (word, before) = words.split_last()?;
    let command = before.first()?;
    let is_value = before.last().is_some_and(|last| last.starts_with("--"));
    if word.starts_with('-') || (is_value && before.len() > 1) {
        return None;
    }
    let place = before.iter().skip(1).filter(|word| !word.starts_with('-')).count();
    match (command.as_str(), place) {
        ("audit", _) => Some((Named::Topics, word)),
        ("topology", 0) => Some((Named::Both, word)),
        ("watch" | "metrics", _) => Some((Named::Queues, word)),
        ("import", 1) => Some((Named::Queues, word)),
        ("peek" | "show" | "trace" | "group" | "export" | "edit" | "redrive" | "purge", 0) => {
            Some((Named::Queues, word))
        }
        _ => None,
    }
}

async fn listed(cloud: &Cloud, named: Named, word: &str) -> Result<Vec<Candidate>> {
    let mut found = Vec::new();
    let mut add = |name: &str, description: &str| {
        if name.starts_with(word) {
            let (value, description) = (name.to_owned(), description.to_owned());
            found.push(Candidate { value, description });
        }
    };
    if named != Named::Queues {
        // Half an answer is better than none.
        for arn in cloud.topic_arns().await.unwrap_or_default() {
            add(name_of(&arn), "topic");
        }
    }
    if named != Named::Topics {
        for url in cloud.queue_urls(word).await? {
            add(name_of(&url), "queue");
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Option<(Named, String)> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        wanted(&words).map(|(named, word)| (named, word.to_owned()))
    }

    #[test]
    fn names_are_completed_where_they_stand() {
        assert_eq!(of("peek ord"), Some((Named::Queues, "ord".to_owned())));
        assert_eq!(of("topology "), Some((Named::Both, String::new())));
        assert_eq!(of("audit a b"), Some((Named::Topics, "b".to_owned())));
        for line in ["pee", "peek --li", "peek q --where x", "trace q ab", "ls x"] {
            assert_eq!(of(line), None, "{line}");
        }
    }
}
