//! The calls that each function makes, one after the other. The model makes them (`alone.rs`), and so does the real
//! function, of which the end-to-end tests record them (`e2e/model_lists.rs`).

/// What is played, and the calls of the function in it; without its certificates, its namespace, and the search for what is due.
pub const LISTS: [(&str, &[&str]); 10] = [
    ("create-order opens a checkout", &["put", "create", "put"]),
    (
        "create-order loses an answer and takes the next number",
        &["put", "create", "put", "create", "put"],
    ),
    ("create-order repeats its answer", &["put"]),
    (
        "binance-callback believes what agrees, and tells",
        &["get", "put", "tell", "put"],
    ),
    (
        "binance-callback asks about a checkout whose answer was lost",
        &["get", "put", "query", "put", "tell", "put"],
    ),
    (
        "close-order closes a checkout, and asks how it ended",
        &["get", "put", "close", "query", "put"],
    ),
    (
        "refund-order looks, records, sends, and asks",
        &[
            "get",
            "query",
            "put",
            "refund",
            "put",
            "query refund",
            "put",
        ],
    ),
    (
        "reconcile-orders finds a payment, and tells",
        &["put", "query", "put", "tell", "put"],
    ),
    (
        "reconcile-orders sends a refund again that never arrived",
        &["put", "query refund", "put", "put", "refund", "put"],
    ),
    (
        "reconcile-orders tells what was not accepted",
        &["put", "tell", "put"],
    ),
];
