//! IP addresses and CIDR blocks as the API server takes them since it is strict about both (1.36).
//!
//! In: a string. Out: the address, or a finding. Leading zeros and IPv4-mapped IPv6 addresses are refused, since
//! programs disagree on what they mean. It never asks whether a cluster has such an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::fields::{invalid, item_text};
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

/// A block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cidr {
    address: IpAddr,
    length: u8,
}

/// The address that a node holds, or a finding.
pub(super) fn address(node: &Node<'_>, sink: &mut Sink<'_, '_>) -> Option<IpAddr> {
    let text = item_text(node)?;
    let shown = printable(text);
    match parse(text) {
        Some(IpAddr::V6(six)) if let Some(four) = six.to_ipv4_mapped() => {
            let message = format!("`{shown}` is an IPv4 address mapped into IPv6");
            invalid(node, message, &format!("write `{four}`"), sink);
            None
        }
        Some(address) => Some(address),
        None => {
            match without_leading_zeros(text).and_then(|plain| parse(&plain)) {
                Some(plain) => {
                    invalid(node, format!("`{shown}` has leading zeros"), &format!("write `{plain}`"), sink);
                }
                None => invalid(node, format!("`{shown}` is not an IP address"), "write one such as `10.9.8.7`", sink),
            }
            None
        }
    }
}

/// An address in the one form that the newer fields take.
pub(super) fn canonical_address(node: &Node<'_>, sink: &mut Sink<'_, '_>) -> Option<IpAddr> {
    let address = address(node, sink)?;
    let canonical = address.to_string();
    if node.as_str() != Some(canonical.as_str()) {
        not_canonical(node, &canonical, sink);
        return None;
    }
    Some(address)
}

/// An address that something outside of its host can be reached at.
pub(super) fn reachable(node: &Node<'_>, address: IpAddr, sink: &mut Sink<'_, '_>) {
    let problem = if address.is_unspecified() {
        "is the unspecified address"
    } else if address.is_loopback() {
        "is a loopback address"
    } else if is_link_local(address) {
        "is a link-local address"
    } else if is_link_local_multicast(address) {
        "is a link-local multicast address"
    } else {
        return;
    };
    invalid(node, format!("`{address}` {problem}"), "write an address that other hosts can reach", sink);
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_link_local(),
        IpAddr::V6(six) => six.is_unicast_link_local(),
    }
}

fn is_link_local_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => matches!(four.octets(), [224, 0, 0, _]),
        IpAddr::V6(six) => matches!(six.octets(), [0xFF, second, ..] if second & 0x0F == 2),
    }
}

/// The block that a node holds, or a finding.
pub(super) fn cidr(node: &Node<'_>, sink: &mut Sink<'_, '_>) -> Option<Cidr> {
    cidr_of_text(node, item_text(node)?, sink)
}

/// The block that a text within a node is, or a finding at the node.
pub(super) fn cidr_of_text(node: &Node<'_>, text: &str, sink: &mut Sink<'_, '_>) -> Option<Cidr> {
    let shown = printable(text);
    let Some(cidr) = Cidr::parse(text) else {
        let help = match parse(text) {
            Some(address) => format!("write `{address}/{}` for the one address", bits(address)),
            None => "write one such as `10.9.8.0/24`".to_owned(),
        };
        invalid(node, format!("`{shown}` is not a CIDR block"), &help, sink);
        return None;
    };
    if let IpAddr::V6(six) = cidr.address
        && six.to_ipv4_mapped().is_some()
    {
        let message = format!("`{shown}` is an IPv4 block mapped into IPv6");
        invalid(node, message, "write it as an IPv4 block", sink);
        return None;
    }
    let first = cidr.first();
    if first != cidr.address {
        let message = format!("`{shown}` has bits set beyond its prefix length");
        invalid(node, message, &format!("write `{first}/{}`", cidr.length), sink);
        return None;
    }
    Some(cidr)
}

/// A block in the one form that the newer fields take.
pub(super) fn canonical_cidr(node: &Node<'_>, sink: &mut Sink<'_, '_>) -> Option<Cidr> {
    let cidr = cidr(node, sink)?;
    let canonical = format!("{}/{}", cidr.address, cidr.length);
    if node.as_str() != Some(canonical.as_str()) {
        not_canonical(node, &canonical, sink);
        return None;
    }
    Some(cidr)
}

fn not_canonical(node: &Node<'_>, canonical: &str, sink: &mut Sink<'_, '_>) {
    let shown = printable(node.as_str().unwrap_or_default());
    invalid(node, format!("`{shown}` is not in canonical form"), &format!("write `{canonical}`"), sink);
}

/// Whether a text is an IP address, leading zeros or not.
pub(super) fn is_address(text: &str) -> bool {
    parse(text).is_some() || without_leading_zeros(text).is_some_and(|plain| parse(&plain).is_some())
}

fn parse(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// An IPv4 address without the zeros that lead its parts; nothing when there are none.
fn without_leading_zeros(text: &str) -> Option<String> {
    let plain = |part: &str| match part.trim_start_matches('0') {
        "" if part.is_empty() => String::new(),
        "" => "0".to_owned(),
        rest => rest.to_owned(),
    };
    let parts: Vec<String> = text.split('.').map(plain).collect();
    (parts.len() == 4).then(|| parts.join("."))
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl Cidr {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address = parse(address)?;
        let plain = length.bytes().all(|byte| byte.is_ascii_digit()) && (length == "0" || !length.starts_with('0'));
        let length = length.parse().ok().filter(|length| plain && *length <= bits(address))?;
        Some(Self { address, length })
    }

    /// The block's first address.
    fn first(self) -> IpAddr {
        let shift = u32::from(bits(self.address) - self.length);
        match self.address {
            IpAddr::V4(four) => {
                let mask = u32::MAX.checked_shl(shift).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(four.to_bits() & mask))
            }
            IpAddr::V6(six) => {
                let mask = u128::MAX.checked_shl(shift).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & mask))
            }
        }
    }

    /// Whether it is a part of another block, and smaller.
    pub(super) fn is_strictly_within(self, outer: Self) -> bool {
        self.is_ipv4() == outer.is_ipv4()
            && self.length > outer.length
            && Self { address: self.address, length: outer.length }.first() == outer.first()
    }

    /// Whether it is a block of IPv4.
    pub(super) fn is_ipv4(self) -> bool {
        self.address.is_ipv4()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Cidr {
        Cidr::parse(text).unwrap()
    }

    #[test]
    fn blocks_are_as_go_reads_them() {
        for text in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "2001:db8::/64", "10.0.0.1/32"] {
            assert_eq!(block(text).first(), block(text).address, "{text}");
        }
        for text in
            ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/", "/8", "010.0.0.0/8", "::/129"]
        {
            assert_eq!(Cidr::parse(text), None, "{text}");
        }
        assert_ne!(block("10.0.0.1/8").first(), block("10.0.0.1/8").address);
    }

    #[test]
    fn a_block_is_not_strictly_within_itself() {
        assert!(block("10.1.0.0/16").is_strictly_within(block("10.0.0.0/8")));
        assert!(!block("10.0.0.0/8").is_strictly_within(block("10.0.0.0/8")));
        assert!(!block("11.0.0.0/16").is_strictly_within(block("10.0.0.0/8")));
        assert!(!block("::/64").is_strictly_within(block("0.0.0.0/0")));
    }

    #[test]
    fn addresses_with_leading_zeros_are_addresses_still() {
        assert!(is_address("010.001.002.003") && is_address("10.0.0.1") && is_address("::1"));
        assert!(!is_address("10.0.0") && !is_address("10.0.0.256") && !is_address("here") && !is_address("1..2.3"));
    }
}
