//! AddPermission and RemovePermission: statements of a topic's policy by label.

use brume_policy::Account;

use super::topics::named;
use crate::error::{invalid_parameter, missing};
use crate::request::{Reply, Request, nothing};
use crate::validate::{document, names};

pub(super) async fn add(request: &Request<'_>) -> Reply {
    let topic_arn = named(request, "TopicArn", "AddPermission")?;
    let label = names::label(request.get("Label"))?;
    let accounts = strings(request, "AWSAccountId");
    let actions = strings(request, "ActionName");
    if accounts.is_empty() {
        return Err(missing("aWSAccountId"));
    }
    if actions.is_empty() {
        return Err(missing("actionName"));
    }
    if accounts.iter().any(|account| account.parse::<Account>().is_err()) {
        return Err(invalid_parameter("AWSAccountId"));
    }
    if !actions.iter().all(|action| document::is_topic_action(action)) {
        return Err(invalid_parameter("Policy statement action out of service scope!"));
    }
    nothing(request.topics.add_permission(topic_arn, label, &accounts, &actions).await)
}

pub(super) async fn remove(request: &Request<'_>) -> Reply {
    let topic_arn = named(request, "TopicArn", "RemovePermission")?;
    let label = names::label(request.get("Label"))?;
    nothing(request.topics.remove_permission(topic_arn, label).await)
}

fn strings(request: &Request<'_>, name: &str) -> Vec<String> {
    request.form.list(name).into_iter().map(str::to_owned).collect()
}
