//! Whether this device's firewall lets others in, as far as this user may see its rules.
//!
//! On Linux all firewalls end up as rules of nftables, which only its own tool reads; for anybody but the administrator
//! it reads nothing. Follows a packet through them without sending one. Must not change any.

use serde::Deserialize;
use serde_json::Value;

/// What is known of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// They are not for this user to see, or there is nothing that reads them.
    Unseen,
    Seen {
        /// For what is sent to this device.
        tcp: Verdict,
        /// For what devices say of themselves.
        udp: Verdict,
    },
}

/// What becomes of packets that somebody on the network sends here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    In,
    Out,
    /// It depends on who sends them, or on what is not understood here.
    Depends,
}

/// How deep chains lead to chains at most: the kernel's own bound (`NFT_JUMP_STACK_SIZE`).
const DEPTH: u8 = 16;

/// Reads them, for these two ports.
#[cfg(target_os = "linux")]
pub fn look(tcp: u16, udp: u16) -> Rules {
    use std::process::{Command, Stdio};
    let ask = |program: &str| {
        Command::new(program)
            .args(["-j", "list", "ruleset"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
    };
    // Where administrators’ tools are is not where other users’ are looked for.
    let listed = ask("nft").or_else(|_| ask("/usr/sbin/nft"));
    match listed {
        Ok(listed) if listed.status.success() => judge(&listed.stdout, tcp, udp),
        Ok(_) | Err(_) => Rules::Unseen,
    }
}

#[cfg(not(target_os = "linux"))]
pub fn look(_: u16, _: u16) -> Rules {
    Rules::Unseen
}

fn judge(listed: &[u8], tcp: u16, udp: u16) -> Rules {
    let Ok(ruleset) = serde_json::from_slice::<Ruleset>(listed) else { return Rules::Unseen };
    let verdict = |protocol, port| {
        let of = |family| ruleset.verdict(&Packet { protocol, port, family });
        match (of("ip"), of("ip6")) {
            (ip, ip6) if ip == ip6 => ip,
            // By one of the two it may be let in.
            _ => Verdict::Depends,
        }
    };
    Rules::Seen { tcp: verdict("tcp", tcp), udp: verdict("udp", udp) }
}

/// The first of a conversation, from the network.
struct Packet {
    protocol: &'static str,
    port: u16,
    family: &'static str,
}

#[derive(Deserialize)]
struct Ruleset {
    nftables: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Item {
    Chain(Chain),
    Rule(Rule),
    #[serde(untagged)]
    Other(#[allow(dead_code, reason = "it is let pass")] Value),
}

#[derive(Deserialize)]
struct Chain {
    family: String,
    table: String,
    name: String,
    hook: Option<String>,
    policy: Option<String>,
}

#[derive(Deserialize)]
struct Rule {
    family: String,
    table: String,
    chain: String,
    expr: Vec<Value>,
}

/// Whether something is so.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    Yes,
    No,
    Unknown,
}

impl Truth {
    fn of(is_so: bool) -> Self {
        if is_so { Self::Yes } else { Self::No }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }
}

/// What has become of a packet so far: whether rules that may be its own would have let it in, or not.
#[derive(Default)]
struct Course {
    maybe_in: bool,
    maybe_out: bool,
}

impl Course {
    /// What it comes to when this is the last word.
    fn end(&self, verdict: Verdict) -> Verdict {
        match verdict {
            Verdict::In if !self.maybe_out => Verdict::In,
            Verdict::Out if !self.maybe_in => Verdict::Out,
            _ => Verdict::Depends,
        }
    }

    fn maybe(&mut self, verdict: Verdict) {
        self.maybe_in |= verdict != Verdict::Out;
        self.maybe_out |= verdict != Verdict::In;
    }
}

impl Ruleset {
    /// Every chain that it comes by on its way in must let it pass.
    fn verdict(&self, packet: &Packet) -> Verdict {
        let is_met = |chain: &&Chain| {
            let on_the_way = matches!(chain.hook.as_deref(), Some("ingress" | "input" | "prerouting"));
            let is_for_it = [packet.family, "inet", "netdev"].contains(&&*chain.family);
            on_the_way && is_for_it
        };
        let chains = self.nftables.iter().filter_map(|item| match item {
            Item::Chain(chain) => Some(chain),
            Item::Rule(_) | Item::Other(_) => None,
        });
        let verdicts: Vec<_> = chains.filter(is_met).map(|chain| self.through(chain, packet)).collect();
        match () {
            () if verdicts.contains(&Verdict::Out) => Verdict::Out,
            () if verdicts.contains(&Verdict::Depends) => Verdict::Depends,
            () => Verdict::In,
        }
    }

    fn through(&self, chain: &Chain, packet: &Packet) -> Verdict {
        let mut course = Course::default();
        let table = (chain.family.as_str(), chain.table.as_str());
        self.walk(table, &chain.name, packet, &mut course, DEPTH).unwrap_or_else(|| {
            let policy = if chain.policy.as_deref() == Some("drop") { Verdict::Out } else { Verdict::In };
            course.end(policy)
        })
    }

    /// `None` when no rule of it says the last word.
    fn walk(
        &self,
        table: (&str, &str),
        chain: &str,
        packet: &Packet,
        course: &mut Course,
        depth: u8,
    ) -> Option<Verdict> {
        let depth = depth.checked_sub(1)?;
        let rules = self.nftables.iter().filter_map(|item| match item {
            Item::Rule(rule) => Some(rule),
            Item::Chain(_) | Item::Other(_) => None,
        });
        for rule in
            rules.filter(|rule| (rule.family.as_str(), rule.table.as_str()) == table && rule.chain == chain)
        {
            let mut applies = Truth::Yes;
            for statement in &rule.expr {
                let action = if let Some(condition) = statement.get("match") {
                    applies = applies.and(matches(condition, packet));
                    continue;
                } else if let Some(map) = statement.get("vmap") {
                    let (truth, action) = looked_up(map, packet);
                    applies = applies.and(truth);
                    action
                } else if statement.get("xt").is_some() {
                    applies = applies.and(Truth::Unknown);
                    continue;
                } else {
                    Some(statement)
                };
                let Some(action) = action.filter(|_| applies != Truth::No) else { continue };
                let (verdict, leaves) = match Action::of(action) {
                    Action::Last(verdict) => (Some(course.end(verdict)), false),
                    Action::Jump(to) => (self.walk(table, to, packet, course, depth), false),
                    Action::Goto(to) => (self.walk(table, to, packet, course, depth), true),
                    Action::Return => (None, true),
                    Action::Other => continue,
                };
                match (verdict, applies) {
                    (Some(verdict), Truth::Yes) => return Some(verdict),
                    (Some(verdict), _) => course.maybe(verdict),
                    (None, Truth::Yes) if leaves => return None,
                    // What comes after it may not be reached.
                    (None, _) if leaves => course.maybe(Verdict::Depends),
                    (None, _) => {}
                }
            }
        }
        None
    }
}

/// What a rule does with a packet.
enum Action<'a> {
    Last(Verdict),
    /// Another chain first, and then on.
    Jump(&'a str),
    /// Another chain instead of the rest of this one.
    Goto(&'a str),
    Return,
    /// It is counted, logged, changed: nothing that decides.
    Other,
}

impl<'a> Action<'a> {
    fn of(statement: &'a Value) -> Self {
        let to = |kind: &str| statement.get(kind).and_then(|there| there.get("target")?.as_str());
        let is = |kind: &str| statement.get(kind).is_some();
        match (to("jump"), to("goto")) {
            (Some(to), _) => Self::Jump(to),
            (_, Some(to)) => Self::Goto(to),
            _ if is("accept") => Self::Last(Verdict::In),
            _ if is("drop") || is("reject") => Self::Last(Verdict::Out),
            // It goes somewhere else, where other chains await it.
            _ if is("redirect") || is("dnat") || is("tproxy") => Self::Last(Verdict::Depends),
            _ if is("return") => Self::Return,
            _ => Self::Other,
        }
    }
}

/// Whether a condition holds of the packet.
fn matches(condition: &Value, packet: &Packet) -> Truth {
    let (Some(left), Some(right)) = (condition.get("left"), condition.get("right")) else {
        return Truth::Unknown;
    };
    let holds = holds(left, right, packet);
    match (condition.get("op").and_then(Value::as_str), holds) {
        (Some("!="), Truth::Yes) => Truth::No,
        (Some("!="), Truth::No) => Truth::Yes,
        (Some("==" | "in") | None, holds) => holds,
        (_, Truth::Unknown) | (Some(_), _) => Truth::Unknown,
    }
}

fn holds(left: &Value, right: &Value, packet: &Packet) -> Truth {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    if let Some(payload) = left.get("payload") {
        let (protocol, field) = (text(payload, "protocol"), text(payload, "field"));
        return match (protocol.as_deref(), field.as_deref()) {
            (Some(protocol @ ("tcp" | "udp")), _) if protocol != packet.protocol => Truth::No,
            (Some("icmp" | "icmpv6" | "sctp" | "dccp"), _) => Truth::No,
            (Some("tcp" | "udp" | "th"), Some("dport")) => has_number(right, packet.port),
            (Some("ip6"), _) if packet.family == "ip" => Truth::No,
            (Some("ip"), _) if packet.family == "ip6" => Truth::No,
            (Some("ip"), Some("protocol")) | (Some("ip6"), Some("nexthdr")) => {
                has_word(right, packet.protocol)
            }
            _ => Truth::Unknown,
        };
    }
    if let Some(meta) = left.get("meta") {
        return match text(meta, "key").as_deref() {
            Some("l4proto") => has_word(right, packet.protocol),
            Some("nfproto") => has_word(right, if packet.family == "ip" { "ipv4" } else { "ipv6" }),
            // Of others it is not known by which it comes.
            Some("iif" | "iifname") if right == "lo" => Truth::No,
            _ => Truth::Unknown,
        };
    }
    match left.get("ct").and_then(|ct| text(ct, "key")).as_deref() {
        Some("state") => has_word(right, "new"),
        _ => Truth::Unknown,
    }
}

/// What a map of verdicts says, and whether it says anything.
fn looked_up<'a>(map: &'a Value, packet: &Packet) -> (Truth, Option<&'a Value>) {
    let unknown = (Truth::Unknown, None);
    let (Some(key), Some(entries)) =
        (map.get("key"), map.get("data").and_then(|data| data.get("set")?.as_array()))
    else {
        return unknown;
    };
    for entry in entries {
        let (Some(value), Some(action)) = (entry.get(0), entry.get(1)) else { return unknown };
        match holds(key, value, packet) {
            Truth::Yes => return (Truth::Yes, Some(action)),
            Truth::No => {}
            Truth::Unknown => return (Truth::Unknown, Some(action)),
        }
    }
    (Truth::No, None)
}

/// The values that one stands for, where they are listed in the rule itself.
fn values(value: &Value) -> Option<Vec<&Value>> {
    match value {
        Value::Array(several) => Some(several.iter().collect()),
        Value::Object(_) => match value.get("set") {
            Some(set) => values(set),
            None => Some(vec![value]),
        },
        // A set that is elsewhere.
        Value::String(name) if name.starts_with('@') => None,
        single => Some(vec![single]),
    }
}

fn has_number(value: &Value, number: u16) -> Truth {
    let number = u64::from(number);
    let Some(values) = values(value) else { return Truth::Unknown };
    let mut found = Truth::No;
    for value in values {
        let range =
            value.get("range").and_then(|range| Some((range.get(0)?.as_u64()?, range.get(1)?.as_u64()?)));
        match (value.as_u64(), range) {
            (Some(one), _) if one == number => return Truth::Yes,
            (_, Some((first, last))) if (first..=last).contains(&number) => return Truth::Yes,
            (Some(_), _) | (_, Some(_)) => {}
            (None, None) => found = Truth::Unknown,
        }
    }
    found
}

fn has_word(value: &Value, word: &str) -> Truth {
    let Some(values) = values(value) else { return Truth::Unknown };
    if values.iter().any(|value| !value.is_string()) {
        return Truth::Unknown;
    }
    Truth::of(values.iter().any(|value| value.as_str() == Some(word)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seen(policy: &str, rules: &[Value]) -> (Verdict, Verdict) {
        let mut items = vec![
            json!({"metainfo": {"version": "1.0.6", "json_schema_version": 1}}),
            json!({"table": {"family": "inet", "name": "filter", "handle": 1}}),
            json!({"chain": {"family": "inet", "table": "filter", "name": "input", "handle": 1, "type": "filter",
                "hook": "input", "prio": 0, "policy": policy}}),
            json!({"chain": {"family": "inet", "table": "filter", "name": "lan", "handle": 2}}),
        ];
        for rule in rules {
            items.push(json!({"rule": {"family": "inet", "table": "filter", "chain": rule[0], "handle": 3,
                "expr": rule[1]}}));
        }
        match judge(&serde_json::to_vec(&json!({"nftables": items})).unwrap(), 27543, 5353) {
            Rules::Seen { tcp, udp } => (tcp, udp),
            Rules::Unseen => panic!("it is a ruleset"),
        }
    }

    fn port(protocol: &str, right: &Value) -> Value {
        json!({"match": {"op": "==", "left": {"payload": {"protocol": protocol, "field": "dport"}}, "right": right}})
    }

    fn state(op: &str, right: &Value) -> Value {
        json!({"match": {"op": op, "left": {"ct": {"key": "state"}}, "right": right}})
    }

    #[test]
    fn what_the_rules_let_in_is_found_out_by_following_them() {
        use Verdict::{Depends, In, Out};
        let (accept, drop) = (json!({"accept": null}), json!({"drop": null}));
        let known = json!(["input", [state("in", &json!(["established", "related"])), accept]]);
        let loopback = json!({"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "lo"}});
        let lan = json!({"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}},
            "right": {"prefix": {"addr": "192.168.1.0", "len": 24}}}});
        let ours = port("tcp", &json!({"set": [22, {"range": [27000, 28000]}]}));
        let by_state = json!({"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set":
            [["established", {"accept": null}], ["new", {"jump": {"target": "lan"}}]]}}});
        for (rules, policy, expected) in [
            (vec![], "accept", (In, In)),
            (vec![], "drop", (Out, Out)),
            (vec![known.clone(), json!(["input", [loopback, accept]])], "drop", (Out, Out)),
            (
                vec![
                    known.clone(),
                    json!(["input", [ours, {"counter": {"packets": 1, "bytes": 2}}, accept]]),
                ],
                "drop",
                (In, Out),
            ),
            (
                vec![json!(["input", [port("udp", &json!(5353)), accept]]), json!(["input", [drop]])],
                "accept",
                (Out, In),
            ),
            (
                vec![json!(["input", [port("tcp", &json!(27543)), {"reject": {"type": "tcp reset"}}]])],
                "accept",
                (Out, In),
            ),
            (vec![json!(["input", [port("tcp", &json!("@open")), accept]])], "drop", (Depends, Out)),
            (
                vec![
                    json!(["input", [lan, {"jump": {"target": "lan"}}]]),
                    json!(["lan", [port("th", &json!(27543)), accept]]),
                ],
                "drop",
                (Depends, Out),
            ),
            (
                vec![
                    json!(["input", [by_state]]),
                    json!(["lan", [port("udp", &json!(5353)), accept]]),
                    json!(["lan", [{"return": null}]]),
                ],
                "drop",
                (Out, In),
            ),
            (
                vec![
                    json!(["input", [state("!=", &json!("new")), drop]]),
                    json!(["input", [{"xt": {"type": "match", "name": "tcp"}}, accept]]),
                ],
                "drop",
                (Depends, Depends),
            ),
            (vec![json!(["input", [{"jump": {"target": "input"}}]])], "drop", (Out, Out)),
            (
                vec![
                    json!(["input", [{"goto": {"target": "lan"}}]]),
                    json!(["input", [accept]]),
                    json!(["lan", [port("udp", &json!(5353)), accept]]),
                ],
                "drop",
                (Out, In),
            ),
        ] {
            assert_eq!(seen(policy, &rules), expected, "{policy}, {rules:#?}");
        }
    }

    #[test]
    fn rules_for_one_family_of_addresses_say_nothing_of_the_other() {
        let closed = json!({"nftables": [{"chain": {"family": "ip", "table": "filter", "name": "in", "hook": "input",
            "policy": "drop"}}]});
        let judged = judge(&serde_json::to_vec(&closed).unwrap(), 27543, 5353);
        assert_eq!(judged, Rules::Seen { tcp: Verdict::Depends, udp: Verdict::Depends });
    }

    #[test]
    fn what_is_no_ruleset_says_nothing() {
        assert_eq!(judge(b"", 1, 2), Rules::Unseen);
        assert_eq!(judge(b"{\"nftables\": 5}", 1, 2), Rules::Unseen);
        assert_eq!(judge(b"{\"nftables\": []}", 1, 2), Rules::Seen { tcp: Verdict::In, udp: Verdict::In });
    }
}
