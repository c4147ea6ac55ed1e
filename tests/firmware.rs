//! The images in the firmware are those of the data set.

use formats::DataOptions;
use golden::Result;
use host_trainer::data::{self, Inputs, Targets};
use std::{fs, path::Path};

#[test]
fn its_images_are_the_first_of_the_test_set() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let options = DataOptions { path: root.join("data/fashion-mnist"), ..DataOptions::default() };
    let test = data::load(&options)?.dataset.test;
    let (Inputs::Bytes { width, values }, Targets::Labels(labels)) = (test.inputs, test.targets) else {
        return Err("no images with labels".into());
    };
    let read = |name: &str| fs::read(root.join("firmware/vectors").join(name));
    assert!(read("images")? == values[..100 * width]);
    assert!(read("labels")? == labels[..100]);
    Ok(())
}
