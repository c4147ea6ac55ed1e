use super::*;
use formats::PixelInput;

const PIXELS: Input = Input::Pixels(PixelInput { height: 1, width: 2, table: None, standardized: false });

/// Pictures of two pixels.
fn pictures(pixels: &[([u8; 2], u8)]) -> Samples {
    Samples {
        inputs: Inputs::Bytes { width: 2, values: pixels.iter().flat_map(|(pixels, _)| *pixels).collect() },
        targets: Targets::Labels(pixels.iter().map(|(_, label)| *label).collect()),
        groups: Vec::new(),
    }
}

/// The chosen pictures and their labels, of 8 bits a pixel.
fn chosen(samples: &Samples, room: usize) -> Vec<([u8; 2], u8)> {
    let chosen = FactorySamples::choose(samples, &PIXELS, Bits::Eight, room, Kernel::PORTABLE).unwrap();
    let set = chosen.set();
    let sample = |index| {
        let (mut input, mut label) = ([0_u8; 2], 0_u8);
        assert_eq!(set.read(index, &mut input, &mut label), Ok(true));
        (input, label)
    };
    (0..set.len()).map(sample).collect()
}

#[test]
fn each_cluster_of_a_class_has_the_sample_in_its_middle() {
    let cross = |x: u8, y: u8, label| [[0, 0], [1, 0], [0, 1]].map(|[dx, dy]| ([x + dx, y + dy], label));
    let middle = |x: u8, y: u8, label| ([x, y], label);
    let mut all = Vec::new();
    for (x, y, label) in [(10, 10, 0), (200, 20, 0), (100, 240, 1), (60, 60, 1)] {
        all.extend(cross(x, y, label));
        all.extend([([x - 1, y], label), ([x, y - 1], label)]);
    }
    let expected = [middle(10, 10, 0), middle(200, 20, 0), middle(100, 240, 1), middle(60, 60, 1)];
    assert_eq!(chosen(&pictures(&all), 28), expected);
    assert_eq!(chosen(&pictures(&all), 34), expected, "a sample and its count take seven bytes");
    let set = FactorySamples::choose(&pictures(&all), &PIXELS, Bits::Eight, 28, Kernel::PORTABLE).unwrap();
    assert_eq!(set.set().cumulative_counts(), [5, 10, 15, 20], "clusters are of five samples");
}

#[test]
fn classes_have_equal_shares_as_far_as_they_go() {
    let all: Vec<_> = (0..40).map(|index| ([index * 6, index], u8::from(index == 7) * 5)).collect();
    for (room, shares) in [(2 * 7, [1, 1]), (7 * 7, [4, 1]), (1000, [39, 1])] {
        let chosen = chosen(&pictures(&all), room);
        let count = |wanted| chosen.iter().filter(|(_, label)| *label == wanted).count();
        assert_eq!([count(0), count(5)], shares, "{room} bytes");
        let mut pixels: Vec<_> = chosen.iter().map(|(pixels, _)| pixels).collect();
        pixels.dedup();
        assert_eq!(pixels.len(), chosen.len(), "none is there twice");
    }
}

#[test]
fn samples_that_are_all_alike_fill_their_share() {
    assert_eq!(chosen(&pictures(&[([9, 9], 3); 20]), 35), [([9, 9], 3); 5]);
}

#[test]
fn no_room_has_no_samples() {
    assert_eq!(chosen(&pictures(&[([9, 9], 3); 20]), 0), []);
}

#[test]
fn too_little_room_is_refused() {
    let samples = pictures(&[([0, 0], 0), ([0, 0], 1), ([0, 0], 2)]);
    let error = FactorySamples::choose(&samples, &PIXELS, Bits::Eight, 20, Kernel::PORTABLE).unwrap_err();
    assert_eq!(error.to_string(), "20 bytes: 21 at least, for one sample of each class");
}

#[test]
fn features_have_a_range_each_and_a_number_as_target() {
    let samples = Samples {
        inputs: Inputs::Numbers { width: 2, values: vec![-1.0, 500.0, 1.0, 500.0, 0.5, 500.0] },
        targets: Targets::Numbers { width: 1, values: vec![7.0, 8.0, 9.0] },
        groups: Vec::new(),
    };
    let names = ["a", "b"].map(str::to_owned).to_vec();
    let input = Input::Features { names, window: None, standardized: false };
    let chosen = FactorySamples::choose(&samples, &input, Bits::Eight, 100, Kernel::PORTABLE).unwrap();
    let set = chosen.set();
    assert_eq!((set.len(), set.format().sample_bytes()), (3, 6));
    let (mut input, mut target) = ([0.0_f32; 2], [0.0_f32]);
    set.read(2, &mut input, &mut target).unwrap();
    assert!((input[0] - 0.5).abs() < 1.0 / 255.0 && input[1] == 500.0, "{input:?}");
    assert_eq!(target, [9.0]);
}
