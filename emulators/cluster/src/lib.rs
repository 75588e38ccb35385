//! The Kubernetes mini-cluster.
