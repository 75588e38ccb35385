//! Kubernetes API schemas as data.
