//! The images in the firmware are those of the data set.

use golden::Result;
use host_trainer::dataset::Dataset;
use std::{fs, path::Path};

#[test]
fn its_images_are_the_first_of_the_test_set() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let test = Dataset::load(&root.join("data/fashion-mnist"))?.test;
    let read = |name: &str| fs::read(root.join("firmware/vectors").join(name));
    assert!(read("images")? == test.images[..100].as_flattened());
    assert!(read("labels")? == test.labels[..100]);
    Ok(())
}
