//! What is sent: requests encoded before the clock starts, in batches that go out with one call. Every reply to
//! them is compared once, whole, with what it must be.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use nameplate::{Address, Database, write_json};
use nameplate_daemon::resp::{Reply, decode, encode};

use crate::Result;
use crate::sockets::client::Totals;

/// Requests in batches of equally many.
pub struct Script {
    bytes: Vec<u8>,
    /// Where in `bytes` each batch starts, and where the last one ends.
    bounds: Vec<usize>,
    per_batch: usize,
    /// What must come back, as the replies that were compared had it.
    pub totals: Totals,
    /// Addresses in all batches.
    pub lookups: usize,
}

impl Script {
    /// Joins requests that were checked; a rest that fills no batch must not be there.
    pub fn new(checked: &Checked, per_batch: usize) -> Script {
        assert!(checked.requests.len().is_multiple_of(per_batch), "every request is in a batch");
        let (mut bytes, mut bounds) = (Vec::new(), vec![0]);
        for batch in checked.requests.chunks(per_batch) {
            bytes.extend(batch.iter().flatten());
            bounds.push(bytes.len());
        }
        Script { bytes, bounds, per_batch, totals: checked.totals, lookups: checked.lookups }
    }

    /// The bytes of each batch.
    pub fn batches(&self) -> impl ExactSizeIterator<Item = &[u8]> + Clone {
        self.bounds.windows(2).map(|bounds| &self.bytes[bounds[0]..bounds[1]])
    }

    /// The bytes of one batch.
    pub fn batch(&self, index: usize) -> &[u8] {
        &self.bytes[self.bounds[index]..self.bounds[index + 1]]
    }

    /// Requests, and so replies, of a batch.
    pub fn per_batch(&self) -> u64 {
        self.per_batch as u64
    }
}

/// Requests whose replies have been compared, and what those add up to.
pub struct Checked {
    requests: Vec<Vec<u8>>,
    totals: Totals,
    lookups: usize,
    /// The bytes of the reply whose length is the median of all.
    pub typical: Vec<u8>,
}

impl Checked {
    /// Sends each request and compares its reply: `right` gets the request's place and the reply.
    pub fn new(
        what: &str,
        socket: &Path,
        requests: Vec<Vec<u8>>,
        lookups: usize,
        right: impl Fn(usize, &Reply) -> bool,
    ) -> Result<Checked> {
        let mut stream = UnixStream::connect(socket)?;
        let mut totals = Totals::default();
        let mut lengths = Vec::with_capacity(requests.len());
        for (place, request) in requests.iter().enumerate() {
            let (reply, bytes) = ask(&mut stream, request)?;
            if !right(place, &reply) {
                return Err(format!("{what}: the reply to request {place} is wrong").into());
            }
            totals.replies += 1;
            totals.bytes += bytes.len() as u64;
            totals.sum += bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
            lengths.push((bytes.len(), place));
        }
        let middle = lengths.len() / 2;
        let (_, (_, typical), _) = lengths.select_nth_unstable(middle);
        let (_, typical) = ask(&mut stream, &requests[*typical])?;
        Ok(Checked { requests, totals, lookups, typical })
    }

    /// The same requests for a server that answers each with the same bytes.
    #[must_use]
    pub fn echoed(&self) -> Checked {
        let replies = self.requests.len() as u64;
        let sum = self.typical.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        let bytes = self.typical.len() as u64;
        Checked {
            requests: self.requests.clone(),
            totals: Totals { replies: 1, bytes, sum, refused: 0 }.times(replies),
            lookups: self.lookups,
            typical: self.typical.clone(),
        }
    }
}

/// One request, one reply, with its bytes.
fn ask(stream: &mut UnixStream, request: &[u8]) -> Result<(Reply, Vec<u8>)> {
    stream.write_all(request)?;
    let mut received = Vec::new();
    let mut bytes = [0; 16 << 10];
    loop {
        let count = stream.read(&mut bytes)?;
        if count == 0 {
            return Err("the server closed the connection".into());
        }
        received.extend_from_slice(&bytes[..count]);
        match decode(&received)? {
            Some((reply, length)) if length == received.len() => return Ok((reply, received)),
            Some(_) => return Err("more than one reply to a request".into()),
            None => {}
        }
    }
}

/// One request.
pub fn request(arguments: &[&[u8]]) -> Vec<u8> {
    let mut request = Vec::new();
    encode(arguments, &mut request);
    request
}

/// What `LOOKUP` must answer, sorted: made from the line of JSON, which is documented to have the same
/// content, and not by the code that writes the reply.
pub fn fields(database: &Database, address: u32) -> Result<Vec<(String, String)>> {
    let mut line = String::new();
    write_json(&database.lookup(Address::V4(address)), &mut line);
    let mut fields = Vec::new();
    flatten("", &serde_json::from_str(&line)?, &mut fields);
    fields.sort();
    Ok(fields)
}

fn flatten(name: &str, value: &serde_json::Value, fields: &mut Vec<(String, String)>) {
    use serde_json::Value;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, value, fields);
            }
        }
        Value::Array(values) => {
            fields.push((name.into(), values.iter().map(text).collect::<Vec<_>>().join(",")));
        }
        value => fields.push((name.into(), text(value))),
    }
}

/// Whether a reply is the map of these fields, in any order.
pub fn is_map(reply: &Reply, fields: &[(String, String)]) -> bool {
    let Reply::Array(values) = reply else { return false };
    let mut found: Vec<(&[u8], &[u8])> = Vec::new();
    for pair in values.chunks(2) {
        let [Reply::Bulk(name), Reply::Bulk(value)] = pair else { return false };
        found.push((name, value));
    }
    found.sort_unstable();
    found.into_iter().eq(fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())))
}
