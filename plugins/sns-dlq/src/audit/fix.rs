//! What mends a finding: commands of the aws CLI, and Terraform.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cloud::queues::{Queue, name_of};

/// What mends a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fix {
    /// Commands, one a line.
    pub cli: Vec<String>,
    /// A snippet; empty when Terraform cannot say it.
    pub terraform: String,
    /// What to do where no command can.
    pub advice: String,
}

impl Fix {
    /// A sentence where no command can help.
    #[must_use]
    pub fn advice(text: impl Into<String>) -> Self {
        Self { advice: text.into(), ..Self::default() }
    }
}

/// Where commands go: what the aws CLI has to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// `--region`.
    pub region: String,
    /// `--endpoint-url`, where one was given.
    pub endpoint_url: Option<String>,
}

impl Place {
    /// One command; `rest` begins with the service.
    #[must_use]
    pub fn aws(&self, rest: &str) -> String {
        let mut command = format!("aws {rest}");
        if !self.region.is_empty() {
            let _ = write!(command, " --region {}", self.region);
        }
        if let Some(url) = &self.endpoint_url {
            let _ = write!(command, " --endpoint-url {url}");
        }
        command
    }

    /// Sets one attribute of a queue.
    #[must_use]
    pub fn set_queue(&self, queue: &Queue, attribute: &str, value: &str) -> Fix {
        let attributes = json!({attribute: value}).to_string();
        let url = shell_word(&queue.url);
        let attributes = shell_word(&attributes);
        let cli = self
            .aws(&format!("sqs set-queue-attributes --queue-url {url} --attributes {attributes}"));
        let argument = match attribute {
            "MessageRetentionPeriod" => "message_retention_seconds",
            "VisibilityTimeout" => "visibility_timeout_seconds",
            "KmsMasterKeyId" => "kms_master_key_id",
            _ => "",
        };
        let terraform = if argument.is_empty() {
            String::new()
        } else {
            let value = if value.parse::<u64>().is_ok() { value.to_owned() } else { quoted(value) };
            block(
                "aws_sqs_queue",
                queue.name(),
                &[("name", quoted(queue.name())), (argument, value)],
            )
        };
        Fix { cli: vec![cli], terraform, advice: String::new() }
    }

    /// Points a queue's redrive policy somewhere, or changes its count.
    #[must_use]
    pub fn set_redrive(&self, queue: &Queue, target: &str, count: u64) -> Fix {
        let policy = json!({"deadLetterTargetArn": target, "maxReceiveCount": count});
        let mut fix = self.set_queue(queue, "RedrivePolicy", &policy.to_string());
        fix.terraform = block(
            "aws_sqs_queue",
            queue.name(),
            &[("name", quoted(queue.name())), ("redrive_policy", encoded(&policy.to_string()))],
        );
        fix
    }

    /// Adds a statement to a queue's policy that lets SNS send for one topic.
    #[must_use]
    pub fn allow_topic(&self, queue: &Queue, topic_arn: &str) -> Fix {
        let statement = statement_for(&queue.arn, topic_arn);
        let existing: Option<Value> =
            queue.policy().and_then(|policy| serde_json::from_str(policy).ok());
        let mut policy = existing
            .filter(Value::is_object)
            .unwrap_or_else(|| json!({"Version": "2012-10-17", "Statement": []}));
        match &mut policy["Statement"] {
            Value::Array(statements) => statements.push(statement),
            // A single statement may stand without a list.
            Value::Object(only) => {
                policy["Statement"] = json!([Value::Object(only.clone()), statement]);
            }
            other => *other = json!([statement]),
        }
        self.set_policy_of_queue(queue, &policy.to_string())
    }

    /// Replaces a queue's policy.
    #[must_use]
    pub fn set_policy_of_queue(&self, queue: &Queue, policy: &str) -> Fix {
        let mut fix = self.set_queue(queue, "Policy", policy);
        fix.terraform = block(
            "aws_sqs_queue_policy",
            queue.name(),
            &[("queue_url", quoted(&queue.url)), ("policy", encoded(policy))],
        );
        fix
    }

    /// Replaces a topic's policy.
    #[must_use]
    pub fn set_policy_of_topic(&self, topic_arn: &str, policy: &str) -> Fix {
        let cli = self.aws(&format!(
            "sns set-topic-attributes --topic-arn {topic_arn} --attribute-name Policy \
             --attribute-value {}",
            shell_word(policy)
        ));
        let terraform = block(
            "aws_sns_topic_policy",
            name_of(topic_arn),
            &[("arn", quoted(topic_arn)), ("policy", encoded(policy))],
        );
        Fix { cli: vec![cli], terraform, advice: String::new() }
    }

    /// Gives a subscription a dead-letter queue; makes that first when `makes_queue`.
    #[must_use]
    pub fn give_dead_letter_queue(
        &self,
        subscription_arn: &str,
        topic_arn: &str,
        target: &str,
        makes_queue: bool,
    ) -> Fix {
        let mut cli = Vec::new();
        let mut terraform = String::new();
        let redrive = json!({"deadLetterTargetArn": target});
        if makes_queue {
            let policy = json!({
                "Version": "2012-10-17",
                "Statement": [statement_for(target, topic_arn)],
            });
            let mut attributes =
                json!({"MessageRetentionPeriod": "1209600", "Policy": policy.to_string()});
            let mut arguments = vec![
                ("name", quoted(name_of(target))),
                ("message_retention_seconds", "1209600".to_owned()),
                ("policy", encoded(&policy.to_string())),
            ];
            if target.ends_with(".fifo") {
                attributes["FifoQueue"] = json!("true");
                arguments.push(("fifo_queue", "true".to_owned()));
            }
            let attributes = shell_word(&attributes.to_string());
            let name = shell_word(name_of(target));
            cli.push(
                self.aws(&format!(
                    "sqs create-queue --queue-name {name} --attributes {attributes}"
                )),
            );
            terraform = block("aws_sqs_queue", name_of(target), &arguments);
        }
        cli.push(self.aws(&format!(
            "sns set-subscription-attributes --subscription-arn {} \
             --attribute-name RedrivePolicy --attribute-value {}",
            shell_word(subscription_arn),
            shell_word(&redrive.to_string())
        )));
        terraform.push_str(&block(
            "aws_sns_topic_subscription",
            name_of(topic_arn),
            &[("topic_arn", quoted(topic_arn)), ("redrive_policy", encoded(&redrive.to_string()))],
        ));
        Fix { cli, terraform, advice: String::new() }
    }

    /// An alarm on the first dead letter.
    #[must_use]
    pub fn alarm(&self, queue: &str) -> Fix {
        let cli = self.aws(&format!(
            "cloudwatch put-metric-alarm --alarm-name {} --namespace AWS/SQS \
             --metric-name ApproximateNumberOfMessagesVisible --dimensions Name=QueueName,Value={} \
             --statistic Maximum --period 60 --evaluation-periods 1 --threshold 0 \
             --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching",
            shell_word(&format!("{queue}-not-empty")),
            shell_word(queue)
        ));
        let terraform = block(
            "aws_cloudwatch_metric_alarm",
            queue,
            &[
                ("alarm_name", quoted(&format!("{queue}-not-empty"))),
                ("namespace", quoted("AWS/SQS")),
                ("metric_name", quoted("ApproximateNumberOfMessagesVisible")),
                ("dimensions", format!("{{ QueueName = {} }}", quoted(queue))),
                ("statistic", quoted("Maximum")),
                ("period", "60".to_owned()),
                ("evaluation_periods", "1".to_owned()),
                ("threshold", "0".to_owned()),
                ("comparison_operator", quoted("GreaterThanThreshold")),
                ("treat_missing_data", quoted("notBreaching")),
            ],
        );
        Fix { cli: vec![cli], terraform, advice: String::new() }
    }

    /// Lets SNS invoke a function for one topic.
    #[must_use]
    pub fn allow_invoke(&self, function_arn: &str, topic_arn: &str) -> Fix {
        let statement = format!("sns-{}", name_of(topic_arn).replace('.', "-"));
        let cli = self.aws(&format!(
            "lambda add-permission --function-name {} --statement-id {statement} \
             --action lambda:InvokeFunction --principal sns.amazonaws.com --source-arn {}",
            shell_word(function_arn),
            shell_word(topic_arn)
        ));
        let terraform = block(
            "aws_lambda_permission",
            &statement,
            &[
                ("action", quoted("lambda:InvokeFunction")),
                ("function_name", quoted(name_of(function_arn))),
                ("principal", quoted("sns.amazonaws.com")),
                ("source_arn", quoted(topic_arn)),
            ],
        );
        Fix { cli: vec![cli], terraform, advice: String::new() }
    }
}

/// The statement that lets SNS send to a queue for one topic, and for no other.
fn statement_for(queue_arn: &str, topic_arn: &str) -> Value {
    json!({
        "Sid": format!("sns-{}", name_of(topic_arn).replace(['.', '_'], "-")),
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    })
}

/// A word for a POSIX shell.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A block of Terraform.
fn block(kind: &str, name: &str, arguments: &[(&str, String)]) -> String {
    let label: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let width = arguments.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = format!("resource \"{kind}\" \"{label}\" {{\n");
    for (name, value) in arguments {
        let _ = writeln!(text, "  {name:<width$} = {value}");
    }
    text.push_str("}\n");
    text
}

/// A string of Terraform: `${` would begin an expression.
fn quoted(text: &str) -> String {
    json!(text).to_string().replace("${", "$${").replace("%{", "%%{")
}

/// A document as a call of `jsonencode`; JSON is valid there but for `${`.
fn encoded(document: &str) -> String {
    format!("jsonencode({})", document.replace("${", "$${").replace("%{", "%%{"))
}
