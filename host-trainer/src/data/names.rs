//! Names of classes and columns, which go to terminals, reports and source code.

use formats::is_unprintable;

/// Refuses an empty name and one with control characters; the error is a description of the name.
pub(super) fn check(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("an empty name".into());
    }
    match name.chars().find(|&character| is_unprintable(character)) {
        Some(character) => Err(format!("a name with the control character {}", character.escape_unicode())),
        None => Ok(()),
    }
}
