//! Tests of the file's structure, with the verifier of flatbuffers. Whole models round-trip in the tests of `import`, and
//! other programs run them in `tests/interchange`.

use dense_core::quant::Range;
use flatbuffers::{ForwardsUOffset, InvalidFlatbuffer, VOffsetT, Vector, Verifiable, Verifier, VerifierOptions};

use super::*;
use crate::fixtures::{all, imported_int8, int8};

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
table!(Operator { 0 false u32, 1 true Numbers<i32>, 2 true Numbers<i32>, 3 false u8, 4 false ForwardsUOffset<Options> });
table!(Options {});
table!(Buffer { 0 false Numbers<u8> });
table!(Metadata { 0 true Text, 1 true u32 });
table!(Signature { 0 true Tables<TensorMap>, 1 true Tables<TensorMap>, 2 true Text });
table!(TensorMap { 0 true Text, 1 false u32 });

/// Both kinds of file of a model.
fn files(model: &crate::Model) -> [Vec<u8>; 2] {
    let mut range = Range::EMPTY;
    range.include(&[-1.0, 1.0]).unwrap();
    [to_tflite(model).unwrap(), to_tflite_int8(model, &int8::quantized(model), &range).unwrap()]
}

#[test]
fn the_file_is_sound_and_always_the_same() {
    let imported = imported_to_tflite_int8(&imported_int8()).unwrap();
    let files = all().into_iter().flat_map(|(_, model)| {
        let files = files(&model);
        assert!(files == self::files(&model));
        files
    });
    for file in files.chain([imported]) {
        assert_eq!(&file[4..8], b"TFL3");
        let options = VerifierOptions::default();
        let mut verifier = Verifier::new(&options, &file);
        <ForwardsUOffset<Model>>::run_verifier(&mut verifier, 0).unwrap();
    }
}

#[test]
fn constants_can_be_used_where_they_lie() {
    for (name, model) in all() {
        let network = int8::quantized(&model);
        let [floats, int8] = files(&model);
        for (layer, quantized) in model.layers.iter().zip(&network.layers) {
            let bytes: Vec<u8> = layer.weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
            let int8_bytes: Vec<u8> = quantized.weights.iter().map(|weight| weight.cast_unsigned()).collect();
            for (file, bytes) in [(&floats, bytes), (&int8, int8_bytes)] {
                let mut places = file.windows(bytes.len()).enumerate().filter(|(_, window)| *window == bytes);
                assert!(places.any(|(place, _)| place % 16 == 0), "{name}");
            }
        }
    }
}

#[test]
fn a_logit_beyond_the_range_is_for_whoever_measures_it() {
    let model = all()[0].1.clone();
    let text = to_tflite_int8(&model, &int8::quantized(&model), &Range::EMPTY).unwrap_err().to_string();
    assert!(text.starts_with("the range of logits: "), "{text}");
}
