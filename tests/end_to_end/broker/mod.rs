//! Queues and topics: AWS's clients, kill -9, hostile requests.

mod clients;
mod crash;
mod hostile;
