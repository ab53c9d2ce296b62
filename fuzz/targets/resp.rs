//! Any bytes from a client and from a server: the parser finds the same requests however the bytes
//! are cut, what it finds survives being sent again, and a reply is decoded from its own bytes
//! alone.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nameplate_daemon::resp::{Parser, ProtocolError, decode, encode};

fuzz_target!(|bytes: &[u8]| {
    requests(bytes);
    reply(bytes);
});

type Request = Vec<Vec<u8>>;

fn requests(bytes: &[u8]) {
    let (whole, end) = parse(bytes, bytes.len().max(1));
    let step = bytes.first().map_or(1, |byte| usize::from(byte % 7) + 1);
    assert_eq!(parse(bytes, step), (whole.clone(), end));

    for request in whole.iter().filter(|request| !request.is_empty()) {
        let arguments: Vec<&[u8]> = request.iter().map(Vec::as_slice).collect();
        let mut sent = Vec::new();
        encode(&arguments, &mut sent);
        assert_eq!(parse(&sent, sent.len()), (vec![request.clone()], None));
    }
}

/// All requests in a connection's bytes, which come `step` at a time, and why it ended there.
fn parse(bytes: &[u8], step: usize) -> (Vec<Request>, Option<ProtocolError>) {
    let (mut parser, mut buffer, mut requests) = (Parser::default(), Vec::new(), Vec::new());
    for part in bytes.chunks(step) {
        buffer.extend_from_slice(part);
        loop {
            match parser.parse(&mut buffer) {
                Ok(Some(length)) => {
                    assert!(0 < length && length <= buffer.len());
                    let arguments = parser.arguments(&buffer);
                    let request: Request = arguments.from(0).map(<[u8]>::to_vec).collect();
                    assert_eq!(request.len(), arguments.len());
                    requests.push(request);
                    buffer.drain(..length);
                }
                Ok(None) => break,
                Err(error) => return (requests, Some(error)),
            }
        }
    }
    (requests, None)
}

fn reply(bytes: &[u8]) {
    let Ok(Some((reply, length))) = decode(bytes) else { return };
    assert!(0 < length && length <= bytes.len());
    assert_eq!(decode(&bytes[..length]), Ok(Some((reply, length))));
    assert_eq!(decode(&bytes[..length - 1]), Ok(None));
}
