//! The table of layers and parameter counts that Keras prints as `model.summary()`.

use indicatif::HumanCount;
use unicode_width::UnicodeWidthStr;

use super::table::pad;

/// Columns of Keras's table.
const KERAS_COLUMNS: usize = 76;

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayerSummary {
    /// The layer's own name, such as `dense`.
    pub(crate) name: String,
    /// The layer's type, such as `Dense`.
    pub(crate) kind: &'static str,
    /// The output shape as Keras writes it, such as `(None, 10)`.
    pub(crate) output_shape: String,
    pub(crate) parameters: usize,
    /// Whether training changes those parameters.
    pub(crate) trainable: bool,
}

/// The table for `layers`, as Keras 3 prints it in a terminal of 80 columns; a column grows where Keras would wrap its
/// text. In a terminal of fewer columns, `columns`, it is as narrow as its cells, without the types of the layers.
pub(crate) fn summary(model_name: &str, layers: &[LayerSummary], columns: Option<usize>) -> String {
    let is_narrow = columns.is_some_and(|columns| columns < KERAS_COLUMNS);
    let first = if is_narrow { "Layer" } else { "Layer (type)" };
    let header = [first, "Output Shape", "Param #"].map(String::from);
    let rows = layers.iter().map(|layer| {
        let name = if is_narrow { layer.name.clone() } else { format!("{} ({})", layer.name, layer.kind) };
        [name, layer.output_shape.clone(), thousands(layer.parameters)]
    });
    let rows: Vec<[String; 3]> = std::iter::once(header).chain(rows).collect();

    let mut widths = if is_narrow { [0; 3] } else { [31, 22, 13] };
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }

    let mut lines = vec![format!("Model: \"{model_name}\"")];
    for (index, row) in rows.iter().enumerate() {
        let (above, bar) = match index {
            0 => (["┏", "━", "┳", "┓"], "┃"),
            1 => (["┡", "━", "╇", "┩"], "│"),
            _ => (["├", "─", "┼", "┤"], "│"),
        };
        lines.push(rule(above, widths));
        let [name_width, shape_width, count_width] = widths;
        let [name, shape, count] = row;
        let (name, shape) = (pad(name, name_width), pad(shape, shape_width));
        lines.push(format!("{bar} {name} {bar} {shape} {bar} {count:>count_width$} {bar}"));
    }
    lines.push(rule(["└", "─", "┴", "┘"], widths));

    let count = |trainable| {
        let chosen = layers.iter().filter(|layer| layer.trainable == trainable);
        chosen.map(|layer| layer.parameters).sum::<usize>()
    };
    let (trainable, frozen) = (count(true), count(false));
    for (what, parameters) in [("Total", trainable + frozen), ("Trainable", trainable), ("Non-trainable", frozen)] {
        let size = readable_size(parameters * size_of::<f32>());
        lines.push(format!(" {what} params: {} ({size})", thousands(parameters)));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// A horizontal line of the table.
fn rule([left, line, cross, right]: [&str; 4], widths: [usize; 3]) -> String {
    let columns = widths.map(|width| line.repeat(width + 2));
    format!("{left}{}{right}", columns.join(cross))
}

/// A size in the largest unit of which there is at least one, with two decimals: `30.66 KB`.
fn readable_size(bytes: usize) -> String {
    let mut size = bytes as f64;
    let mut unit = "B";
    for larger in ["KB", "MB", "GB", "TB", "PB"] {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = larger;
    }
    format!("{size:.2} {unit}")
}

/// A number with a comma before every third digit from the right: `7,850`.
pub fn thousands(number: usize) -> String {
    HumanCount(number as u64).to_string()
}

/// Numbers with hyphens between them: `784-32-10`.
pub(crate) fn hyphenated(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(kind: &'static str, units: usize, parameters: usize) -> LayerSummary {
        LayerSummary {
            name: kind.to_lowercase(),
            kind,
            output_shape: format!("(None, {units})"),
            parameters,
            trainable: true,
        }
    }

    #[test]
    fn softmax_regression_prints_as_in_keras() {
        let layers = [layer("Flatten", 784, 0), layer("Dense", 10, 7_850)];
        let wanted = "\
Model: \"sequential\"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ flatten (Flatten)               │ (None, 784)            │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense (Dense)                   │ (None, 10)             │         7,850 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 7,850 (30.66 KB)
 Trainable params: 7,850 (30.66 KB)
 Non-trainable params: 0 (0.00 B)
";
        assert_eq!(summary("sequential", &layers, None), wanted);
    }

    #[test]
    fn frozen_parameters_are_counted_apart() {
        let frozen = LayerSummary { trainable: false, ..layer("Dense", 10, 7_850) };
        let text = summary("sequential", &[frozen, layer("Dense", 10, 110)], Some(80));
        let totals: Vec<&str> = text.lines().rev().take(3).collect();
        assert_eq!(
            totals,
            [
                " Non-trainable params: 7,850 (30.66 KB)",
                " Trainable params: 110 (440.00 B)",
                " Total params: 7,960 (31.09 KB)",
            ]
        );
    }

    #[test]
    fn a_wide_cell_widens_the_whole_column() {
        let wide = LayerSummary {
            name: "a_layer_name_of_more_than_thirty_one_characters".into(),
            ..layer("Dense", 10, 7_850)
        };
        let text = summary("sequential", &[layer("Flatten", 784, 0), wide], None);
        let table = text.lines().filter(|line| !line.starts_with([' ', 'M']));
        let mut widths: Vec<usize> = table.map(|line| line.chars().count()).collect();
        widths.dedup();
        assert_eq!(widths.len(), 1, "{text}");
    }

    #[test]
    fn a_narrow_terminal_has_a_narrow_table() {
        let layers = [layer("Flatten", 784, 0), layer("Dense_1", 128, 100_480)];
        let text = summary("sequential", &layers, Some(75));
        let widths: Vec<usize> = text.lines().map(UnicodeWidthStr::width).collect();
        assert!(widths.iter().all(|&width| width <= 40), "{text}");
        assert!(text.contains("\n│ dense_1 │ (None, 128)  │ 100,480 │\n"), "{text}");
    }

    #[test]
    fn sizes_take_the_unit_keras_takes() {
        for (bytes, wanted) in
            [(0, "0.00 B"), (1023, "1023.00 B"), (1024, "1.00 KB"), (31_400, "30.66 KB"), (31_400_000, "29.95 MB")]
        {
            assert_eq!(readable_size(bytes), wanted);
        }
    }

    #[test]
    fn thousands_are_parted_by_commas() {
        for (number, wanted) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (7_850, "7,850"), (60_000, "60,000"), (2_400_000, "2,400,000")]
        {
            assert_eq!(thousands(number), wanted);
        }
    }
}
