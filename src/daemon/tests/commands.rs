//! Each command's replies, byte by byte, in RESP2 and RESP3.

mod common;

use common::{COMPANY, Daemon, Peer, UNKNOWN, bulks, map, request};
use nameplate_daemon::resp::encode;

/// A client of each protocol: number 0 speaks RESP2, number 1 RESP3.
async fn clients(daemon: &Daemon) -> [Peer; 2] {
    let two = daemon.connect().await;
    let mut three = daemon.connect().await;
    assert!(three.reply(request(&["HELLO", "3"])).await.starts_with(b"%7\r\n"));
    [two, three]
}

/// The same reply in both protocols.
async fn same(clients: &mut [Peer; 2], words: &[&str], expected: &str) {
    for client in clients {
        client.ask(request(words), expected).await;
    }
}

async fn each(clients: &mut [Peer; 2], words: &[&str], expected: [String; 2]) {
    for (client, expected) in clients.iter_mut().zip(expected) {
        client.ask(request(words), expected).await;
    }
}

#[tokio::test]
async fn lookup_answers_with_a_map_of_bulk_strings() {
    let daemon = Daemon::start().await;
    let mut clients = clients(&daemon).await;
    each(&mut clients, &["LOOKUP", "192.0.2.1"], map(COMPANY)).await;
    each(&mut clients, &["lookup", "::ffff:192.0.2.1"], map(COMPANY)).await;
    each(&mut clients, &["Lookup", "203.0.113.1"], map(UNKNOWN)).await;
    let reserved = ["status", "reserved", "block", "Private-Use"];
    each(&mut clients, &["LOOKUP", "10.1.2.3"], map(&reserved)).await;
    let six = [
        "status",
        "operator",
        "operator.asn",
        "64501",
        "operator.name",
        "Example Six",
        "network.first",
        "2001:db8::",
        "network.last",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        "sources",
        "ip-asn",
    ];
    each(&mut clients, &["LOOKUP", "2001:db8::1"], map(&six)).await;
    for bad in ["", "192.0.2.01", "192.0.2.1 ", "192.0.2.1:80", "fe80::1%eth0", "192.0.2.1\0"] {
        same(&mut clients, &["LOOKUP", bad], "-ERR invalid address\r\n").await;
    }
    same(&mut clients, &["LOOKUP", &"1".repeat(10_000)], "-ERR invalid address\r\n").await;
    daemon.stop().await;
}

#[tokio::test]
async fn mlookup_keeps_order_and_puts_errors_in_place() {
    let daemon = Daemon::start().await;
    let mut clients = clients(&daemon).await;
    let (company, unknown) = (map(COMPANY), map(UNKNOWN));
    let expected = [0, 1]
        .map(|protocol| format!("*3\r\n{}-ERR invalid address\r\n{}", company[protocol], unknown[protocol]));
    each(&mut clients, &["MLOOKUP", "192.0.2.1", "nonsense", "203.0.113.1"], expected).await;
    // Far more than the output buffer holds.
    let words: Vec<&str> =
        std::iter::once("mlookup").chain(std::iter::repeat_n("192.0.2.9", 20_000)).collect();
    let expected = company.map(|answer| format!("*20000\r\n{}", answer.repeat(20_000)));
    each(&mut clients, &words, expected).await;
    daemon.stop().await;
}

#[tokio::test]
async fn lookupjson_answers_with_the_line_of_the_command() {
    let daemon = Daemon::start().await;
    let mut clients = clients(&daemon).await;
    let json = concat!(
        r#"{"status":"operator","operator":{"asn":64500,"name":"Example Telecom","kind":"access"},"#,
        r#""network":{"first":"198.51.100.0","last":"198.51.100.255"},"sources":["ip-asn"]}"#
    );
    same(&mut clients, &["LOOKUPJSON", "198.51.100.7"], &bulks(&[json])).await;
    same(&mut clients, &["LOOKUPJSON", "8.8.8.8"], &bulks(&[r#"{"status":"unknown"}"#])).await;
    same(&mut clients, &["LOOKUPJSON", "x"], "-ERR invalid address\r\n").await;
    daemon.stop().await;
}

/// A packed request, and the reply that it gets: the generation and the answer ids.
fn packed(width: &str, addresses: &[u8], ids: &[u32]) -> (Vec<u8>, Vec<u8>) {
    let mut request = Vec::new();
    encode(&[b"LookupPacked", width.as_bytes(), addresses], &mut request);
    let head = format!("*2\r\n:1\r\n${}\r\n", ids.len() * 4);
    let ids: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
    (request, [head.as_bytes(), &ids, b"\r\n"].concat())
}

#[tokio::test]
async fn lookuppacked_gives_generation_and_answer_ids() {
    let daemon = Daemon::start().await;
    let mut clients = clients(&daemon).await;
    let v4 = [[192, 0, 2, 1], [192, 0, 2, 128], [10, 9, 8, 7], [8, 8, 8, 8]].concat();
    let mapped = [&[0; 10][..], &[0xff, 0xff, 192, 0, 2, 1]].concat();
    let v6 = [&[0x20, 0x01, 0x0d, 0xb8][..], &[0; 12], &mapped, &[0xff; 16]].concat();
    let long = v4.repeat(50_001);
    let cases: [(&str, &[u8], Vec<u32>); 4] = [
        ("4", &v4, vec![1, 2, 3, 0]),
        ("16", &v6, vec![4, 1, 0]),
        ("4", b"", vec![]),
        ("4", &long, [1, 2, 3, 0].repeat(50_001)),
    ];
    for (width, addresses, ids) in cases {
        let (request, reply) = packed(width, addresses, &ids);
        for client in &mut clients {
            assert_eq!(client.reply(&request).await, reply);
        }
    }
}

#[tokio::test]
async fn packed_addresses_of_another_width_are_refused() {
    let daemon = Daemon::start().await;
    let mut clients = clients(&daemon).await;
    let width = "-ERR the width of packed addresses is 4 or 16 bytes\r\n";
    same(&mut clients, &["LOOKUPPACKED", "8", "aaaaaaaa"], width).await;
    let whole = "-ERR the bytes are no whole number of addresses\r\n";
    same(&mut clients, &["LOOKUPPACKED", "4", "aaaaa"], whole).await;
    same(&mut clients, &["LOOKUPPACKED", "16", "aaaa"], whole).await;
}

#[tokio::test]
async fn answer_has_no_network() {
    let daemon = Daemon::start().await;
    let mut clients = clients(&daemon).await;
    let without: Vec<&str> =
        COMPANY.chunks(2).filter(|field| !field[0].starts_with("network.")).flatten().copied().collect();
    each(&mut clients, &["ANSWER", "1"], map(&without)).await;
    each(&mut clients, &["ANSWER", "0"], map(UNKNOWN)).await;
    for unknown in ["5", "4294967295", "4294967296", "9223372036854775807"] {
        same(&mut clients, &["ANSWER", unknown], "-ERR no such answer\r\n").await;
    }
    for bad in ["-1", "x", "", "1.0", "9223372036854775808"] {
        same(&mut clients, &["ANSWER", bad], "-ERR an answer id is a number from 0\r\n").await;
    }
    daemon.stop().await;
}

#[tokio::test]
async fn networks_are_pairs() {
    let daemon = Daemon::start().await;
    let mut clients = clients(&daemon).await;
    let pairs = [["192.0.2.0", "192.0.2.127"], ["192.0.2.129", "192.0.2.255"]];
    let expected: String = pairs.iter().map(|pair| ["*2\r\n", &bulks(pair)].concat()).collect();
    same(&mut clients, &["NETWORKS", "lei:EXAMPLE"], &format!("*2\r\n{expected}")).await;
    same(&mut clients, &["NETWORKS", "lei:NONE"], "*0\r\n").await;
    clients[0].ask(b"*2\r\n$8\r\nNETWORKS\r\n$2\r\n\xff\xfe\r\n", "*0\r\n").await;
    daemon.stop().await;
}

#[tokio::test]
async fn greetings_are_answered_as_redis_does() {
    let daemon = Daemon::start().await;
    let mut client = daemon.connect().await;
    let fields = |protocol| {
        format!(
            "{}{}:{protocol}\r\n{}:1\r\n{}*0\r\n",
            bulks(&["server", "redis", "version", "7.4.0"]),
            bulks(&["proto"]),
            bulks(&["id"]),
            bulks(&["mode", "standalone", "role", "master", "modules"]),
        )
    };
    client.ask(request(&["HELLO"]), format!("*14\r\n{}", fields(2))).await;
    client.ask(request(&["HELLO", "4"]), "-NOPROTO unsupported protocol version\r\n").await;
    client
        .ask(request(&["HELLO", "three"]), "-ERR Protocol version is not an integer or out of range\r\n")
        .await;
    for bad in
        [&["HELLO", "3", "AUTH", "default"][..], &["HELLO", "3", "SETNAME"], &["HELLO", "3", "NAME", "a"]]
    {
        client.ask(request(bad), "-ERR Syntax error in HELLO option\r\n").await;
    }
    client
        .ask(
            request(&["HELLO", "3", "AUTH", "someone", "secret"]),
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n",
        )
        .await;
    client.ask(request(&["CLIENT", "GETNAME"]), "$-1\r\n").await;
    let hello = request(&["hello", "3", "auth", "default", "any", "setname", "web-1"]);
    client.ask(hello, format!("%7\r\n{}", fields(3))).await;
    client.ask(request(&["CLIENT", "GETNAME"]), bulks(&["web-1"])).await;
    client.ask(request(&["HELLO"]), format!("%7\r\n{}", fields(3))).await;
    client.ask(request(&["RESET"]), "+RESET\r\n").await;
    client.ask(request(&["CLIENT", "GETNAME"]), "$-1\r\n").await;
    daemon.stop().await;
}

#[tokio::test]
async fn what_clients_say_about_themselves_is_accepted() {
    let daemon = Daemon::start().await;
    let mut clients = clients(&daemon).await;
    for words in [
        &["CLIENT", "SETINFO", "LIB-NAME", "redis-py"][..],
        &["client", "setinfo", "lib-ver", "6.4.0"],
        &["CLIENT", "SETNAME", "one"],
        &["CLIENT", "NO-EVICT", "on"],
        &["CLIENT", "NO-TOUCH", "OFF"],
        &["CLIENT", "REPLY", "ON"],
        &["SELECT", "0"],
        &["AUTH", "default", "any"],
    ] {
        same(&mut clients, words, "+OK\r\n").await;
    }
    clients[1].ask(request(&["CLIENT", "SETNAME", ""]), "+OK\r\n").await;
    clients[1].ask(request(&["CLIENT", "GETNAME"]), "_\r\n").await;
    clients[0].ask(request(&["CLIENT", "ID"]), ":1\r\n").await;
    clients[1].ask(request(&["CLIENT", "ID"]), ":2\r\n").await;
    let info = String::from_utf8(clients[0].reply(request(&["CLIENT", "INFO"])).await).unwrap();
    assert!(
        info.contains("\r\nid=1 ") && info.contains(" name=one ") && info.contains(" resp=2\n"),
        "{info}"
    );
    let list = String::from_utf8(clients[1].reply(request(&["CLIENT", "LIST"])).await).unwrap();
    assert!(list.starts_with('=') && list.contains("\r\ntxt:id=2 "), "{list}");
    for (words, error) in [
        (&["CLIENT", "SETINFO", "LIB-X", "a"][..], "ERR Unrecognized option"),
        (
            &["CLIENT", "SETINFO", "LIB-VER", "a b"],
            "ERR the value cannot contain spaces, newlines or special characters.",
        ),
        (
            &["CLIENT", "SETNAME", "a b"],
            "ERR Client names cannot contain spaces, newlines or special characters.",
        ),
        (&["CLIENT", "SETNAME", &"a".repeat(257)], "ERR Client names cannot be longer than 256 bytes."),
        (&["CLIENT", "ID", "x"], "ERR wrong number of arguments for 'client|id' command"),
        (&["CLIENT", "REPLY", "OFF"], "ERR syntax error"),
        (&["CLIENT", "NO-EVICT", "x"], "ERR syntax error"),
        (&["CLIENT", "MAINT_NOTIFICATIONS", "ON"], "ERR unknown subcommand"),
        (&["SELECT", "1"], "ERR DB index is out of range"),
        (&["SELECT", "x"], "ERR invalid DB index"),
        (&["AUTH", "a", "b"], "WRONGPASS invalid username-password pair or user is disabled."),
        (
            &["AUTH", "secret"],
            "ERR AUTH <password> called without any password configured for the default user. \
             Are you sure your configuration is correct?",
        ),
    ] {
        same(&mut clients, words, &format!("-{error}\r\n")).await;
    }
    daemon.stop().await;
}

#[tokio::test]
async fn ping_echo_config_and_quit() {
    let daemon = Daemon::start().await;
    let mut clients = clients(&daemon).await;
    same(&mut clients, &["PING"], "+PONG\r\n").await;
    same(&mut clients, &["PING", "hello"], "$5\r\nhello\r\n").await;
    same(&mut clients, &["ECHO", ""], "$0\r\n\r\n").await;
    each(&mut clients, &["CONFIG", "GET", "save", "maxmemory"], map(&["save", ""])).await;
    each(&mut clients, &["CONFIG", "GET", "appendonly"], map(&["appendonly", "no"])).await;
    each(&mut clients, &["CONFIG", "GET", "maxmemory"], map(&[])).await;
    same(&mut clients, &["CONFIG", "SET", "save", ""], "-ERR unknown subcommand\r\n").await;
    for client in &mut clients {
        client.send([request(&["QUIT"]), request(&["PING"])].concat()).await;
        assert_eq!(client.rest().await, b"+OK\r\n");
    }
    daemon.stop().await;
}

#[tokio::test]
async fn errors_do_not_quote_the_input() {
    let daemon = Daemon::start().await;
    let mut clients = clients(&daemon).await;
    for words in [&["192.0.2.77"][..], &["GET", "192.0.2.77"], &[""]] {
        same(&mut clients, words, "-ERR unknown command\r\n").await;
    }
    for (words, name) in [
        (&["LOOKUP"][..], "lookup"),
        (&["LOOKUP", "192.0.2.77", "192.0.2.77"], "lookup"),
        (&["MLOOKUP"], "mlookup"),
        (&["LOOKUPPACKED", "4"], "lookuppacked"),
        (&["ANSWER"], "answer"),
        (&["NETWORKS"], "networks"),
        (&["CLIENT"], "client"),
        (&["PING", "a", "b"], "ping"),
        (&["RESET", "192.0.2.77"], "reset"),
        (&["CONFIG", "GET"], "config|get"),
        (&["COMMAND", "COUNT", "192.0.2.77"], "command|count"),
    ] {
        let expected = format!("-ERR wrong number of arguments for '{name}' command\r\n");
        same(&mut clients, words, &expected).await;
    }
    same(&mut clients, &["COMMAND", "192.0.2.77"], "-ERR unknown subcommand\r\n").await;
    daemon.stop().await;
}

#[tokio::test]
async fn info_has_sections_that_can_be_chosen() {
    let daemon = Daemon::start().await;
    let mut clients = clients(&daemon).await;
    let info = String::from_utf8(clients[0].reply(request(&["INFO"])).await).unwrap();
    for line in [
        "# Server",
        "redis_version:7.4.0",
        "redis_mode:standalone",
        "loading:0",
        "role:master",
        "connected_clients:2",
        "total_commands_processed:2",
        "build_number:7",
        "companies:1",
        "operators:2",
        "answers:5",
        "sources:2",
        "ipv6_intervals:3",
        concat!("nameplate_version:", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(info.contains(&format!("\r\n{line}\r\n")), "{line} in {info}");
    }
    assert!(info.contains(&format!("\r\nprocess_id:{}\r\n", std::process::id())));
    each(
        &mut clients,
        &["INFO", "replication"],
        [
            "$48\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n".into(),
            "=52\r\ntxt:# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n".into(),
        ],
    )
    .await;
    let two = clients[0].reply(request(&["INFO", "SERVER", "stats"])).await;
    let two = String::from_utf8(two).unwrap();
    assert!(
        two.contains("# Server\r\n") && two.contains("\r\n\r\n# Stats\r\n") && !two.contains("# Clients")
    );
    clients[0].ask(request(&["INFO", "nonsense"]), "$0\r\n\r\n").await;
    let all = clients[0].reply(request(&["INFO", "nonsense", "everything"])).await;
    assert!(String::from_utf8(all).unwrap().contains("# Database\r\nformat_version:"));
    daemon.stop().await;
}

#[tokio::test]
async fn command_describes_each_command_as_redis_does() {
    let daemon = Daemon::start().await;
    let mut clients = clients(&daemon).await;
    same(&mut clients, &["COMMAND", "COUNT"], ":18\r\n").await;
    let described = |set: char| {
        format!(
            "*10\r\n$6\r\nlookup\r\n:2\r\n{set}2\r\n+readonly\r\n+fast\r\n:0\r\n:0\r\n:0\r\n\
             {set}2\r\n+@read\r\n+@fast\r\n*0\r\n*0\r\n*0\r\n"
        )
    };
    let expected = [format!("*2\r\n{}*-1\r\n", described('*')), format!("*2\r\n{}_\r\n", described('~'))];
    each(&mut clients, &["COMMAND", "INFO", "lookup", "get"], expected).await;
    let texts =
        bulks(&["summary", "Who is behind each address", "since", "0.1.0", "group", "generic", "arguments"]);
    let parameter = bulks(&["name", "address", "type", "string", "flags"]);
    let expected = [
        format!("*2\r\n{}*8\r\n{texts}*1\r\n*6\r\n{parameter}*1\r\n+multiple\r\n", bulks(&["mlookup"])),
        format!("%1\r\n{}%4\r\n{texts}*1\r\n%3\r\n{parameter}~1\r\n+multiple\r\n", bulks(&["mlookup"])),
    ];
    each(&mut clients, &["COMMAND", "DOCS", "MLOOKUP", "get"], expected).await;
    for client in &mut clients {
        for words in [&["COMMAND"][..], &["COMMAND", "INFO"], &["COMMAND", "LIST"]] {
            assert!(client.reply(request(words)).await.starts_with(b"*18\r\n"));
        }
    }
    assert!(clients[0].reply(request(&["COMMAND", "DOCS"])).await.starts_with(b"*36\r\n"));
    assert!(clients[1].reply(request(&["COMMAND", "DOCS"])).await.starts_with(b"%18\r\n"));
    daemon.stop().await;
}
