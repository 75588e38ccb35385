//! What each request does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use brume_instance::protocol::{FaultRule, Reply, Request};
use brume_instance::{Code, Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::to_wire;
use crate::host::Host;
use crate::snapshot;

/// Does what is asked; `logs` is the session's own business.
pub(super) async fn answer(host: &Host, request: Request) -> Reply {
    try_answer(host, request).await.unwrap_or_else(Reply::Failed)
}

async fn try_answer(host: &Host, request: Request) -> Result<Reply> {
    match request {
        Request::Status => return Ok(Reply::Status(Box::new(host.status().await))),
        Request::Reset { service } => host.reset(service.as_deref()).await?,
        Request::ClockShow => return Ok(Reply::Clock(host.clock_view(0))),
        Request::ClockAdvance { milliseconds } => {
            let fired = host.advance_clock(Duration::from_millis(milliseconds)).await?;
            return Ok(Reply::Clock(host.clock_view(fired)));
        }
        Request::ClockFreeze => {
            host.freeze_clock()?;
            return Ok(Reply::Clock(host.clock_view(0)));
        }
        Request::ClockResume => {
            host.resume_clock()?;
            return Ok(Reply::Clock(host.clock_view(0)));
        }
        Request::FaultAdd { rule } => return add_fault(host, &rule),
        Request::FaultList => {
            return Ok(Reply::Faults { rules: transcode(&host.faults().list())? });
        }
        Request::FaultRemove { id: Some(id) } => host.faults().remove(id).map_err(to_wire)?,
        Request::FaultRemove { id: None } => {
            host.faults().clear();
        }
        Request::SnapshotSave { directory } => {
            snapshot::save(host, &folder(&directory)?).await?;
        }
        Request::SnapshotLoad { directory } => {
            snapshot::load(host, &folder(&directory)?).await?;
        }
        Request::Stop | Request::Logs { .. } => {}
    }
    Ok(Reply::Done)
}

fn add_fault(host: &Host, rule: &FaultRule) -> Result<Reply> {
    let id = host.faults().add(transcode(rule)?).map_err(to_wire)?;
    let added = host.faults().list().into_iter().find(|status| status.id == id);
    let seed = added.and_then(|status| status.rule.seed).unwrap_or_default();
    Ok(Reply::FaultAdded { id, seed })
}

fn folder(directory: &str) -> Result<PathBuf> {
    let folder = Path::new(directory);
    if folder.is_absolute() && folder.is_dir() {
        return Ok(folder.to_path_buf());
    }
    Err(Error::new(Code::Usage, format!("`{}` is not a folder", directory.escape_debug())))
}

/// The protocol's fault types and the foundation's have the same JSON form; a test holds them to
/// it.
fn transcode<From: Serialize, To: DeserializeOwned>(from: &From) -> Result<To> {
    serde_json::to_value(from)
        .and_then(serde_json::from_value)
        .map_err(|error| Error::new(Code::Usage, "not a fault rule").cause(error))
}

#[cfg(test)]
mod tests {
    use brume_foundation::faults::{Faults, Rule};
    use brume_instance::protocol::{FaultAction, FaultView};

    use super::*;

    #[test]
    fn every_fault_action_passes_the_border_both_ways() {
        let code = Some("ServiceUnavailable".to_owned());
        for action in [
            FaultAction::Error { status: 503, code, message: None },
            FaultAction::Latency { milliseconds: 5, jitter_milliseconds: 1 },
            FaultAction::Drop,
            FaultAction::Throttle { per_second: 2.5, burst: 3 },
        ] {
            let rule = FaultRule {
                service: "kubernetes".to_owned(),
                operation: "*".to_owned(),
                action,
                rate: 0.5,
                after: 1,
                count: Some(2),
                seed: Some(3),
            };
            let faults = Faults::new();
            let inner: Rule = transcode(&rule).expect("the same form");
            faults.add(inner).expect("a valid rule");
            let views: Vec<FaultView> = transcode(&faults.list()).expect("the same form");
            assert_eq!(views[0].rule, rule);
        }
    }
}
