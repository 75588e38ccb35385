//! AWS clients for plugins: the whole default chain, one TLS stack.
