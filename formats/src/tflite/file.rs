//! Writes the tables of a TensorFlow Lite file.

use flatbuffers::{ForwardsUOffset, TableFinishedWIPOffset, UnionWIPOffset, Vector, WIPOffset};

use super::schema::{Builder, Operator, Table, Tensor, slot};
use crate::Model;
use crate::chain::names;

/// The version of the schema.
const VERSION: u32 = 3;
const FILE_IDENTIFIER: &str = "TFL3";
/// Where constants begin in the file, so that a program can use them where they lie.
const ALIGNMENT: usize = 16;

/// The file: a `Model` of one `SubGraph`, and a `SignatureDef` that names its input and outputs.
pub(super) fn to_bytes(
    tensors: &[Tensor],
    operators: &[Operator],
    input: (&str, i32),
    outputs: &[(&str, i32)],
    model: &Model,
) -> Vec<u8> {
    let mut builder = Builder::new();
    // Buffer 0 is that of all tensors without data.
    let mut buffers = vec![buffer(&mut builder, &[])];
    let tensors: Vec<Table> = tensors
        .iter()
        .map(|tensor| {
            let place = tensor.data.as_ref().map_or(0, |data| {
                buffers.push(buffer(&mut builder, data));
                buffers.len() as u32 - 1
            });
            self::tensor(&mut builder, tensor, place)
        })
        .collect();

    let mut codes: Vec<(i32, i32)> = Vec::new();
    let operators: Vec<Table> = operators
        .iter()
        .map(|operator| {
            let code = operator.operation.code();
            let place = codes.iter().position(|&known| known == code).unwrap_or_else(|| {
                codes.push(code);
                codes.len() - 1
            });
            self::operator(&mut builder, operator, place as u32)
        })
        .collect();
    let codes: Vec<Table> = codes.into_iter().map(|code| operator_code(&mut builder, code)).collect();

    let subgraph = subgraph(&mut builder, &tensors, &operators, input.1, outputs);
    let signature = signature(&mut builder, input, outputs);
    let mut metadata = Vec::new();
    for (name, texts) in names(model) {
        let text = serde_json::Value::from(texts).to_string();
        buffers.push(buffer(&mut builder, text.as_bytes()));
        metadata.push(self::metadata(&mut builder, name, buffers.len() as u32 - 1));
    }
    let [codes, subgraphs, buffers, metadata, signatures] =
        [&codes[..], &[subgraph], &buffers, &metadata, &[signature]].map(|tables| builder.create_vector(tables));
    let description = builder.create_string(&model.description());
    let start = builder.start_table();
    builder.push_slot(slot(0), VERSION, 0);
    builder.push_slot_always(slot(1), codes);
    builder.push_slot_always(slot(2), subgraphs);
    builder.push_slot_always(slot(3), description);
    builder.push_slot_always(slot(4), buffers);
    builder.push_slot_always(slot(6), metadata);
    builder.push_slot_always(slot(7), signatures);
    let model = builder.end_table(start);
    // A builder counts from the end of the file. So for constants to be aligned, the file has to be a multiple long, with
    // the 8 bytes that come before all this.
    align(&mut builder, 8);
    builder.finish(model, Some(FILE_IDENTIFIER));
    builder.finished_data().to_vec()
}

/// Writes zeros until what begins after `length` more bytes is aligned.
fn align(builder: &mut Builder, length: usize) {
    while !(builder.unfinished_data().len() + length).is_multiple_of(ALIGNMENT) {
        builder.push(0_u8);
    }
}

fn buffer(builder: &mut Builder, data: &[u8]) -> Table {
    let data = (!data.is_empty()).then(|| {
        align(builder, data.len());
        builder.create_vector(data)
    });
    let start = builder.start_table();
    if let Some(data) = data {
        builder.push_slot_always(slot(0), data);
    }
    builder.end_table(start)
}

fn tensor(builder: &mut Builder, tensor: &Tensor, buffer: u32) -> Table {
    let name = builder.create_string(&tensor.name);
    let shape = builder.create_vector(&tensor.shape);
    // Those of images take any number of them.
    let signature = tensor.data.is_none().then(|| {
        let any: Vec<i32> = std::iter::once(-1).chain(tensor.shape.iter().skip(1).copied()).collect();
        builder.create_vector(&any)
    });
    let quantization = (!tensor.steps.is_empty()).then(|| {
        let steps = builder.create_vector(&tensor.steps);
        let zeros = builder.create_vector(&vec![tensor.zero; tensor.steps.len()]);
        let start = builder.start_table();
        builder.push_slot_always(slot(2), steps);
        builder.push_slot_always(slot(3), zeros);
        builder.end_table(start)
    });
    let start = builder.start_table();
    builder.push_slot_always(slot(0), shape);
    builder.push_slot(slot(1), tensor.kind as i8, 0);
    builder.push_slot(slot(2), buffer, 0);
    builder.push_slot_always(slot(3), name);
    if let Some(quantization) = quantization {
        builder.push_slot_always(slot(4), quantization);
    }
    if let Some(signature) = signature {
        builder.push_slot_always(slot(7), signature);
    }
    builder.push_slot(slot(8), true, false);
    builder.end_table(start)
}

fn operator_code(builder: &mut Builder, (code, version): (i32, i32)) -> Table {
    let start = builder.start_table();
    // Older programs look for the number in the first field, newer ones in the last.
    builder.push_slot(slot(0), code.min(127) as i8, 0);
    builder.push_slot(slot(2), version, 1);
    builder.push_slot(slot(3), code, 0);
    builder.end_table(start)
}

fn operator(builder: &mut Builder, operator: &Operator, code: u32) -> Table {
    let inputs = builder.create_vector(&operator.inputs);
    let outputs = builder.create_vector(&[operator.output]);
    let (kind, options) = operator.operation.options(builder);
    let start = builder.start_table();
    builder.push_slot(slot(0), code, 0);
    builder.push_slot_always(slot(1), inputs);
    builder.push_slot_always(slot(2), outputs);
    if kind != 0 {
        builder.push_slot(slot(3), kind, 0);
        builder.push_slot_always::<WIPOffset<UnionWIPOffset>>(slot(4), options.as_union_value());
    }
    builder.end_table(start)
}

fn subgraph(
    builder: &mut Builder,
    tensors: &[Table],
    operators: &[Table],
    input: i32,
    outputs: &[(&str, i32)],
) -> Table {
    let [tensors, operators] = [tensors, operators].map(|tables| builder.create_vector(tables));
    let inputs = builder.create_vector(&[input]);
    let outputs: Vec<i32> = outputs.iter().map(|&(_, tensor)| tensor).collect();
    let outputs = builder.create_vector(&outputs);
    let start = builder.start_table();
    builder.push_slot_always(slot(0), tensors);
    builder.push_slot_always(slot(1), inputs);
    builder.push_slot_always(slot(2), outputs);
    builder.push_slot_always(slot(3), operators);
    builder.end_table(start)
}

fn signature(builder: &mut Builder, input: (&str, i32), outputs: &[(&str, i32)]) -> Table {
    let key = builder.create_string("serving_default");
    let [inputs, outputs] = [&[input], outputs].map(|tensors| tensor_map(builder, tensors));
    let start = builder.start_table();
    builder.push_slot_always(slot(0), inputs);
    builder.push_slot_always(slot(1), outputs);
    builder.push_slot_always(slot(2), key);
    builder.end_table(start)
}

/// Names of tensors.
type TensorMap = WIPOffset<Vector<'static, ForwardsUOffset<TableFinishedWIPOffset>>>;

fn tensor_map(builder: &mut Builder, tensors: &[(&str, i32)]) -> TensorMap {
    let tables: Vec<Table> = tensors
        .iter()
        .map(|&(name, tensor)| {
            let name = builder.create_string(name);
            let start = builder.start_table();
            builder.push_slot_always(slot(0), name);
            builder.push_slot(slot(1), tensor as u32, 0);
            builder.end_table(start)
        })
        .collect();
    builder.create_vector(&tables)
}

fn metadata(builder: &mut Builder, name: &str, buffer: u32) -> Table {
    let name = builder.create_string(name);
    let start = builder.start_table();
    builder.push_slot_always(slot(0), name);
    builder.push_slot(slot(1), buffer, 0);
    builder.end_table(start)
}
