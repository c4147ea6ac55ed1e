//! Tests of what all formats have in common, and the models that their tests share.

use super::*;
use crate::model::ModelName;

/// A network whose weights are of both signs and of the size of trained ones.
pub(super) fn weights(model: ModelName) -> Weights {
    let mut weights = Weights::zero(model);
    let mut random = dense_core::Random::new(2026, 11);
    for layer in &mut weights.layers {
        layer.weights.fill_with(|| (random.uniform() - 0.5) / 4.0);
        layer.bias.fill_with(|| random.uniform() - 0.5);
    }
    weights
}

pub(super) fn class_names() -> [String; 10] {
    std::array::from_fn(|class| format!("class {class}"))
}

#[test]
fn only_exported_files_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    check_replaceable(&path).unwrap();
    let (weights, class_names) = (weights(ModelName::Linear), class_names());
    let export = Export { weights: &weights, class_names: &class_names };
    let network = quantize(weights.model, &weights.layers, &[], Kernel::best()).unwrap();
    let range = LogitRange::of([]);
    for (contents, replaceable) in [
        (to_onnx(&export), true),
        (to_tflite(&export), true),
        (to_tflite_int8(&export, &network.layers(), &range), true),
        (to_c(&export).into_bytes(), true),
        (to_c_int8(&export, &network.layers()).into_bytes(), true),
        (model_files::to_npz(&weights).unwrap(), true),
        (Vec::new(), true),
        (b"int main(void) { return 0; }\n".to_vec(), false),
        ([&[b' '; MARK_WITHIN as usize][..], MARK.as_bytes()].concat(), false),
    ] {
        fs::write(&path, &contents).unwrap();
        let start = &contents[..contents.len().min(60)];
        assert_eq!(check_replaceable(&path).is_ok(), replaceable, "{start:?}");
    }
    assert!(matches!(check_replaceable(folder.path()), Err(ExportError::Unreadable { .. })));
}
