//! Tests of input limits: no pipe or device is read, no file makes the program take more than 1 GB, and the error names
//! the file and the limit.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{idx, train, write_data_set};

/// Virtual memory that the program gets, in KiB: the limit of 1 GB, what its code takes, and the heaps of its threads, of
/// which most is never touched.
const MEMORY: usize = 1_400_000;
/// Seconds that it gets, on a busy machine and without optimisation.
const SECONDS: usize = 120;

/// Runs a line with little memory and time.
fn run(folder: &Path, line: &str) -> Output {
    let script = format!("ulimit -v {MEMORY} && exec timeout {SECONDS} \"$0\" {line}");
    let program = env!("CARGO_BIN_EXE_host-trainer");
    Command::new("sh")
        .current_dir(folder)
        .arg("-c")
        .arg(script)
        .arg(program)
        .env("MALLOC_ARENA_MAX", "2")
        .output()
        .unwrap()
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A gzip of `count` MiB that begin with `start` and go on with `text`.
fn gzip(path: &Path, start: &[u8], text: &[u8], count: usize) {
    let block = text.repeat((1 << 20) / text.len());
    let mut encoder = GzEncoder::new(File::create(path).unwrap(), Compression::fast());
    encoder.write_all(start).unwrap();
    (0..count).for_each(|_| encoder.write_all(&block).unwrap());
    encoder.finish().unwrap();
}

/// A zip file with one array of `count` MiB of zeros.
fn npz(path: &Path, name: &str, descr: &str, count: usize) {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(format!("{name}.npy"), SimpleFileOptions::default().compression_level(Some(1))).unwrap();
    let size: usize = descr[2..].parse().unwrap();
    let shape = (count << 20) / size / 64;
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}, 64), }}");
    archive.write_all(b"\x93NUMPY\x01\x00\x76\x00").unwrap();
    archive.write_all(format!("{header:<117}\n").as_bytes()).unwrap();
    (0..count).for_each(|_| archive.write_all(&[0; 1 << 20]).unwrap());
    fs::write(path, archive.finish().unwrap().into_inner()).unwrap();
}

#[test]
fn what_is_no_regular_file_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let data = write_data_set(folder.path(), 50, 20);
    train(folder.path(), &data, "--epochs 1");
    for name in ["pipe", "pipe.csv", "pipe.npz", "pipe.png"] {
        fifo(&path(name));
    }
    for (name, file) in [("zeros.csv", "/dev/zero"), ("zeros.npz", "/dev/zero"), ("zeros.png", "/dev/zero")] {
        std::os::unix::fs::symlink(file, path(name)).unwrap();
    }
    // Folders in which one file is a pipe.
    for (name, file) in [("names", "classes.txt"), ("options", "dataset.json"), ("images", "train-images-idx3-ubyte")] {
        fs::create_dir(path(name)).unwrap();
        for entry in fs::read_dir(&data).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), path(name).join(entry.file_name())).unwrap();
        }
        let _ = fs::remove_file(path(name).join(file));
        fifo(&path(name).join(file));
    }
    for (line, file) in [
        ("train --data pipe.csv", "pipe.csv"),
        ("train --data zeros.csv", "zeros.csv"),
        ("train --data pipe.npz", "pipe.npz"),
        ("train --data zeros.npz", "zeros.npz"),
        ("train --data names", "classes.txt"),
        ("train --data options", "dataset.json"),
        ("train --data images", "train-images-idx3-ubyte"),
        ("train --data data --resume pipe", "pipe"),
        ("train --data data --resume /dev/zero", "/dev/zero"),
        ("evaluate --weights pipe", "pipe"),
        ("evaluate --weights /dev/zero", "/dev/zero"),
        ("predict --weights pipe data", "pipe"),
        ("predict --weights out/model.safetensors pipe.png", "pipe.png"),
        ("predict --weights out/model.safetensors zeros.png", "zeros.png"),
        ("export --weights /dev/zero --format c --output x", "/dev/zero"),
        ("import pipe --out x", "pipe"),
        ("import /dev/zero --out x", "/dev/zero"),
        ("show --data pipe.npz", "pipe.npz"),
    ] {
        let output = run(folder.path(), line);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}\n{complaint}");
        let named = complaint.contains(file) && complaint.contains("not a regular file");
        assert!(named && complaint.lines().count() == 1, "{line}\n{complaint}");
    }
    assert!(!path("x").exists());
}

#[test]
fn files_that_expand_without_end_are_refused_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let data = write_data_set(folder.path(), 50, 20);
    train(folder.path(), &data, "--epochs 1");
    gzip(&path("long-line.csv.gz"), b"a,b\n1,", b"1", 400);
    gzip(&path("rows.csv.gz"), b"a,b\n", b"1,2\n", 250);
    gzip(&path("columns.csv.gz"), b"a,b", b",c", 100);
    gzip(&path("commas.csv.gz"), b"a,b\n", b",,", 100);
    gzip(&path("bomb"), b"", b"\0", 1100);
    npz(&path("bytes.npz"), "x", "|u1", 600);
    npz(&path("numbers.npz"), "x", "<f2", 200);
    npz(&path("floats.npz"), "x", "<f4", 200);
    npz(&path("weights.npz"), "dense/kernel", "<f2", 50);
    File::create(path("hole")).unwrap().set_len(1 << 40).unwrap();
    for (name, file) in [("many", "train-images-idx3-ubyte"), ("names", "classes.txt"), ("options", "dataset.json")] {
        fs::create_dir(path(name)).unwrap();
        for entry in fs::read_dir(&data).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), path(name).join(entry.file_name())).unwrap();
        }
        match name {
            // As many bytes as its header says, and more.
            "many" => gzip(&path(name).join(file), &idx(&[0x803, 1_400_000, 28, 28], &[]), b"\0", 1100),
            _ => gzip(&path(name).join(file), b"", b"a\n", 4),
        }
    }
    for (line, wanted) in [
        ("train --data long-line.csv.gz", ["long-line.csv.gz", "more than 256 MiB"]),
        ("train --data rows.csv.gz", ["rows.csv.gz: line 2097154", "more than 2097152 rows"]),
        ("train --data columns.csv.gz", ["columns.csv.gz", "a record of more than 65536 values"]),
        ("train --data commas.csv.gz", ["commas.csv.gz", "a record of more than 65536 values"]),
        ("train --data bytes.npz", ["bytes.npz: array x", "more than 256 MiB of unpacked files"]),
        ("train --data numbers.npz", ["numbers.npz: array x", "float"]),
        ("train --data floats.npz", ["floats.npz: array x", "52428800 numbers, at most 16777216"]),
        ("train --data many", ["train-images-idx3-ubyte: the header says 1400000", "more than the limit of 256 MiB"]),
        ("train --data names", ["classes.txt", "more than 1 MiB"]),
        ("train --data options", ["dataset.json", "more than 1 MiB"]),
        ("train --data data --resume bomb", ["bomb", "more than 72 MiB"]),
        ("train --data data --resume hole", ["hole", "more than 72 MiB"]),
        ("evaluate --weights bomb", ["bomb", "more than 32 MiB"]),
        ("evaluate --weights hole", ["hole", "more than 32 MiB"]),
        ("predict --weights out/model.safetensors hole", ["hole", "more than 64 MiB"]),
        ("import bomb --out x", ["bomb", "more than 64 MiB"]),
        ("import hole --out x", ["hole", "more than 64 MiB"]),
        (
            "import weights.npz --activation relu --loss sparse_categorical_crossentropy --out x",
            ["weights.npz", "more numbers than any network has"],
        ),
        ("train --data data --hidden 4096,4096,4096", ["36818954 weights and biases, at most 4194304", ""]),
    ] {
        let output = run(folder.path(), line);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}\n{complaint}");
        assert!(wanted.iter().all(|wanted| complaint.contains(wanted)), "{line}\n{complaint}");
        assert_eq!(complaint.lines().count(), 1, "{line}\n{complaint}");
    }
    assert!(!path("x").exists());
}

/// A data set of black images that are a hole in a file, so many to train and to test with; of these classes in turn.
fn black_images(data: &Path, counts: [u32; 2], [height, width]: [u32; 2], classes: u32) {
    fs::create_dir(data).unwrap();
    for (split, count) in ["train", "t10k"].into_iter().zip(counts) {
        let labels: Vec<u8> = (0..count).map(|sample| (sample % classes) as u8).collect();
        fs::write(data.join(format!("{split}-labels-idx1-ubyte")), idx(&[0x801, count], &labels)).unwrap();
        let mut images = File::create(data.join(format!("{split}-images-idx3-ubyte"))).unwrap();
        images.write_all(&idx(&[0x803, count, height, width], &[])).unwrap();
        images.set_len(16 + u64::from(count) * u64::from(height * width)).unwrap();
    }
}

/// A table of so many rows and features whose numbers have eleven digits, with a target and five groups.
fn table(path: &Path, rows: usize, features: usize) {
    let mut file = std::io::BufWriter::new(File::create(path).unwrap());
    (0..features).for_each(|feature| write!(file, "x{feature},").unwrap());
    writeln!(file, "group,target").unwrap();
    for row in 0..rows {
        let cells: Vec<String> = (0..features).map(|x| format!("0.{:011}", (row + x) % 1000)).collect();
        writeln!(file, "{},g{},{row}.5", cells.join(","), row % 5).unwrap();
    }
}

/// The largest memory of a command in MB, as the kernel of the system counts it.
fn peak_megabytes(folder: &Path, line: &str) -> usize {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host-trainer"));
    let mut child = command.current_dir(folder).args(line.split(' ')).stdout(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let field = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
        peak = field.map_or(peak, |kilobytes| kilobytes.parse().unwrap());
        match child.try_wait().unwrap() {
            Some(ended) => break ended,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    assert!(ended.success(), "{line}");
    peak * 1024 / 1_000_000
}

/// As much as is accepted of each kind of file, and each copy that a command makes of it.
#[test]
#[ignore = "writes and trains on a gigabyte, for minutes"]
fn what_is_accepted_takes_no_more_than_a_gigabyte() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    black_images(&path("images"), [342_392, 85_598], [28, 28], 10);
    black_images(&path("dots"), [1 << 21, 1 << 16], [2, 4], 256);
    table(&path("wide.csv"), 1 << 16, 255);
    table(&path("long.csv"), (1 << 21) - 1, 1);
    write_data_set(folder.path(), 50, 20);
    let peaks = [
        "train --data images --epochs 1",
        "evaluate",
        "train --data images --epochs 1 --preset best --validation-split 0.98",
        "train --data dots --epochs 1 --batch-size 4096 --limit 9999",
        "evaluate",
        "train --data wide.csv --task regression --group group --epochs 1 --hidden 1",
        "evaluate",
        "cross-validate --data wide.csv --task regression --group group --epochs 1 --hidden 1 --out c",
        "train --data long.csv --task regression --group group --epochs 1 --batch-size 4096",
        "train --data data --epochs 1 --hidden 2000,1290 --optimizer adam",
        "evaluate",
        "export --format c --output model.h",
        "export --format c --learn --output model.h",
        "export --format c-int8 --output model-int8.h",
        "export --format onnx --output model.onnx",
        "export --format npz --output weights.npz",
        "export --format tflite --output model.tflite",
        "import weights.npz --activation relu --loss sparse_categorical_crossentropy --out x",
        "import model.onnx --out y",
    ]
    .map(|line| (peak_megabytes(folder.path(), line), line));
    peaks.iter().for_each(|(peak, line)| println!("{peak:5} MB  {line}"));
    assert!(peaks.iter().all(|(peak, _)| *peak <= 1000));
}
