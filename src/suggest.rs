//! "Did you mean": the known word that a typed one most resembles.
//!
//! In: a word that is not known, and those that are. Out: one of them, or none when none is close. It never decides
//! whether a word is right.

/// The known word that a typed one most resembles, when it resembles one closely enough.
pub(crate) fn nearest<'k>(typed: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    // Longer ones are nobody's typing mistake, and the comparison is quadratic in their length.
    if typed.len() > 64 {
        return None;
    }
    let lower = typed.to_lowercase();
    known
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= name.len().max(typed.len()).div_ceil(4))
        .min()
        .map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_mistake_is_recognised_and_another_word_is_not() {
        let known = ["replicas", "selector", "template"];
        assert_eq!(nearest("replcas", known.into_iter()).as_deref(), Some("replicas"));
        assert_eq!(nearest("Selector", known.into_iter()).as_deref(), Some("selector"));
        assert_eq!(nearest("strategy", known.into_iter()), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), known.into_iter()), None);
    }
}
