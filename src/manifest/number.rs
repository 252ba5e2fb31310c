//! Numbers as Go writes them: in JSON, and as keys of a mapping.
//!
//! In: a float. Out: its text, digit for digit what `encoding/json` and sigs.k8s.io/yaml print. It never reads numbers.

/// A finite float as Go's `encoding/json` prints it: `1` for `1.0`, `1e+21` for ten to the twenty-first.
pub(super) fn json_float(number: f64) -> String {
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{number:e}");
        if text.contains("e-") { text } else { text.replace('e', "e+") }
    } else {
        number.to_string()
    }
}

/// A float as sigs.k8s.io/yaml turns it into a key: Go's shortest `%g` of the number cut down to 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "Go's converter cuts keys down to 32 bits, too")]
pub(super) fn key_float(number: f64) -> String {
    let number = number as f32;
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    shortest(f64::from(number), &format!("{number:e}"), || number.to_string())
}

/// A finite float as go-yaml prints it: Go's shortest `%g`.
pub(super) fn general_float(number: f64) -> String {
    shortest(number, &format!("{number:e}"), || number.to_string())
}

/// Go's `%g` without a precision: with an exponent, of two digits at least, below 0.0001 and from a million on.
fn shortest(number: f64, scientific: &str, decimal: impl FnOnce() -> String) -> String {
    let (digits, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent @ -4..6) if number != 0.0 || exponent == 0 => decimal(),
        Ok(exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        Err(_) => scientific.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{general_float, json_float, key_float};

    #[test]
    fn json_floats_are_printed_as_go_prints_them() {
        for (number, text) in [
            (1.0, "1"),
            (-0.0, "-0"),
            (0.5, "0.5"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.234_567_890_123_456_8e29, "1.2345678901234568e+29"),
            (1e-6, "0.000001"),
            (1.5e-7, "1.5e-7"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
        ] {
            assert_eq!(json_float(number), text);
        }
    }

    #[test]
    fn float_keys_are_printed_with_32_bits() {
        for (number, text) in [
            (1.5, "1.5"),
            (0.0, "0"),
            (1.0, "1"),
            (100_000.0, "100000"),
            (1_000_000.0, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (0.1 + 0.2, "0.3"),
            (1e300, ".inf"),
            (f64::NEG_INFINITY, "-.inf"),
            (f64::NAN, ".nan"),
        ] {
            assert_eq!(key_float(number), text);
        }
    }

    #[test]
    fn floats_in_yaml_have_exponents_early() {
        for (number, text) in [
            (0.5, "0.5"),
            (123_456.5, "123456.5"),
            (1_234_567.5, "1.2345675e+06"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (1.5e300, "1.5e+300"),
        ] {
            assert_eq!(general_float(number), text);
        }
    }
}
