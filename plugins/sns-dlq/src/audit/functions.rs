//! Rules about queues that feed functions, and about functions' own dead-letter queues.

use super::{Facts, Finding, Fix, Severity, rules};
use crate::cloud::queues::{account_of, name_of, region_of};
use crate::text::duration;

/// How many times the function's timeout a message must stay hidden; AWS's advice.
const VISIBILITY_FACTOR: u64 = 6;

/// Receives that AWS advises at least.
const RECEIVES_MIN: u64 = 5;

pub(super) fn check(facts: &Facts, findings: &mut Vec<Finding>) {
    for mapping in &facts.inventory.event_sources {
        let Some(queue) = facts.inventory.queue(&mapping.source_arn) else { continue };
        let function = facts.inventory.function(&mapping.function_arn);
        if let Some(function) = function {
            let wanted = function.timeout_seconds * VISIBILITY_FACTOR;
            let visibility = queue.visibility_seconds();
            if visibility < wanted {
                let text = format!(
                    "hides messages for {}, and function '{}' may take {}: {} is advised",
                    duration(visibility),
                    function.name,
                    duration(function.timeout_seconds),
                    duration(wanted)
                );
                let value = wanted.to_string();
                let fix = facts.place.set_queue(queue, "VisibilityTimeout", &value);
                findings.push(Finding::new(&rules::VISIBILITY_SHORT, &queue.arn, text, fix));
            }
        }
        let Some(redrive) = queue.redrive() else { continue };
        let count = redrive.max_receive_count.unwrap_or(RECEIVES_MIN);
        if count < RECEIVES_MIN {
            let text = format!(
                "gives up after {count} receives, and feeds function '{}'",
                name_of(&mapping.function_arn)
            );
            let fix = facts.place.set_redrive(queue, &redrive.target, RECEIVES_MIN);
            let mut finding = Finding::new(&rules::RECEIVES_FEW, &queue.arn, text, fix);
            if count == 1 {
                finding.severity = Severity::Critical;
            }
            findings.push(finding);
        }
    }
    for function in &facts.inventory.functions {
        let targets = function.dead_letter_target.iter().chain(&function.failure_destinations);
        for target in targets.filter(|target| target.contains(":sqs:")) {
            let is_here = region_of(target) == Some(facts.inventory.region.as_str())
                && account_of(target) == account_of(&function.arn);
            if is_here && facts.inventory.queue(target).is_none() {
                let name = name_of(target);
                let text = format!("dead-letter queue '{name}' does not exist");
                let command = format!("sqs create-queue --queue-name {name}");
                let fix = Fix { cli: vec![facts.place.aws(&command)], ..Fix::default() };
                findings.push(Finding::new(&rules::DLQ_MISSING, &function.arn, text, fix));
            }
        }
    }
}
