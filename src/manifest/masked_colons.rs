//! Colons that the parser would take for another: how `[fe80::]` is read as Kubernetes' YAML reads it.
//!
//! In: the places of such colons, as the reader comes upon them. Out: a document that the parser reads as meant, and the
//! texts as they were written. It never decides what a colon is: that is the reader's part.

use super::tree::Bytes;

/// Colons inside brackets that are the last character of a plain scalar, as in `[fe80::]`: the parser takes them for those
/// behind a key. It is given the document with a letter in their places, and their scalars get them back.
#[derive(Default)]
pub(super) struct MaskedColons {
    /// Where they stand in the file.
    pub(super) places: Vec<usize>,
}

impl MaskedColons {
    const LETTER: &'static str = "x";
    /// Each of them costs a pass over the document: so many in all.
    const MOST: usize = 256;
    /// So many bytes may be read again for all of them.
    const MOST_BYTES: usize = 4 << 20;

    /// Whether the document may be read once more.
    pub(super) fn may_grow(&self, document: usize) -> bool {
        self.places.len() < Self::MOST && document.saturating_mul(self.places.len()) < Self::MOST_BYTES
    }

    /// The document as the parser is given it.
    pub(super) fn hide_in(&self, document: &str, base: usize) -> String {
        let mut hidden = document.to_owned();
        for place in &self.places {
            hidden.replace_range(place - base..=place - base, Self::LETTER);
        }
        hidden
    }

    /// The text of a scalar as it was written.
    pub(super) fn restore(&self, mut text: String, at: Bytes) -> String {
        if self.places.iter().any(|place| place + 1 == at.1) && text.ends_with(Self::LETTER) {
            text.pop();
            text.push(':');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::MaskedColons;

    #[test]
    fn a_colon_is_hidden_and_comes_back() {
        let masked = MaskedColons { places: vec![14] };
        assert_eq!(masked.hide_in("[fe80::]", 8), "[fe80:x]");
        assert_eq!(masked.restore("fe80:x".to_owned(), (9, 15)), "fe80::");
        assert_eq!(masked.restore("x".to_owned(), (0, 1)), "x");
    }

    #[test]
    fn a_document_is_not_read_without_end() {
        assert!(MaskedColons { places: vec![0; 255] }.may_grow(100));
        assert!(!MaskedColons { places: vec![0; 256] }.may_grow(100));
        assert!(!MaskedColons { places: vec![0; 2] }.may_grow(4 << 20));
    }
}
