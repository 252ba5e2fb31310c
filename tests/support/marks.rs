//! Where a fixture says that a finding must be.
//!
//! In: the text of a fixture. Out: lines and rules. It never looks at what was found.

/// The marks of a text, each a line from 1 and a rule: `# expect: <rule>` at the end of a line means that line,
/// `# expect-next: <rule>` on a line of its own the one below.
pub(crate) fn marks(text: &[u8]) -> Vec<(usize, String)> {
    let mut marks = Vec::new();
    for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
        // A fixture may be in any encoding; its marks are not
        let line = String::from_utf8_lossy(line);
        if let Some((_, rule)) = line.rsplit_once("# expect: ") {
            marks.push((index + 1, rule.trim().to_owned()));
        } else if let Some(rule) = line.trim().strip_prefix("# expect-next: ") {
            marks.push((index + 2, rule.to_owned()));
        }
    }
    marks
}
