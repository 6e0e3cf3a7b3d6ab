//! What is signed by mistake in place of what belongs: the same parts, put together otherwise.

/// Bytes that may have been signed, and what was done wrong if they were.
pub(super) type Payload = (Vec<u8>, &'static str);

/// What signs a notification by mistake.
pub(super) fn of_notification(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<Payload> {
    let with = |head: String, end: &str| [head.as_bytes(), body, end.as_bytes()].concat();
    let seconds = timestamp.get(..timestamp.len().saturating_sub(3));
    vec![
        (
            with(format!("{timestamp}\n{nonce}\n"), ""),
            "it was made without the line feed at the end: one belongs behind the body, too",
        ),
        (
            with(format!("{timestamp}\r\n{nonce}\r\n"), "\r\n"),
            "it was made with CR LF: a line feed alone (\\n) belongs behind timestamp, nonce and body",
        ),
        (
            with(format!("{timestamp}\\n{nonce}\\n"), "\\n"),
            "it was made with the two characters \\ and n where a line feed belongs",
        ),
        (
            with(format!("{timestamp}{nonce}"), ""),
            "it was made without line feeds: one belongs behind timestamp, nonce and body each",
        ),
        (
            with(format!("{nonce}\n{timestamp}\n"), "\n"),
            "it was made over the nonce before the timestamp: the timestamp comes first",
        ),
        (
            with(format!("{}\n{nonce}\n", seconds.unwrap_or_default()), "\n"),
            "it was made over the timestamp in seconds: the header's milliseconds belong",
        ),
        (
            with(String::new(), ""),
            "it was made over the body alone: timestamp and nonce come before it",
        ),
    ]
}

/// What signs a confirmation by mistake.
pub(super) fn of_confirmation(id: &str, timestamp: &str, body: &[u8]) -> Vec<Payload> {
    let with = |head: String, end: &str| [head.as_bytes(), body, end.as_bytes()].concat();
    vec![
        (
            with(format!("{timestamp}."), ""),
            "it was made without the id: id.timestamp.body belongs",
        ),
        (
            with(format!("{id}."), ""),
            "it was made without the timestamp: id.timestamp.body belongs",
        ),
        (
            with(format!("{timestamp}.{id}."), ""),
            "it was made over the timestamp before the id: id.timestamp.body belongs",
        ),
        (
            with(format!("{id}\n{timestamp}\n"), ""),
            "it was made with line feeds between: id.timestamp.body has full stops",
        ),
        (
            with(format!("{id}\n{timestamp}\n"), "\n"),
            "it was made with line feeds, as Binance Pay signs: id.timestamp.body has full stops",
        ),
        (
            with(format!("{id}{timestamp}"), ""),
            "it was made without the full stops between: id.timestamp.body belongs",
        ),
        (
            with(format!("{id}.{timestamp}."), "\n"),
            "it was made with a line feed behind the body, where none belongs",
        ),
        (
            with(format!("{id}.{timestamp}000."), ""),
            "it was made over the timestamp in milliseconds: the header's seconds belong",
        ),
        (
            with(String::new(), ""),
            "it was made over the body alone: id.timestamp.body belongs",
        ),
    ]
}
