//! brume explain: kubectl explain, and further.
