//! Names of classes and columns, which go to terminals, reports and source code.

/// Whether a character moves the cursor or the direction of the text.
fn is_unprintable(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// What is wrong with a name.
pub(super) fn check(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("an empty name".into());
    }
    match name.chars().find(|&character| is_unprintable(character)) {
        Some(character) => Err(format!("a name with the control character {}", character.escape_unicode())),
        None => Ok(()),
    }
}
