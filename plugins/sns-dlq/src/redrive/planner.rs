//! Which messages are meant, and what becomes of each: the filter, the route, the parcel.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use brume_plugin::{Error, ExitCode, Result};
use jiff::Timestamp;

use super::courier::{self, Door};
use super::digest;
use super::engine::{Arrival, Decision, Engine, LaneId, LaneSettings};
use super::parcel::{Parcel, Wrapping, pack, pack_as};
use super::route::{Address, Wiring, Wish, is_same_queue};
use crate::cloud::Cloud;
use crate::expression::{Expression, Subject};
use crate::message::DeadLetter;

/// What was asked for.
#[derive(Debug)]
pub struct Choice {
    /// Which messages; `None` for all.
    pub filter: Option<Expression>,
    /// Only these, and with this content.
    pub staged: Option<HashMap<String, DeadLetter>>,
    /// Where to.
    pub wish: Wish,
    /// With or without envelope.
    pub wrapping: Wrapping,
    /// Send a message's own deduplication id where it has one.
    pub keeps_deduplication: bool,
}

/// A destination in use.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Where it is.
    pub address: Address,
    /// How it is reached.
    pub door: Rc<Door>,
    /// What it takes.
    pub settings: LaneSettings,
}

/// Decides about messages, and remembers the destinations that it found.
#[derive(Debug)]
pub struct Planner<'a> {
    cloud: &'a Cloud,
    /// The queue that is read, to which nothing may go back.
    from_arn: &'a str,
    wiring: Wiring,
    choice: Choice,
    lanes: Vec<Lane>,
    by_address: BTreeMap<Address, std::result::Result<LaneId, String>>,
}

/// What is to happen to a message, for a dry run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forecast {
    /// It is sent there.
    Sent(Address, usize),
    /// It is not meant.
    Kept,
    /// Nobody knows where to.
    Refused(String),
}

impl<'a> Planner<'a> {
    /// Makes one for the queue with this ARN; empty for a file.
    #[must_use]
    pub fn new(cloud: &'a Cloud, from_arn: &'a str, wiring: Wiring, choice: Choice) -> Self {
        Self { cloud, from_arn, wiring, choice, lanes: Vec::new(), by_address: BTreeMap::new() }
    }

    /// What was asked for.
    #[must_use]
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// Finds the destination that was named, so that a wrong name is told before anything is read.
    ///
    /// # Errors
    /// When there is no such queue, or it is the dead-letter queue itself.
    pub async fn open_named(&mut self) -> Result<()> {
        let Wish::Queue(queue) = &self.choice.wish else { return Ok(()) };
        if is_same_queue(queue, self.from_arn) {
            return Err(Error::usage("the messages are in this queue already")
                .hint("--to names another queue, or endpoint, source, topic"));
        }
        let address = Address::Queue(queue.clone());
        let (door, settings) = courier::open(self.cloud, &address).await?;
        self.add(address, door, settings);
        Ok(())
    }

    fn add(&mut self, address: Address, door: Door, settings: LaneSettings) -> LaneId {
        let lane = self.lanes.len();
        self.by_address.insert(address.clone(), Ok(lane));
        self.lanes.push(Lane { address, door: Rc::new(door), settings });
        lane
    }

    /// The destinations that were found so far.
    #[must_use]
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// Says whether the filter wants the message.
    fn is_meant(&self, letter: &DeadLetter, reason: Option<&str>, now: Timestamp) -> bool {
        let staged = self.choice.staged.as_ref();
        if staged.is_some_and(|staged| !staged.contains_key(&letter.id)) {
            return false;
        }
        let Some(filter) = &self.choice.filter else { return true };
        let mut subject = Subject::new(letter, now);
        subject.reason = reason;
        let route;
        if filter.asks_subscription() && letter.subscription_arn().is_none() {
            route = self.wiring.route(letter, &Wish::Endpoint).ok();
            subject.subscription = route.as_ref().and_then(|r| r.subscription_arn.as_deref());
        }
        filter.matches(&subject)
    }

    /// Decides about a message; `is_known` skips the filter.
    ///
    /// # Errors
    /// Only when the user asks to stop: a destination that cannot be found is a decision.
    pub async fn decide(
        &mut self,
        letter: &DeadLetter,
        reason: Option<&str>,
        now: Timestamp,
        is_known: bool,
    ) -> Result<(Decision, Parcel)> {
        if !is_known && !self.is_meant(letter, reason, now) {
            return Ok((Decision::Keep, Parcel::None));
        }
        let staged = self.choice.staged.as_ref().and_then(|staged| staged.get(&letter.id));
        // The origin is the message's own, whatever was edited.
        let route = match self.wiring.route(letter, &self.choice.wish) {
            Ok(route) => route,
            Err(why) => return Ok((Decision::Refuse(why), Parcel::None)),
        };
        let content = match staged {
            Some(staged) => staged.clone(),
            None => letter.clone(),
        };
        let lane = match self.lane(&route.address).await? {
            Ok(lane) => lane,
            Err(why) => return Ok((Decision::Refuse(why), Parcel::None)),
        };
        let is_ordered = self.lanes.get(lane).is_some_and(|lane| lane.settings.is_ordered);
        let own = content.deduplication().filter(|_| self.choice.keeps_deduplication && is_ordered);
        let packed = match own {
            Some(own) => pack_as(&content, &route, self.choice.wrapping, Some(own.to_owned())),
            None => pack(&content, &route, self.choice.wrapping, is_ordered),
        };
        Ok(match packed {
            Err(why) => (Decision::Refuse(why), Parcel::None),
            Ok(parcel) => {
                let decision = Decision::Send {
                    lane,
                    bytes: parcel.bytes(),
                    group: content.group().map(Into::into),
                    digest: digest::of(&content),
                };
                (decision, parcel)
            }
        })
    }

    /// Decides about messages that came, and tells the engine of new destinations.
    ///
    /// # Errors
    /// As [`Planner::decide`].
    pub async fn arrivals(
        &mut self,
        letters: Vec<DeadLetter>,
        reasons: &[&'static str],
        engine: &mut Engine<Parcel>,
    ) -> Result<Vec<Arrival<Parcel>>> {
        let now = self.cloud.now().await;
        let mut arrivals = Vec::with_capacity(letters.len());
        for (index, letter) in letters.into_iter().enumerate() {
            let is_known = engine.was_meant(&letter.id);
            let before = self.lanes.len();
            let reason = reasons.get(index).copied();
            let (decision, parcel) = self.decide(&letter, reason, now, is_known).await?;
            for lane in self.lanes.get(before..).unwrap_or_default() {
                engine.add_lane(lane.settings);
            }
            arrivals.push(Arrival {
                id: letter.id.into(),
                handle: letter.receipt_handle.unwrap_or_default().into(),
                decision,
                parcel,
            });
        }
        Ok(arrivals)
    }

    /// The same for a dry run.
    ///
    /// # Errors
    /// As [`Planner::decide`].
    pub async fn forecast(
        &mut self,
        letter: &DeadLetter,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Forecast> {
        Ok(match self.decide(letter, reason, now, false).await?.0 {
            Decision::Keep => Forecast::Kept,
            Decision::Refuse(why) => Forecast::Refused(why),
            Decision::Send { lane, bytes, .. } => match self.lanes.get(lane) {
                Some(lane) => Forecast::Sent(lane.address.clone(), bytes),
                None => Forecast::Kept,
            },
        })
    }

    async fn lane(&mut self, address: &Address) -> Result<std::result::Result<LaneId, String>> {
        if let Some(known) = self.by_address.get(address) {
            return Ok(known.clone());
        }
        if matches!(address, Address::Queue(queue) if is_same_queue(queue, self.from_arn)) {
            let why = "the destination is the dead-letter queue itself".to_owned();
            self.by_address.insert(address.clone(), Err(why.clone()));
            return Ok(Err(why));
        }
        match courier::open(self.cloud, address).await {
            Ok((door, settings)) => Ok(Ok(self.add(address.clone(), door, settings))),
            Err(error) if error.code == ExitCode::Interrupted => Err(error),
            Err(error) => {
                let cause = error.causes.first().map_or(error.message.as_str(), String::as_str);
                let why = format!("{address}: {cause}");
                self.by_address.insert(address.clone(), Err(why.clone()));
                Ok(Err(why))
            }
        }
    }
}
