//! The string formats that the API server checks, as it checks them.
//!
//! In: the name of a format. Out: a test for strings, or none for a format that it ignores. Semantics:
//! k8s.io/kube-openapi/pkg/validation/strfmt and its copy of govalidator, which are laxer than the RFCs in places, and
//! Go's `time` and `net` packages.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use crate::check::builtin::names;
use crate::check::duration;

use base64::engine::general_purpose::{GeneralPurpose, PAD};
use base64::{Engine, alphabet};
use regex::Regex;

/// The time of `metav1.Time` in the schemas of built-in types.
pub(crate) const KUBERNETES_TIME: &str = "kubernetes-time";
/// `[]byte` in the schemas of built-in types.
pub(crate) const KUBERNETES_BYTES: &str = "kubernetes-byte";

/// The test of a format; none where every string passes.
pub(crate) fn checker(format: &str) -> Option<fn(&str) -> bool> {
    // Names are compared without hyphens: strfmt's registry does so.
    Some(match format.replace('-', "").as_str() {
        "kubernetestime" => is_kubernetes_time,
        "kubernetesbyte" => is_base64,
        "byte" => |text| !text.is_empty() && is_base64(text) && !text.contains(['\n', '\r']),
        "datetime" => is_date_time,
        "date" => is_date,
        "duration" => |text| duration::parse_format(text).is_some(),
        "ipv4" => |text| is_ipv4(text),
        "ipv6" => |text| text.contains(':') && text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_cidr,
        "mac" => is_mac,
        "uri" => is_uri,
        "hostname" => is_hostname,
        "email" => is_email,
        "uuid" => |text| is_uuid(text, None),
        "uuid3" => |text| is_uuid(text, Some('3')),
        "uuid4" => |text| is_uuid(text, Some('4')),
        "uuid5" => |text| is_uuid(text, Some('5')),
        "hexcolor" => is_hex_color,
        "rgbcolor" => is_rgb_color,
        "creditcard" => is_credit_card,
        "isbn" => |text| is_isbn10(text) || is_isbn13(text),
        "isbn10" => is_isbn10,
        "isbn13" => is_isbn13,
        "ssn" => is_social_security_number,
        "k8sshortname" => names::is_dns1123_label,
        "k8slongname" => names::is_dns1123_subdomain,
        "bsonobjectid" => |text| text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        _ => return None,
    })
}

/// Standard base64 with padding, whose last letter may have bits that nothing uses: as Go's decoder takes it.
const GO_BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PAD.with_decode_allow_trailing_bits(true));

/// Go's base64, in which line breaks do not count.
fn is_base64(text: &str) -> bool {
    let engine = GO_BASE64;
    if text.contains(['\n', '\r']) {
        engine.decode(text.replace(['\n', '\r'], "")).is_ok()
    } else {
        engine.decode(text).is_ok()
    }
}

/// RFC 3339 as Go reads it: upper case, with an offset, with a fraction of any length.
fn is_kubernetes_time(text: &str) -> bool {
    let (Some(date), Some(time)) = (text.get(..10), text.get(11..)) else { return false };
    text.as_bytes()[10] == b'T' && is_date(date) && is_time_with_offset(time)
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// `15:04:05[.999999999]` and then `Z` or `±07:00`.
fn is_time_with_offset(text: &str) -> bool {
    if let Some(time) = text.strip_suffix('Z') {
        return is_time(time);
    }
    let Some(split) = text.len().checked_sub(6) else { return false };
    let (Some(time), Some(offset)) = (text.get(..split), text.get(split..)) else { return false };
    let number = |from: usize| offset.get(from..from + 2).and_then(|digits| digits.parse::<u8>().ok());
    offset.starts_with(['+', '-'])
        && offset.get(3..4) == Some(":")
        && number(1).is_some_and(|hours| hours <= 24)
        && number(4).is_some_and(|minutes| minutes < 60)
        && is_time(time)
}

fn is_time(text: &str) -> bool {
    let (clock, fraction) = text.split_once(['.', ',']).map_or((text, None), |(clock, rest)| (clock, Some(rest)));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = clock.split(':');
    // Of the hour Go takes one digit, too.
    let mut next = |shortest: usize, limit: u8| {
        let part = parts.next().filter(|part| (shortest..=2).contains(&part.len()) && is_number(part));
        part.is_some_and(|part| part.parse::<u8>().is_ok_and(|number| number < limit))
    };
    next(1, 24) && next(2, 60) && next(2, 60) && parts.next().is_none() && fraction.is_none_or(is_number)
}

/// Any case, no leap second, and any character before the fraction.
fn is_date_time(text: &str) -> bool {
    static DATE_TIME: Pattern = LazyLock::new(|| {
        expression(r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$")
    });
    let lower = text.to_lowercase();
    let mut parts = lower.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    is_date(date) && pattern(&DATE_TIME, time)
}

/// Leading zeros are decimal, as in Go before 1.17; an address of IPv4 in the clothes of IPv6 is one, as anything with a
/// dot in it is to strfmt.
fn is_ipv4(text: &str) -> bool {
    is_plain_ipv4(text)
        || text.contains('.') && text.parse::<Ipv6Addr>().is_ok_and(|address| address.to_ipv4_mapped().is_some())
}

fn is_plain_ipv4(text: &str) -> bool {
    ipv4_without_zeros(text).parse::<Ipv4Addr>().is_ok()
}

fn ipv4_without_zeros(text: &str) -> String {
    let octets = text.split('.').map(|octet| match octet.trim_start_matches('0') {
        "" if !octet.is_empty() => "0",
        digits => digits,
    });
    octets.collect::<Vec<_>>().join(".")
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let longest = if is_plain_ipv4(address) {
        32
    } else if address.parse::<Ipv6Addr>().is_ok() {
        128
    } else {
        return false;
    };
    let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    is_number && length.parse::<u8>().is_ok_and(|length| length <= longest)
}

/// Six, eight or twenty octets, separated by colons or hyphens, or in groups of four digits by dots: Go's `ParseMAC`.
fn is_mac(text: &str) -> bool {
    let hex = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let octets = |separator: char| {
        let parts: Vec<&str> = text.split(separator).collect();
        matches!(parts.len(), 6 | 8 | 20) && parts.iter().all(|part| hex(part, 2))
    };
    let quads: Vec<&str> = text.split('.').collect();
    // Since Go 1.26 without separators, too.
    if matches!(text.len(), 12 | 16 | 40) && hex(text, text.len()) {
        return true;
    }
    octets(':') || octets('-') || matches!(quads.len(), 3 | 4 | 10) && quads.iter().all(|part| hex(part, 4))
}

/// Go's `url.ParseRequestURI`: absolute, or a path from the root.
fn is_uri(text: &str) -> bool {
    if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return false;
    }
    let scheme_length = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
    let scheme = text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && text[scheme_length..].starts_with(':');
    let authority = text.get(scheme_length..).and_then(|rest| rest.strip_prefix("://")).unwrap_or_default();
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    (text == "*" || text.starts_with('/') || scheme) && !authority.contains(' ') && well_escaped(text)
}

fn well_escaped(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).filter(|index| bytes[*index] == b'%').all(
        |index| matches!(bytes.get(index + 1..index + 3), Some(digits) if digits.iter().all(u8::is_ascii_hexdigit)),
    )
}

fn is_hostname(text: &str) -> bool {
    static HOSTNAME: Pattern = LazyLock::new(|| {
        expression(
            r"^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$",
        )
    });
    text.len() <= 255 && text.split('.').all(|label| label.len() <= 63) && pattern(&HOSTNAME, text)
}

/// Go's `mail.ParseAddress`: of addresses with quotes, comments or a person's name only that they have a domain.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.trim_matches([' ', '\t']).rsplit_once('@') else { return false };
    if local.is_empty() || domain.is_empty() || domain.contains(' ') || text.contains(['\n', '\r']) {
        return false;
    }
    let is_plain = !text.contains(['<', '"', '(', '[']);
    let is_dotted = |part: &str| part.split('.').all(|atom| !atom.is_empty() && !atom.contains(char::is_whitespace));
    !is_plain || is_dotted(local) && is_dotted(domain)
}

fn is_uuid(text: &str, version: Option<char>) -> bool {
    static UUID: Pattern =
        LazyLock::new(|| expression("^(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$"));
    let mut digits = text.chars().filter(|letter| *letter != '-').skip(12);
    let (third, fourth) = (digits.next(), digits.nth(3));
    pattern(&UUID, text)
        && version.is_none_or(|version| {
            let variant = matches!(fourth, Some('8' | '9' | 'a' | 'b' | 'A' | 'B'));
            third == Some(version) && (version == '3' || variant)
        })
}

fn is_hex_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or(text);
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `rgb(0, 128, 255)`.
fn is_rgb_color(text: &str) -> bool {
    let inside = text.strip_prefix("rgb(").and_then(|rest| rest.strip_suffix(')'));
    let channel = |text: &str| {
        let text = text.trim();
        let canonical = text == "0" || !text.starts_with(['0', '+']);
        canonical && text.parse::<u8>().is_ok()
    };
    inside.is_some_and(|inside| inside.split(',').count() == 3 && inside.split(',').all(channel))
}

fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|letter| letter.to_digit(10)).collect()
}

fn is_credit_card(text: &str) -> bool {
    static CARD: Pattern = LazyLock::new(|| {
        expression(
            "^(4[0-9]{12}([0-9]{3})?|5[1-5][0-9]{14}|6(011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(0[0-5]|[68][0-9])[0-9]{11}|(2131|1800|35[0-9]{3})[0-9]{11})$",
        )
    });
    let plain: String = text.chars().filter(char::is_ascii_digit).collect();
    let luhn: u32 = (digits(&plain).iter().rev().enumerate())
        .map(|(index, digit)| if index % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    pattern(&CARD, &plain) && luhn.is_multiple_of(10)
}

/// An ISBN without blanks and hyphens.
fn isbn(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect()
}

fn is_isbn10(text: &str) -> bool {
    let plain = isbn(text);
    let value = |(index, letter): (usize, char)| match letter {
        'X' if index == 9 => Some(10),
        letter => letter.to_digit(10),
    };
    let values: Option<Vec<u32>> = plain.chars().enumerate().map(value).collect();
    values.is_some_and(|values| {
        values.len() == 10 && (1..).zip(&values).map(|(place, value)| place * value).sum::<u32>() % 11 == 0
    })
}

fn is_isbn13(text: &str) -> bool {
    let plain = isbn(text);
    let values = digits(&plain);
    let sum: u32 = values.iter().zip([1, 3].iter().cycle()).map(|(value, factor)| value * factor).sum();
    plain.len() == 13 && values.len() == 13 && sum.is_multiple_of(10)
}

fn is_social_security_number(text: &str) -> bool {
    static NUMBER: Pattern = LazyLock::new(|| expression("^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$"));
    text.len() == 11 && pattern(&NUMBER, text)
}

/// An expression of this file: none would be a mistake in it, which a test would find.
type Pattern = LazyLock<Option<Regex>>;

fn expression(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

fn pattern(pattern: &Pattern, text: &str) -> bool {
    pattern.as_ref().is_some_and(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn verdicts(format: &str, valid: &[&str], invalid: &[&str]) {
        let check = checker(format).unwrap();
        for text in valid {
            assert!(check(text), "{format} should take {text:?}");
        }
        for text in invalid {
            assert!(!check(text), "{format} should refuse {text:?}");
        }
    }

    #[test]
    fn times_of_objects_are_rfc_3339() {
        verdicts(
            KUBERNETES_TIME,
            &["2024-04-01T00:00:00Z", "2024-04-01T00:00:00.123456789+02:00"],
            &[
                "2024-04-01",
                "2024-04-01 00:00:00Z",
                "2024-13-01T00:00:00Z",
                "2024-04-01T25:00:00Z",
                "",
                "2024-04-01T00:00:00",
                "ä2024-04-01T00:00:00Z",
            ],
        );
        verdicts(
            "date-time",
            &["2024-04-01t00:00:00z"],
            &["yesterday", "2024-04-01 00:00:00Z", "2024-04-01T00:00:00", "2024-04-01T00:00:60Z"],
        );
    }

    #[test]
    fn durations_are_gos_and_strfmts() {
        verdicts(
            "duration",
            &["1h", "1.5h", "300ms", "-2m30s", "0", "3 days", "2w", "PT1H"],
            &["", "1", "30", "1 fortnight", "h"],
        );
    }

    #[test]
    fn networks_are_checked_with_their_length() {
        verdicts("cidr", &["10.0.0.0/8", "::/0"], &["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/"]);
        verdicts("ipv4", &["10.0.0.1", "010.0.0.1"], &["10.0.0", "10.0.0.256", "::1", "10..0.1"]);
        verdicts("ipv6", &["::1"], &["127.0.0.1", "::g"]);
        verdicts("mac", &["01:23:45:67:89:ab", "0123.4567.89ab"], &["01:23:45", "zz:23:45:67:89:ab"]);
        verdicts("hostname", &["example.com", "a", "EXAMPLE.com"], &["10.0.0.1", "a..b", "-a", ""]);
    }

    #[test]
    fn other_formats_take_what_go_takes() {
        verdicts("uri", &["https://example.com/a?b", "/a", "urn:x"], &["example.com", "", "http://a/%zz"]);
        verdicts(
            "uuid",
            &["123e4567-e89b-12d3-a456-426614174000"],
            &["123e4567", "123e4567-e89b-12d3-a456-42661417400g"],
        );
        verdicts(
            "uuid4",
            &["123e4567-e89b-42d3-a456-426614174000"],
            &["123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-42d3-c456-426614174000"],
        );
        verdicts("date", &["2024-02-29"], &["2023-02-29", "2024-2-9", "20240229"]);
        verdicts("isbn", &["978-3-16-148410-0", "3-16-148410-X"], &["978-3-16-148410-1", "3-16-148410-1"]);
        verdicts("creditcard", &["4111 1111 1111 1111"], &["4111111111111112", "1"]);
        verdicts("rgbcolor", &["rgb(1, 2,255)"], &["rgb(1,2,300)", "rgb(01,2,3)", "rgb(1,2)"]);
        verdicts("ssn", &["123-45-6789"], &["1-2-3", "123456789"]);
        verdicts("byte", &["YQ==", "YR=="], &["", "YQ", "Y-=="]);
        verdicts("k8s-short-name", &["a", "web-1"], &["", "Web", "a.b"]);
        verdicts("k8s-long-name", &["a", "a.b-c"], &["", "a..b", "A.b"]);
        verdicts(KUBERNETES_BYTES, &["YQ==", "YR==", "", "Y\nQ=="], &["YQ"]);
    }

    #[test]
    fn unknown_formats_are_ignored() {
        assert!(checker("quantity-of-things").is_none());
    }
}
