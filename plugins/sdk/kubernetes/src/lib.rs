//! Kubernetes clients for plugins: kubeconfig, exec credentials, retries.
