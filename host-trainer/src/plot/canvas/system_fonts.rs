//! Glyphs that the embedded fonts lack, such as those of Hangul, from the fonts of the system.
//!
//! Only of scripts that are written one glyph after another from left to right: for others, such as Arabic and Devanagari,
//! letters would have to be shaped.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use formats::bounded;
use ttf_parser::Face;

/// The most bytes of a font, and the most fonts that are read in search of a letter.
const MAX_FONT: u64 = 1 << 26;
const MAX_FONTS: usize = 64;
/// Folders within folders.
const MAX_LEVELS: usize = 4;
/// Parts of the names of files that are read first, in this order, and of those that are read last.
const PREFERRED: [&str; 10] = [
    "NotoSansCJK",
    "NotoSans",
    "AppleSDGothic",
    "malgun",
    "Nanum",
    "SourceHanSans",
    "PingFang",
    "msyh",
    "DejaVuSans",
    "Unifont",
];
const AVOIDED: [&str; 9] = ["Bold", "Italic", "Oblique", "Light", "Thin", "Black", "Mono", "Serif", "Condensed"];

/// A font of the system that has a letter, if the letter can be drawn by itself.
pub(super) fn with(letter: char) -> Option<&'static Face<'static>> {
    static FONTS: LazyLock<Mutex<Fonts>> = LazyLock::new(|| Mutex::new(Fonts::new(&folders())));
    if needs_shaping(letter) {
        return None;
    }
    FONTS.lock().unwrap_or_else(PoisonError::into_inner).find(letter)
}

/// Where systems keep fonts.
fn folders() -> Vec<PathBuf> {
    let home = |folder: &str| env::home_dir().map(|home| home.join(folder));
    let system =
        ["/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts", "C:\\Windows\\Fonts"];
    let own = [".local/share/fonts", ".fonts", "Library/Fonts", "AppData/Local/Microsoft/Windows/Fonts"];
    system.into_iter().map(PathBuf::from).chain(own.into_iter().filter_map(home)).collect()
}

/// Fonts that are read as letters need them, and kept until the process ends.
struct Fonts {
    unread: Vec<PathBuf>,
    read: Vec<&'static Face<'static>>,
}

impl Fonts {
    fn new(folders: &[PathBuf]) -> Self {
        let mut unread = Vec::new();
        folders.iter().for_each(|folder| collect(folder, 0, &mut unread));
        let rank = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let preferred = PREFERRED.iter().position(|part| name.contains(part)).unwrap_or(PREFERRED.len());
            (AVOIDED.iter().filter(|part| name.contains(**part)).count(), preferred, name)
        };
        unread.sort_by_cached_key(|path| rank(path));
        unread.truncate(MAX_FONTS);
        unread.reverse();
        Self { unread, read: Vec::new() }
    }

    fn find(&mut self, letter: char) -> Option<&'static Face<'static>> {
        let has = |face: &Face<'_>| face.glyph_index(letter).is_some();
        while !self.read.iter().any(|face| has(face)) {
            let bytes = bounded::read(&self.unread.pop()?, MAX_FONT);
            // Each is read once, so that no more than these are kept.
            let bytes: &'static [u8] = bytes.unwrap_or_default().leak();
            if let Ok(face) = Face::parse(bytes, 0) {
                self.read.push(Box::leak(Box::new(face)));
            }
        }
        self.read.iter().copied().find(|face| has(face))
    }
}

/// Appends the fonts in a folder and in those below it.
fn collect(folder: &Path, level: usize, fonts: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
        if path.is_dir() && level < MAX_LEVELS {
            collect(&path, level + 1, fonts);
        } else if extension.is_some_and(|extension| extension == "ttf" || extension == "otf" || extension == "ttc") {
            fonts.push(path);
        }
    }
}

/// Whether a letter joins others, stands above them, or is written from right to left.
fn needs_shaping(letter: char) -> bool {
    matches!(letter,
        '\u{300}'..='\u{36f}' | '\u{590}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1700}'..='\u{1aff}'
        | '\u{1b00}'..='\u{1cff}' | '\u{1dc0}'..='\u{1dff}' | '\u{200b}'..='\u{200f}' | '\u{20d0}'..='\u{20ff}'
        | '\u{a800}'..='\u{abff}' | '\u{d7b0}'..='\u{d7ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe00}'..='\u{fe2f}'
        | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{11fff}' | '\u{1e800}'..='\u{1efff}' | '\u{1f000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_are_read_until_one_has_the_letter() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        fs::create_dir_all(&below).unwrap();
        fs::write(folder.path().join("Unifont.otf"), "damaged").unwrap();
        fs::write(below.join("Inter.OTF"), super::super::letters::REGULAR).unwrap();
        fs::write(below.join("notes"), "A").unwrap();
        let mut fonts = Fonts::new(&[folder.path().to_owned(), folder.path().join("missing")]);
        assert_eq!(fonts.unread.len(), 2);
        assert!(fonts.find('A').is_some());
        assert_eq!((fonts.unread.len(), fonts.read.len()), (0, 1));
        assert!(fonts.find('Ж').is_some() && fonts.find('셔').is_none() && fonts.find('A').is_some());
        assert_eq!(fonts.read.len(), 1, "none is read twice");
    }

    #[test]
    fn scripts_whose_letters_join_are_left_out() {
        for (letters, wanted) in [("셔츠漢カあАA", false), ("عदไকא\u{301}ﷺ", true)] {
            for letter in letters.chars() {
                assert_eq!(needs_shaping(letter), wanted, "{letter}");
            }
        }
    }
}
