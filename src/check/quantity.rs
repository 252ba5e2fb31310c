//! Quantities as `k8s.io/apimachinery/pkg/api/resource` reads them: `100m`, `1.5Gi`, `2e3`.
//!
//! In: a text or a node. Out: an exact amount that compares with others, or nothing where the API server would refuse.
//! It never goes through floating point, and never prints an amount: messages quote what was written.

use std::cmp::Ordering;

use crate::manifest::{Node, Value};

/// Parts of one: everything finer is rounded away from zero.
const NANO: u128 = 1_000_000_000;
/// The largest amount with a binary suffix, in billionths.
const LARGEST_BINARY: u128 = i64::MAX as u128 * NANO;
/// More digits than this may not fit an `i64`: apimachinery then takes its slow path, which is stricter.
const FAST_DIGITS: usize = 18;

/// An amount, exact to the billionth.
#[derive(Debug, Clone)]
pub struct Quantity {
    negative: bool,
    magnitude: Magnitude,
}

/// How much, without the sign. The smaller form is used wherever it can hold the amount.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Magnitude {
    /// Billionths.
    Nano(u128),
    /// Digits, the first and last of which are not `0`, and how many of them stand before the decimal point.
    Large { digits: String, places: i64 },
}

impl Quantity {
    /// What a node holds, when the API server reads it as a quantity.
    #[must_use]
    pub fn of(node: &Node<'_>) -> Option<Self> {
        match &node.value {
            Value::Int(number) => Some(Self::from(*number)),
            Value::UInt(number) => Some(Self::new(false, Magnitude::Nano(u128::from(*number) * NANO))),
            Value::Float(number) => Self::parse(&format!("{number:e}")),
            // Decoding JSON trims what JSON does not escape; of all blanks these are escaped.
            Value::String(text) => Self::parse(text.trim_matches(|letter: char| {
                letter.is_whitespace() && !matches!(letter, '\t'..='\r' | '\u{2028}' | '\u{2029}')
            })),
            // The zero value of Go.
            Value::Null => Some(Self::from(0)),
            Value::Bool(_) | Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    /// What apimachinery's `ParseQuantity` makes of a text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let written = Written::split(text)?;
        let magnitude = match Suffix::of(written.suffix)? {
            Suffix::Binary(power) => written.binary(power),
            Suffix::Decimal(exponent) => written.decimal(exponent),
        }?;
        Some(Self::new(written.negative, magnitude))
    }

    fn new(negative: bool, magnitude: Magnitude) -> Self {
        Self { negative: negative && magnitude != Magnitude::Nano(0), magnitude }
    }

    /// Below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// Zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.magnitude == Magnitude::Nano(0)
    }

    /// Above zero.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        !self.negative && !self.is_zero()
    }

    /// Whole, once rounded up to thousandths: what the API server calls an integer.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        match self.magnitude {
            Magnitude::Nano(nano) => nano.div_ceil(1_000_000).is_multiple_of(1000),
            Magnitude::Large { .. } => true,
        }
    }

    /// Whether it is more than one amount is of another, in thousandths; nothing where either is not above zero, or any so
    /// large that the API server, which goes through floating point, may see it otherwise.
    #[must_use]
    pub fn is_above_ratio(&self, whole: &Self, part: &Self) -> Option<bool> {
        const LARGEST: u128 = 1 << 50;
        let thousandths = |quantity: &Self| match quantity.magnitude {
            Magnitude::Nano(nano) if quantity.is_positive() => {
                Some(nano.div_ceil(1_000_000)).filter(|amount| *amount <= LARGEST)
            }
            _ => None,
        };
        Some(thousandths(self)? * thousandths(part)? > thousandths(whole)? * 1000)
    }

    /// A multiple of another amount; of zero, none is.
    #[must_use]
    pub fn is_multiple_of(&self, unit: &Self) -> bool {
        match (&self.magnitude, &unit.magnitude) {
            (Magnitude::Nano(nano), Magnitude::Nano(unit)) => *unit != 0 && nano.is_multiple_of(*unit),
            _ => false,
        }
    }
}

impl From<i64> for Quantity {
    fn from(number: i64) -> Self {
        Self::new(number < 0, Magnitude::Nano(u128::from(number.unsigned_abs()) * NANO))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude.cmp(&other.magnitude),
            (true, true) => other.magnitude.cmp(&self.magnitude),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Quantity {}

impl Ord for Magnitude {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Nano(left), Self::Nano(right)) => left.cmp(right),
            (Self::Nano(_), Self::Large { .. }) => Ordering::Less,
            (Self::Large { .. }, Self::Nano(_)) => Ordering::Greater,
            (
                Self::Large { digits: left, places: left_places },
                Self::Large { digits: right, places: right_places },
            ) => left_places.cmp(right_places).then_with(|| left.cmp(right)),
        }
    }
}

impl PartialOrd for Magnitude {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A text, split as apimachinery splits it.
struct Written<'t> {
    negative: bool,
    /// Whether a digit stands anywhere before the suffix.
    has_digit: bool,
    /// Digits before the point, without leading zeros.
    whole: &'t str,
    /// Digits behind the point.
    fraction: &'t str,
    suffix: &'t str,
}

impl<'t> Written<'t> {
    fn split(text: &'t str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let significant = unsigned.trim_start_matches('0');
        let (whole, rest) = split_digits(significant);
        let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), split_digits);
        let exponent = suffix.trim_start_matches(|letter| "eEinumkKMGTP".contains(letter));
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        let has_digit = significant.len() < unsigned.len() || !whole.is_empty() || !fraction.is_empty();
        split_digits(digits).1.is_empty().then_some(Self { negative, has_digit, whole, fraction, suffix })
    }

    /// How many digits apimachinery counts: a number without any before the point has a `0` there.
    fn counted_digits(&self) -> usize {
        self.whole.len().max(1) + self.fraction.len()
    }

    /// `self` times two to the power, at most what fits an `i64`.
    fn binary(&self, power: u32) -> Option<Magnitude> {
        // apimachinery's estimate of what fits an `i64`; it reads `Ki` without a number as zero, but `Pi` not at all.
        let fast = self.fraction.is_empty() && self.whole.len().max(1) + power as usize * 3 / 10 < 15;
        if !fast && !self.has_digit {
            return None;
        }
        let factor = NANO << power;
        let (fraction, exact) = times_fraction(factor, self.fraction);
        let nano = parse_digits(self.whole)
            .and_then(|whole| whole.checked_mul(factor)?.checked_add(fraction + u128::from(!exact)))
            .map_or(LARGEST_BINARY, |nano| nano.min(LARGEST_BINARY));
        Some(Magnitude::Nano(nano))
    }

    /// `self` times ten to the exponent.
    fn decimal(&self, exponent: i32) -> Option<Magnitude> {
        let fraction_digits = i64::try_from(self.fraction.len()).ok()?;
        // Where the last digit stands, counted in billionths.
        let shift = i64::from(exponent) - fraction_digits + 9;
        if !self.has_digit && (self.counted_digits() > FAST_DIGITS || shift < 0) {
            return None;
        }
        let exact = || {
            let power = 10_u128.checked_pow(u32::try_from(shift.unsigned_abs()).ok()?)?;
            let scale = 10_u128.checked_pow(u32::try_from(fraction_digits).ok()?)?;
            let digits = parse_digits(self.whole)?.checked_mul(scale)?.checked_add(parse_digits(self.fraction)?)?;
            if shift < 0 { Some(digits.div_ceil(power)) } else { digits.checked_mul(power) }
        };
        if let Some(nano) = exact() {
            return Some(Magnitude::Nano(nano));
        }
        let mut digits = format!("{}{}", self.whole, self.fraction);
        let leading = digits.len() - digits.trim_start_matches('0').len();
        digits.drain(..leading);
        if digits.is_empty() {
            return Some(Magnitude::Nano(0));
        }
        Some(long(digits, shift))
    }
}

/// The magnitude of many digits, the first of which is not `0`, times ten to the power `shift` billionths.
fn long(mut digits: String, shift: i64) -> Magnitude {
    let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let in_nano = count.saturating_add(shift);
    if in_nano <= 0 {
        return Magnitude::Nano(1);
    }
    let kept = usize::try_from(in_nano).unwrap_or(usize::MAX).min(digits.len());
    let rounds_up = digits.bytes().skip(kept).any(|digit| digit != b'0');
    digits.truncate(kept);
    let mut places = in_nano;
    if rounds_up {
        places += i64::from(increment(&mut digits));
    }
    let zeros = u32::try_from(places - i64::try_from(digits.len()).unwrap_or(i64::MAX)).ok();
    let nano = zeros.and_then(|zeros| parse_digits(&digits)?.checked_mul(10_u128.checked_pow(zeros)?));
    if let Some(nano) = nano {
        return Magnitude::Nano(nano);
    }
    digits.truncate(digits.trim_end_matches('0').len());
    Magnitude::Large { digits, places }
}

/// Adds one to the last digit. Whether that made the number a digit longer: then it is a `1`, its zeros are left out.
fn increment(digits: &mut String) -> bool {
    let Some(position) = digits.bytes().rposition(|digit| digit != b'9') else {
        "1".clone_into(digits);
        return true;
    };
    let raised = digits.as_bytes().get(position).copied().map_or('1', |digit| char::from(digit + 1));
    let length = digits.len();
    digits.truncate(position);
    digits.push(raised);
    digits.extend(std::iter::repeat_n('0', length - position - 1));
    false
}

/// What a suffix multiplies with.
enum Suffix {
    /// Two to the power.
    Binary(u32),
    /// Ten to the power.
    Decimal(i32),
}

impl Suffix {
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            "n" => Self::Decimal(-9),
            "u" => Self::Decimal(-6),
            "m" => Self::Decimal(-3),
            "" => Self::Decimal(0),
            "k" => Self::Decimal(3),
            "M" => Self::Decimal(6),
            "G" => Self::Decimal(9),
            "T" => Self::Decimal(12),
            "P" => Self::Decimal(15),
            "E" => Self::Decimal(18),
            "Ki" => Self::Binary(10),
            "Mi" => Self::Binary(20),
            "Gi" => Self::Binary(30),
            "Ti" => Self::Binary(40),
            "Pi" => Self::Binary(50),
            "Ei" => Self::Binary(60),
            _ => {
                let exponent: i64 = text.strip_prefix(['e', 'E'])?.parse().ok()?;
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "apimachinery cuts the exponent down to 32 bits, too"
                )]
                Self::Decimal(exponent as i32)
            }
        })
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()))
}

/// The number that digits are; none are zero.
fn parse_digits(digits: &str) -> Option<u128> {
    if digits.is_empty() { Some(0) } else { digits.parse().ok() }
}

/// `factor` times `0.digits`, rounded down, and whether that is exact.
fn times_fraction(factor: u128, digits: &str) -> (u128, bool) {
    digits.bytes().rev().fold((0, true), |(sum, exact), digit| {
        let sum = sum + u128::from(digit - b'0') * factor;
        (sum / 10, exact && sum.is_multiple_of(10))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap_or_else(|| panic!("`{text}` is a quantity"))
    }

    #[test]
    fn equal_amounts_are_written_in_many_ways() {
        for (left, right) in [
            ("1", "1000m"),
            ("1Ki", "1024"),
            ("0.5Gi", "512Mi"),
            ("1.5", "1500m"),
            ("1e3", "1k"),
            ("1E", "1e18"),
            ("12e+6", "12M"),
            ("-0", "0"),
            ("+1.", "001"),
            ("0.0000000001", "1n"),
            ("1.0000000001", "1000000001n"),
            ("9Ei", "9223372036854775807"),
            ("9999999999999999999999999999999999999999Ki", "9223372036854775807"),
            ("0.1Ki", "102.4"),
            ("1e40", "10000000000000000000000000000000000000000"),
            ("99999999999999999999999999999999999999999.9999999999", "1e41"),
            ("0.00000000000000000000000000000000000000000000001", "1n"),
        ] {
            assert_eq!(quantity(left), quantity(right), "{left} and {right}");
        }
    }

    #[test]
    fn amounts_are_ordered_exactly() {
        let ordered = [
            "-1e50",
            "-1e40",
            "-1Gi",
            "-1G",
            "-1m",
            "-1n",
            "0",
            "1n",
            "1u",
            "1m",
            "0.999999999",
            "1",
            "9007199254740992",
            "9007199254740993",
            "8Ei",
            "1e29",
            "1e40",
            "1.0000000000000000000000000000000000000001e40",
            "1e50",
            "2e50",
        ];
        for pair in ordered.windows(2) {
            assert!(quantity(pair[0]) < quantity(pair[1]), "{} < {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in [
            "",
            "1GB",
            "1 Gi",
            "1gi",
            "1K",
            "1e",
            "1e+",
            "1.2.3",
            "--1",
            "+-1",
            "1m1",
            "0x10",
            "1_000",
            "1,5",
            "Pi",
            ".Ei",
            "e-10",
            "1e9223372036854775808",
            "é",
            "1é",
        ] {
            assert!(Quantity::parse(text).is_none(), "`{text}`");
        }
    }

    #[test]
    fn a_number_without_digits_is_zero_as_in_apimachinery() {
        for text in [".", "+", "-", "k", "Ki", "m", "e3", "-Ti"] {
            assert!(quantity(text).is_zero(), "`{text}`");
        }
    }

    #[test]
    fn whole_is_what_rounds_up_to_whole_thousandths() {
        for (text, whole) in
            [("1", true), ("2000m", true), ("1500m", false), ("1.9999", true), ("1.0001", false), ("1e60", true)]
        {
            assert_eq!(quantity(text).is_whole(), whole, "{text}");
        }
    }

    #[test]
    fn nodes_of_every_number_type_are_quantities() {
        let node =
            |value| Node { span: crate::manifest::Span { file: crate::manifest::FileId(0), start: 0, end: 0 }, value };
        let of = |value| Quantity::of(&node(value));
        assert_eq!(of(Value::Int(-2)), Some(quantity("-2")));
        assert_eq!(of(Value::UInt(u64::MAX)), Some(quantity("18446744073709551615")));
        assert_eq!(of(Value::Float(1e21)), Some(quantity("1000000000000000000000")));
        assert_eq!(of(Value::Float(0.5)), Some(quantity("500m")));
        assert_eq!(of(Value::String(" 1Gi\u{a0}".into())), Some(quantity("1Gi")));
        assert_eq!(of(Value::String("\t1Gi".into())), None);
        assert_eq!(of(Value::Bool(true)), None);
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "[-+]?[0-9.]{0,50}[eEinumkKMGTP]{0,3}[-+]?[0-9]{0,20}") {
            let _ = Quantity::parse(&text);
        }

        #[test]
        fn decimals_compare_like_integers(left in any::<i64>(), right in any::<i64>()) {
            prop_assert_eq!(quantity(&format!("{left}n")).cmp(&quantity(&format!("{right}n"))), left.cmp(&right));
            prop_assert_eq!(quantity(&format!("{left}e40")).cmp(&quantity(&format!("{right}e40"))), left.cmp(&right));
        }

        #[test]
        fn a_point_and_an_exponent_say_the_same(whole in 0_u32.., fraction in "[0-9]{0,45}", exponent in 0_i64..60) {
            let digits = i64::try_from(fraction.len()).unwrap();
            let pointed = quantity(&format!("{whole}.{fraction}e{exponent}"));
            prop_assert_eq!(pointed, quantity(&format!("{whole}{fraction}e{}", exponent - digits)));
        }

        #[test]
        fn binary_fractions_are_exact(thousandths in 0_u64..1_000_000_000, power in 1_u32..=3) {
            let suffix = ["Ki", "Mi", "Gi"][power as usize - 1];
            let left = quantity(&format!("{}.{:03}{suffix}", thousandths / 1000, thousandths % 1000));
            let right = quantity(&format!("{}m", u128::from(thousandths) << (10 * power)));
            prop_assert_eq!(left, right);
        }
    }
}
