//! Comma-separated values with a header (RFC 4180): a column of targets, perhaps one of groups, the others features.

use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};
use formats::bounded::{MAX_NUMBERS, MAX_ROWS, MAX_TABLE, read};

use super::table::{Table, TextColumn};
use super::{DataError, names};
use formats::DataOptions;

/// More columns than any file for a network here should have.
const MAX_COLUMNS: usize = 65_536;
/// TextColumn that stand for a value that is not known.
const MISSING: [&str; 6] = ["", "?", "na", "n/a", "nan", "null"];
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The role of a column.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Feature,
    Target,
    Group,
    Ignored,
}

/// Reads a file, all rows of equal length, all features finite numbers.
///
/// # Errors
/// Anything else; the error names the line and the column.
pub(super) fn load(path: &Path, options: &DataOptions) -> Result<Table, DataError> {
    read_table(path, |header| roles(path, header, options))
}

/// Reads the features of these names, in the order of the file, and the group of each row if the file has that column.
pub(super) fn load_features(path: &Path, names: &[String], group: Option<&str>) -> Result<Table, DataError> {
    read_table(path, |header| {
        if let Some(missing) = names.iter().find(|name| !header.contains(name)) {
            return Err(DataError::file(path, format!("no column `{missing}`, which the model takes")));
        }
        let role = |name: &String| match name {
            name if names.contains(name) => Role::Feature,
            name if Some(name.as_str()) == group => Role::Group,
            _ => Role::Ignored,
        };
        Ok(header.iter().map(role).collect())
    })
}

/// Reads a file, of which `roles` says what each column of the header is for.
fn read_table(path: &Path, roles: impl FnOnce(&[String]) -> Result<Vec<Role>, DataError>) -> Result<Table, DataError> {
    let bytes = read(path, MAX_TABLE).map_err(|error| DataError::file(path, format!("cannot read: {error}")))?;
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    // The reader would keep several copies of a record, however long.
    if longest_record(bytes) > MAX_COLUMNS {
        return Err(DataError::file(path, format!("a record of more than {MAX_COLUMNS} values, which is the limit")));
    }
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = ByteRecord::new();
    let mut lines = Lines { bytes, counted: 0, line: 1 };
    let damaged = |error: csv::Error| DataError::file(path, format!("cannot read: {error}"));
    if !reader.read_byte_record(&mut record).map_err(damaged)? {
        return Err(DataError::file(path, "the file is empty; a header with the names of the columns wanted"));
    }
    let header = header(path, &record)?;
    let roles = roles(&header)?;
    let named = |role| header.iter().zip(&roles).filter(move |(_, found)| **found == role).map(|(name, _)| name);
    let features: Vec<String> = named(Role::Feature).cloned().collect();
    let texts = |name: &String| TextColumn::new(path, "line", name);
    let target = texts(named(Role::Target).next().unwrap_or(&String::new()));
    let groups = named(Role::Group).next().map(texts);
    let mut table = Table { path: path.to_owned(), features, values: Vec::new(), target, groups, lines: Vec::new() };
    while reader.read_byte_record(&mut record).map_err(damaged)? {
        let line = lines.of(&record);
        table.lines.push(line);
        if table.lines.len() > MAX_ROWS {
            return Err(DataError::file(path, format!("line {line}: more than {MAX_ROWS} rows, which is the limit")));
        }
        if table.values.len() > MAX_NUMBERS {
            let fault = format!("line {line}: more than {MAX_NUMBERS} numbers, which is the limit");
            return Err(DataError::file(path, fault));
        }
        if record.len() != header.len() {
            let fault = format!("line {line}: {} values, but the header has {} columns", record.len(), header.len());
            return Err(DataError::file(path, fault));
        }
        for ((bytes, role), name) in record.iter().zip(&roles).zip(&header) {
            let fault = |fault| DataError::Cell {
                path: path.to_owned(),
                place: format!("line {line}"),
                column: name.clone(),
                fault,
            };
            match role {
                Role::Feature => table.values.push(number(bytes).map_err(fault)?),
                Role::Target => table.target.push(text(bytes).map_err(fault)?, line),
                Role::Group => table.groups.iter_mut().try_for_each(|groups| {
                    groups.push(text(bytes).map_err(fault)?, line);
                    Ok(())
                })?,
                Role::Ignored if bytes.contains(&b'\n') => {
                    return Err(fault("a value of several lines; is a quote not closed?".into()));
                }
                Role::Ignored => {}
            }
        }
    }
    if table.lines.is_empty() {
        return Err(DataError::file(path, "no rows after the header"));
    }
    Ok(table)
}

/// Says on which line a record begins; the reader's own count is one less after a carriage return or an empty line.
struct Lines<'a> {
    bytes: &'a [u8],
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of a record that follows those asked for before.
    fn of(&mut self, record: &ByteRecord) -> u64 {
        let from = record.position().map_or(0, |position| position.byte() as usize);
        let blank = self.bytes[from..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let start = from + blank;
        self.line += self.bytes[self.counted..start].iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.counted = start;
        self.line
    }
}

/// The number of values of the longest record, quotes taken as the reader takes them: only at the start of a value do
/// they hide what follows.
fn longest_record(bytes: &[u8]) -> usize {
    #[derive(Clone, Copy)]
    enum State {
        Start,
        Plain,
        Quoted,
        Quote,
    }
    let (mut state, mut values, mut longest) = (State::Start, 1, 1);
    for byte in bytes {
        state = match (state, byte) {
            (State::Start | State::Quote, b'"') => State::Quoted,
            (State::Quoted, b'"') => State::Quote,
            (State::Quoted, _) => State::Quoted,
            (_, b',') => {
                values += 1;
                longest = longest.max(values);
                State::Start
            }
            (_, b'\n' | b'\r') => {
                values = 1;
                State::Start
            }
            _ => State::Plain,
        };
    }
    longest
}

/// The names of the columns.
fn header(path: &Path, record: &ByteRecord) -> Result<Vec<String>, DataError> {
    if record.len() == 1
        && let Some(&separator) = record[0].iter().find(|byte| b";\t|".contains(byte))
    {
        let fault = format!("columns separated by {:?}; commas wanted, and points in numbers", char::from(separator));
        return Err(DataError::file(path, fault));
    }
    let mut names = Vec::<String>::with_capacity(record.len());
    for (index, bytes) in record.iter().enumerate() {
        let fault = |fault: String| DataError::file(path, format!("header, column {}: {fault}", index + 1));
        let name = str::from_utf8(bytes).map_err(|_| fault("not UTF-8".into()))?.trim();
        names::check(name).map_err(fault)?;
        names.push(name.into());
    }
    let numbers = names.iter().filter(|name| name.parse::<f64>().is_ok()).count();
    if numbers > 0 && numbers + 1 >= names.len() {
        return Err(DataError::file(path, "the first line looks like values; a header with names of columns wanted"));
    }
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(DataError::file(path, format!("header: two columns with the name `{}`", pair[0]))),
        None => Ok(names),
    }
}

/// The role of each column, in the order of the header.
fn roles(path: &Path, header: &[String], options: &DataOptions) -> Result<Vec<Role>, DataError> {
    let mut roles = vec![Role::Feature; header.len()];
    let mut set = |name: &str, option: &str, role| {
        let column = header.iter().position(|column| column == name).ok_or_else(|| {
            let columns: Vec<&str> = header.iter().take(20).map(String::as_str).collect();
            let more = if header.len() > columns.len() { ", …" } else { "" };
            DataError::file(
                path,
                format!("no column `{name}`, as {option} says; there are {}{more}", columns.join(", ")),
            )
        })?;
        if roles[column] != Role::Feature {
            return Err(DataError::Conflict(format!("{option}: the column `{name}` has another use already")));
        }
        roles[column] = role;
        Ok(())
    };
    // A target that no option names is the last column that is left.
    if let Some(target) = &options.target {
        set(target, "--target", Role::Target)?;
    }
    if let Some(group) = &options.group {
        set(group, "--group", Role::Group)?;
    }
    for name in &options.ignore {
        set(name, "--ignore", Role::Ignored)?;
    }
    if options.target.is_none()
        && let Some(last) = roles.iter().rposition(|role| *role == Role::Feature)
    {
        roles[last] = Role::Target;
    }
    for (role, name) in [(Role::Target, "the target"), (Role::Feature, "a feature")] {
        if !roles.contains(&role) {
            return Err(DataError::file(path, format!("no column is left to be {name}")));
        }
    }
    Ok(roles)
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    let text = str::from_utf8(bytes).map_err(|_| "not UTF-8")?.trim();
    if MISSING.iter().any(|missing| text.eq_ignore_ascii_case(missing)) {
        return Err(if text.is_empty() { "no value".into() } else { format!("no value, but `{text}`") });
    }
    names::check(text)?;
    Ok(text)
}

fn number(bytes: &[u8]) -> Result<f32, String> {
    let text = text(bytes)?;
    match text.parse::<f32>() {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err(format!("`{text}` is not a finite number of 32 bits")),
        Err(_) => Err(format!("`{text}` is not a number; a column of texts can be left out by --ignore")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_record_is_that_of_the_reader() {
        for text in [
            "",
            "a",
            "a,b\n1,2,3\n",
            "a,\"b,\nc\",d\n,",
            "a\"b,c\",\n,,,",
            "\"a\"\"b,\",c",
            "\"a\"b,\"c,d\n",
            "a\r,\r\nb,,",
        ] {
            let records = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let longest = records.into_byte_records().map(|record| record.unwrap().len()).max().unwrap_or(1);
            assert_eq!(longest_record(text.as_bytes()), longest, "{text:?}");
        }
    }
}
