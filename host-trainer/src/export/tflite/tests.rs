//! Tests of the file's structure, with the verifier of flatbuffers. Other programs run it in `tests/interchange`.

use dense_core::{Kernel, PixelTable};
use flatbuffers::{ForwardsUOffset, InvalidFlatbuffer, VOffsetT, Vector, Verifiable, Verifier, VerifierOptions};

use super::*;
use crate::export::tests::{class_names, weights};
use crate::model::ModelName;
use crate::quantized::quantize;

/// A table of the schema, as far as it is written.
macro_rules! table {
    ($name:ident { $($slot:literal $required:literal $kind:ty),* $(,)? }) => {
        struct $name;
        impl Verifiable for $name {
            fn run_verifier(verifier: &mut Verifier<'_, '_>, position: usize) -> Result<(), InvalidFlatbuffer> {
                let table = verifier.visit_table(position)?;
                $(let table = table.visit_field::<$kind>(stringify!($slot), 4 + 2 * $slot as VOffsetT, $required)?;)*
                table.finish();
                Ok(())
            }
        }
    };
}

type Tables<T> = ForwardsUOffset<Vector<'static, ForwardsUOffset<T>>>;
type Numbers<T> = ForwardsUOffset<Vector<'static, T>>;
type Text = ForwardsUOffset<&'static str>;

table!(Model { 0 true u32, 1 true Tables<OperatorCode>, 2 true Tables<SubGraph>, 3 true Text, 4 true Tables<Buffer>,
    6 true Tables<Metadata>, 7 true Tables<Signature> });
table!(OperatorCode { 0 false i8, 2 false i32, 3 false i32 });
table!(SubGraph { 0 true Tables<Tensor>, 1 true Numbers<i32>, 2 true Numbers<i32>, 3 true Tables<Operator> });
table!(Tensor { 0 true Numbers<i32>, 1 false i8, 2 false u32, 3 true Text, 4 false ForwardsUOffset<Quantization>,
    7 false Numbers<i32>, 8 true bool });
table!(Quantization { 2 true Numbers<f32>, 3 true Numbers<i64> });
table!(Operator { 0 false u32, 1 true Numbers<i32>, 2 true Numbers<i32>, 3 false u8, 4 true ForwardsUOffset<Options> });
table!(Options {});
table!(Buffer { 0 false Numbers<u8> });
table!(Metadata { 0 true Text, 1 true u32 });
table!(Signature { 0 true Tables<TensorMap>, 1 true Tables<TensorMap>, 2 true Text });
table!(TensorMap { 0 true Text, 1 false u32 });

/// Both kinds of file of a model.
fn files(model: ModelName, pixel_table: PixelTable) -> [Vec<u8>; 2] {
    let weights = crate::model_files::Weights { pixel_table, ..weights(model) };
    let network = quantize(model, &weights.layers, &[[255; PIXELS]], Kernel::best()).unwrap();
    let export = Export { weights: &weights, class_names: &class_names() };
    let range = LogitRange::of([[1 << 20; CLASSES]]);
    [to_tflite(&export), to_tflite_int8(&export, &network.layers(), &range)]
}

#[test]
fn the_file_is_sound() {
    for model in [ModelName::Linear, ModelName::Mlp32, ModelName::Mlp128x64] {
        for table in [PixelTable::IDENTITY, PixelTable::power(0.5)] {
            for file in files(model, table.clone()) {
                assert_eq!(&file[4..8], b"TFL3");
                let options = VerifierOptions::default();
                let mut verifier = Verifier::new(&options, &file);
                <ForwardsUOffset<Model>>::run_verifier(&mut verifier, 0).unwrap();
            }
        }
    }
}

#[test]
fn constants_can_be_used_where_they_lie() {
    let weights = weights(ModelName::Mlp32);
    let network = quantize(weights.model, &weights.layers, &[[255; PIXELS]], Kernel::best()).unwrap().layers();
    let [floats, int8] = files(weights.model, PixelTable::IDENTITY);
    for (layer, quantized) in weights.layers.iter().zip(&network) {
        let bytes: Vec<u8> = layer.weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
        let int8_bytes: Vec<u8> = quantized.weights.iter().map(|weight| weight.cast_unsigned()).collect();
        for (file, bytes) in [(&floats, bytes), (&int8, int8_bytes)] {
            let place = file.windows(bytes.len()).position(|window| window == bytes).unwrap();
            assert_eq!(place % 16, 0);
        }
    }
}

#[test]
fn the_range_reaches_from_the_smallest_second_to_the_largest_first() {
    let image = |first: i32, second: i32| {
        let mut logits = [-50; CLASSES];
        (logits[7], logits[2]) = (first, second);
        logits.map(|logit| logit * ONE_LOGIT)
    };
    for (images, step, zero) in [
        (vec![image(9, 3), image(4, -2), image(2, -8)], 17.0 / 255.0, -8),
        // 0 is always among them.
        (vec![image(9, 3)], 9.0 / 255.0, -128),
        (vec![image(-1, -30)], 30.0 / 255.0, 127),
        (vec![], 1.0 / 255.0 / ONE_LOGIT as f32, -128),
    ] {
        let range = LogitRange::of(images);
        assert!((range.step() / step - 1.0).abs() < 1e-3, "{range:?}");
        assert_eq!(range.zero(), zero, "{range:?}");
    }
}
