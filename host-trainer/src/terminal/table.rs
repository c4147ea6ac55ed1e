//! Tables of text whose columns stay aligned whatever the script: widths are those on a terminal, where a Korean letter
//! takes two columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::width;

/// A cell of more columns is shortened.
const WIDEST: usize = 32;
/// A name of more than a third of a narrow terminal is shortened, too, but never to fewer columns than these.
const NARROWEST: usize = 8;

/// The heading of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Heading<'a> {
    /// Of cells that are aligned to the left, and at least so wide.
    Left(&'a str, usize),
    /// Of cells that are aligned to the right.
    Right(&'a str),
    /// The same of what matters most, which is kept where other columns do not fit.
    Main(&'a str),
}

/// A line of headings and a line for each row, two spaces between columns. Where the terminal is narrower, one space, and
/// as many columns as fit: the first, then the main one, then the others.
pub(crate) fn table(headings: &[Heading<'_>], rows: &[Vec<String>]) -> String {
    fitted(headings, rows, width())
}

fn fitted(headings: &[Heading<'_>], rows: &[Vec<String>], room: Option<usize>) -> String {
    let mut lines: Vec<Vec<String>> = Vec::with_capacity(rows.len() + 1);
    lines.push(headings.iter().map(|heading| heading.text().to_owned()).collect());
    let widest_name = room.map_or(WIDEST, |room| (room / 3).clamp(NARROWEST, WIDEST));
    let short = |(cell, heading): (&String, &Heading<'_>)| match heading {
        Heading::Left(..) => shorten(cell, widest_name),
        Heading::Right(_) | Heading::Main(_) => shorten(cell, WIDEST),
    };
    lines.extend(rows.iter().map(|row| row.iter().zip(headings).map(short).collect()));
    let widths: Vec<usize> = headings
        .iter()
        .enumerate()
        .map(|(column, heading)| {
            let cells = lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.width());
            cells.max().unwrap_or(0).max(heading.least())
        })
        .collect();
    let room = room.unwrap_or(usize::MAX);
    let mut order: Vec<usize> = (0..widths.len()).collect();
    order.sort_by_key(|&column| (column > 0, !matches!(headings[column], Heading::Main(_)), column));
    let width_with = |columns: usize, gap: usize| {
        order[..columns].iter().map(|&column| widths[column]).sum::<usize>() + gap * columns.max(1) - gap
    };
    let gap = if width_with(widths.len(), 2) <= room { 2 } else { 1 };
    let columns = (1..=widths.len()).rev().find(|&columns| width_with(columns, gap) <= room).unwrap_or(1);
    let mut shown = order[..columns].to_vec();
    shown.sort_unstable();
    let mut text = String::new();
    for line in lines {
        let cells = shown.iter().filter_map(|&column| {
            let (cell, width) = (line.get(column)?, widths[column]);
            Some(match headings[column] {
                Heading::Left(..) => pad(cell, width),
                Heading::Right(_) | Heading::Main(_) => " ".repeat(width - cell.width()) + cell,
            })
        });
        text += cells.collect::<Vec<_>>().join(&" ".repeat(gap)).trim_end();
        text.push('\n');
    }
    if columns < widths.len() {
        let all = width_with(widths.len(), 1);
        text += &format!("… more in a terminal of {all} columns\n");
    }
    text
}

impl Heading<'_> {
    const fn text(&self) -> &str {
        match self {
            Self::Left(text, _) | Self::Right(text) | Self::Main(text) => text,
        }
    }

    const fn least(&self) -> usize {
        match self {
            Self::Left(_, least) => *least,
            Self::Right(_) | Self::Main(_) => 0,
        }
    }
}

/// The text, and spaces up to a width.
pub(crate) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// The text, or as much of it as fits into a width, with an ellipsis.
pub(crate) fn shorten(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut left = width.saturating_sub(1);
    for character in text.chars() {
        let columns = character.width().unwrap_or(0);
        if columns > left {
            break;
        }
        left -= columns;
        short.push(character);
    }
    short + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_in_every_script() {
        let rows = ["Coat", "셔츠", "Größe", "e\u{301}"].map(|name| vec![name.to_owned(), "1,234".to_owned()]);
        let text = table(&[Heading::Left("class", 6), Heading::Right("samples")], &rows);
        let widths: Vec<usize> = text.lines().map(|line| line.width()).collect();
        assert_eq!(widths, [6 + 2 + 7; 5], "{text}");
        assert!(text.starts_with("class   samples\nCoat      1,234\n셔츠      1,234\n"), "{text}");
    }

    #[test]
    fn a_narrow_terminal_has_fewer_columns() {
        let headings = [Heading::Left("group", 6), Heading::Right("samples"), Heading::Right("loss")];
        let rows = [vec!["ada".to_owned(), "7".to_owned(), "0.25".to_owned()]];
        for (room, wanted) in [
            (21, "group   samples  loss\nada           7  0.25\n"),
            (20, "group  samples loss\nada          7 0.25\n"),
            (18, "group  samples\nada          7\n… more in a terminal of 19 columns\n"),
            (1, "group\nada\n… more in a terminal of 19 columns\n"),
        ] {
            assert_eq!(fitted(&headings, &rows, Some(room)), wanted, "{room}");
        }
    }

    #[test]
    fn the_main_column_is_kept_in_a_narrow_terminal() {
        let headings =
            [Heading::Left("run", 0), Heading::Right("samples"), Heading::Main("accuracy"), Heading::Right("loss")];
        let rows = [vec!["a-long-name".to_owned(), "7".to_owned(), "0.5".to_owned(), "0.25".to_owned()]];
        for (room, wanted) in [
            (36, "run          samples  accuracy  loss\na-long-name        7       0.5  0.25\n"),
            (30, "run        samples accuracy\na-long-na…       7      0.5\n… more in a terminal of 32 columns\n"),
            (20, "run      accuracy\na-long-…      0.5\n… more in a terminal of 30 columns\n"),
            (16, "run\na-long-…\n… more in a terminal of 30 columns\n"),
        ] {
            assert_eq!(fitted(&headings, &rows, Some(room)), wanted, "{room}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_is_shortened() {
        for (width, wanted) in [(10, "Ankle boot"), (9, "Ankle bo…"), (1, "…")] {
            assert_eq!(shorten("Ankle boot", width), wanted);
        }
        assert_eq!(shorten("운동화", 4), "운…");
        assert_eq!(shorten("운동화", 6), "운동화");
    }
}
