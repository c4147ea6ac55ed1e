//! Tests of the graph: it is read back with the same messages. Other programs run it in `tests/interchange`.

use dense_core::PixelTable;

use super::*;
use crate::export::tests::{class_names, weights};
use crate::model::ModelName;

fn read(bytes: &[u8]) -> Graph {
    Model::decode(bytes).unwrap().graph.unwrap()
}

#[test]
fn the_nodes_are_those_of_the_model() {
    for (model, wanted) in [
        (ModelName::Linear, "Cast Gemm Softmax"),
        (ModelName::Mlp32, "Cast Gemm Relu Gemm Softmax"),
        (ModelName::Mlp128x64, "Cast Gemm Relu Gemm Relu Gemm Softmax"),
    ] {
        let mut weights = weights(model);
        let class_names = class_names();
        for (table, wanted) in
            [(PixelTable::IDENTITY, wanted.to_owned()), (PixelTable::power(0.5), wanted.replace("Cast", "Cast Gather"))]
        {
            weights.pixel_table = table;
            let graph = read(&to_onnx(&Export { weights: &weights, class_names: &class_names }));
            let operators: Vec<&str> = graph.node.iter().map(|node| node.op_type()).collect();
            assert_eq!(operators.join(" "), wanted);
            // Each node takes what is there already.
            let mut known: Vec<&str> = graph.initializer.iter().map(|tensor| tensor.name()).collect();
            known.push("image");
            for node in &graph.node {
                assert!(node.input.iter().all(|input| known.contains(&input.as_str())), "{node:?}");
                known.push(&node.output[0]);
            }
            assert!(graph.output.iter().all(|output| known.contains(&output.name())));
        }
    }
}

#[test]
fn every_number_is_kept() {
    let mut weights = weights(ModelName::Mlp32);
    weights.pixel_table = PixelTable::power(0.5);
    let graph = read(&to_onnx(&Export { weights: &weights, class_names: &class_names() }));
    let [hidden, output] = [&weights.layers[0], &weights.layers[1]];
    let table: Vec<f32> = weights.pixel_table.values().iter().map(|&value| f32::from(value)).collect();
    let wanted: [(&str, &[i64], &[f32]); 5] = [
        ("pixel_table", &[256], &table),
        ("dense_0.kernel", &[32, 784], &hidden.weights),
        ("dense_0.bias", &[32], &hidden.bias),
        ("dense_1.kernel", &[10, 32], &output.weights),
        ("dense_1.bias", &[10], &output.bias),
    ];
    assert_eq!(graph.initializer.len(), wanted.len());
    for (tensor, (name, shape, values)) in graph.initializer.iter().zip(wanted) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!((tensor.name(), &tensor.dims[..]), (name, shape));
        assert!(tensor.raw_data() == bytes, "{name}");
    }
}

#[test]
fn names_are_carried_whatever_they_hold() {
    let mut class_names = class_names();
    class_names[3] = "\"Kleid\", größer".into();
    let bytes = to_onnx(&Export { weights: &weights(ModelName::Linear), class_names: &class_names });
    let properties = Model::decode(&bytes[..]).unwrap().metadata_props;
    let names: Vec<String> = serde_json::from_str(properties[0].value()).unwrap();
    assert_eq!((properties[0].key(), &names[..]), ("class_names", &class_names[..]));
}
