//! Tests of the output files.

use std::fs;

use tempfile::TempDir;

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != ".host-trainer.json");
    names.sort();
    names
}

#[test]
fn targets_change_at_the_commit() {
    let folder = TempDir::new().unwrap();
    let [old, new] = ["old.txt", "deep/er/new.txt"].map(|name| folder.path().join(name));
    fs::write(&old, "before").unwrap();

    let mut outputs = Outputs::new(true);
    outputs.stage(&old, b"after").unwrap();
    outputs.stage(&new, b"").unwrap();
    assert_eq!(fs::read(&old).unwrap(), b"before");
    assert!(!new.exists());

    let written = outputs.commit().unwrap();
    let sizes: Vec<_> = written.iter().map(|file| (&file.path, file.bytes)).collect();
    assert_eq!(sizes, [(&old, 5), (&new, 0)]);
    assert_eq!(fs::read(&old).unwrap(), b"after");
    assert_eq!(fs::read(&new).unwrap(), b"");
    assert_eq!(names(folder.path()), ["deep", "old.txt"]);
    assert_eq!(names(new.parent().unwrap()), ["new.txt"]);
}

#[test]
fn dropped_outputs_leave_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model.rs");
    fs::write(&path, "before").unwrap();
    let mut outputs = Outputs::new(true);
    outputs.stage(&path, b"after").unwrap();
    drop(outputs);
    assert_eq!(fs::read(&path).unwrap(), b"before");
    assert_eq!(names(folder.path()), ["model.rs"]);
}

#[test]
fn a_failed_rename_names_its_target_and_cleans_up() {
    let folder = TempDir::new().unwrap();
    let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
    let mut outputs = Outputs::new(false);
    outputs.stage(&first, b"1").unwrap();
    outputs.stage(&second, b"2").unwrap();
    fs::create_dir(&second).unwrap();
    let message = outputs.commit().unwrap_err().to_string();
    assert!(message.starts_with(&format!("cannot write {}: ", second.display())), "{message}");
    assert_eq!(names(folder.path()), ["first", "second"]);
}

#[test]
fn unusable_paths_are_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let below = file.join("out");
    for path in [&file, &below] {
        let message = Outputs::new(false).check(&[&path.join("model.rs")], &[]).unwrap_err().to_string();
        let wanted = format!("cannot use the folder {}: ", path.display());
        assert!(message.starts_with(&wanted), "{message}");
    }
    let mut outputs = Outputs::new(false);
    for (path, named) in [
        (below.as_path(), format!("the folder {}", file.display())),
        (folder.path(), format!("write {}", folder.path().display())),
    ] {
        let message = outputs.stage(path, b"").unwrap_err().to_string();
        assert!(message.contains(&named), "{message}");
    }
    assert_eq!(names(folder.path()), ["file"]);
}

#[test]
fn a_check_leaves_no_trace() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("a/b");
    Outputs::new(false).check(&[&out.join("file")], &[]).unwrap();
    Outputs::new(false).check(&[&out.join("file"), &out.join("other")], &[]).unwrap();
    assert!(names(folder.path()).is_empty());
    let message = Outputs::new(false).check(&[&out.join("file"), &out.join("file")], &[]).unwrap_err().to_string();
    assert!(message.contains("another output goes to the same file"), "{message}");
}

#[test]
fn two_outputs_are_two_files() {
    let folder = TempDir::new().unwrap();
    let [plain, roundabout] = ["file", "./below/../file"].map(|name| folder.path().join(name));
    fs::create_dir(folder.path().join("below")).unwrap();
    for path in [&plain, &roundabout] {
        let message = Outputs::new(false).check(&[&plain, path], &[]).unwrap_err().to_string();
        assert!(message.contains("another output goes to the same file"), "{message}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_devices_refused() {
    let folder = TempDir::new().unwrap();
    let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
    fs::write(&file, "before").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let mut outputs = Outputs::new(true);
    outputs.stage(&link, b"after").unwrap();
    outputs.commit().unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"after");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());

    let message = outputs_to("/dev/null").unwrap_err().to_string();
    assert_eq!(message, "cannot write /dev/null: not a regular file");
}

#[cfg(unix)]
fn outputs_to(path: &str) -> Result<(), OutputError> {
    Outputs::new(false).stage(Path::new(path), b"")
}

#[cfg(unix)]
#[test]
fn files_have_the_permissions_of_ordinary_ones() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let [staged, ordinary] = ["staged", "ordinary"].map(|name| folder.path().join(name));
    let mut outputs = Outputs::new(false);
    outputs.stage(&staged, b"").unwrap();
    outputs.commit().unwrap();
    fs::write(&ordinary, "").unwrap();
    let [staged, ordinary] = [staged, ordinary].map(|path| fs::metadata(path).unwrap().permissions().mode());
    assert_eq!(staged, ordinary);
}

/// Writes one file and returns what came of it.
fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), OutputError> {
    let mut outputs = Outputs::new(force);
    outputs.stage(path, bytes)?;
    outputs.commit().map(|_| ())
}

#[test]
fn files_of_others_are_not_replaced() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("report.html");
    fs::write(&path, "foreign").unwrap();
    let refused = |result: Result<(), OutputError>| matches!(result, Err(OutputError::Foreign(_)));
    assert!(refused(Outputs::new(false).check(&[&path], &[])));
    assert!(refused(write(&path, b"own", false)));
    assert_eq!(fs::read(&path).unwrap(), b"foreign");

    write(&path, b"own", true).unwrap();
    write(&path, b"next", false).unwrap();
    write(&path, b"last", false).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"last");
    // Of the same length, but edited.
    fs::write(&path, "edit").unwrap();
    assert!(refused(write(&path, b"own", false)));
    assert_eq!(fs::read(&path).unwrap(), b"edit");
}

#[test]
fn generated_rust_says_of_itself_whose_it_is() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("weights.rs");
    fs::write(&path, "//! The trained model. Generated: edit the recipe, not this file.\n").unwrap();
    write(&path, b"//! new", false).unwrap();
    assert!(matches!(write(&path, b"other", false), Err(OutputError::Foreign(_))));
    assert!(!folder.path().join(".host-trainer.json").exists());
}

#[test]
fn a_damaged_record_makes_all_files_foreign() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("file");
    write(&path, b"own", false).unwrap();
    fs::write(folder.path().join(".host-trainer.json"), "{").unwrap();
    assert!(matches!(write(&path, b"next", false), Err(OutputError::Foreign(_))));
}

#[test]
fn what_is_read_is_not_replaced() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model.safetensors");
    fs::write(&path, "model").unwrap();
    let roundabout = folder.path().join("./model.safetensors");
    let message = Outputs::new(true).check(&[&roundabout], &[&path]).unwrap_err().to_string();
    assert!(message.ends_with("it is the input"), "{message}");
}
