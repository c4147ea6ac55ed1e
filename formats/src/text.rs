//! Texts from files, which go to terminals, reports and source code.

use crate::{Input, Model, Provenance};

/// Whether a character moves the cursor or changes the direction of a text.
pub fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl Model {
    /// A name in it that has an unprintable character, if one has.
    pub fn unprintable_name(&self) -> Option<&str> {
        let (features, channels, group) = match &self.input {
            Input::Features { names, window: Some(window), .. } => {
                (&names[..], &window.channels[..], window.group.as_ref())
            }
            Input::Features { names, window: None, .. } => (&names[..], &[][..], None),
            Input::Pixels(_) => (&[][..], &[][..], None),
        };
        let provenance = match &self.provenance {
            Provenance::Trained { data_set, .. } => [data_set, ""],
            Provenance::Imported { file, format } => [file.as_str(), format.as_str()],
        };
        let names = features.iter().chain(channels).chain(group).chain(self.output.names()).chain(self.test.keys());
        names.map(String::as_str).chain(provenance).find(|text| text.contains(is_unprintable))
    }
}
