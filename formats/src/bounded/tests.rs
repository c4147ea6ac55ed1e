use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::tempdir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::zip::Zip;
use super::{read, read_all};

const MIB: u64 = 1 << 20;

/// A gzip of `count` MiB of zeros, a thousandth as long.
fn gzip(count: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    (0..count).for_each(|_| encoder.write_all(&[0; MIB as usize]).unwrap());
    encoder.finish().unwrap()
}

/// A zip file of `count` files of `bytes` zeros each.
fn zip(count: usize, bytes: usize) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..count {
        archive.start_file(index.to_string(), SimpleFileOptions::default()).unwrap();
        archive.write_all(&vec![0; bytes]).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn only_regular_files_within_the_limit_are_read() {
    let folder = tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("folder")).unwrap();
    fs::write(path("whole"), vec![7; MIB as usize]).unwrap();
    fs::write(path("long"), vec![7; MIB as usize + 1]).unwrap();
    fs::write(path("packed"), gzip(1)).unwrap();
    fs::write(path("bomb"), gzip(40)).unwrap();
    fs::write(path("cut"), &gzip(1)[..100]).unwrap();
    // A file with a hole takes no room on the disk.
    File::create(path("hole")).unwrap().set_len(1 << 40).unwrap();
    let more = "more than 1 MiB, which is the limit";
    for (name, wanted) in [
        ("whole", Ok(MIB as usize)),
        ("packed", Ok(MIB as usize)),
        ("long", Err(more)),
        ("bomb", Err(more)),
        ("hole", Err(more)),
        ("cut", Err("corrupt gzip: ")),
        ("folder", Err("a folder, where a file is wanted")),
        ("missing", Err("No such file")),
    ] {
        let found = read(&path(name), MIB).map(|bytes| bytes.len()).map_err(|error| error.to_string());
        match (&found, wanted) {
            (Ok(found), Ok(wanted)) => assert_eq!(*found, wanted, "{name}"),
            (Err(found), Err(wanted)) => assert!(found.starts_with(wanted), "{name}: {found}"),
            _ => panic!("{name}: {found:?}"),
        }
    }
    #[cfg(unix)]
    for device in ["/dev/zero", "/dev/null", "/dev/tty"] {
        assert_eq!(read(Path::new(device), MIB).unwrap_err().to_string(), "not a regular file", "{device}");
    }
    assert_eq!(read_all(std::io::repeat(0), MIB).unwrap_err().to_string(), more);
}

#[test]
fn zip_files_unpack_to_no_more_than_the_limit() {
    let open = |bytes: Vec<u8>| Zip::open(Cursor::new(bytes), MIB).map_err(|error| error.to_string());
    let mut files = open(zip(2, 1 << 19)).unwrap();
    for index in 0..2 {
        assert_eq!(files.read(index).unwrap(), (index.to_string(), vec![0; 1 << 19]));
    }
    let mut files = open(zip(3, 1 << 19)).unwrap();
    assert_eq!(files.find("2"), Some(2));
    let results: Vec<_> = (0..3).map(|index| files.read(index).map_err(|error| error.to_string())).collect();
    assert!(results[0].is_ok() && results[1].is_ok());
    assert_eq!(results[2].as_ref().unwrap_err(), "more than 1 MiB of unpacked files, which is the limit");
    assert_eq!(open(zip(1025, 0)).unwrap_err(), "1025 files, at most 1024");
    assert!(open(vec![0; 1 << 17]).is_err());
}

#[test]
fn a_zip64_directory_is_found_wherever_it_is() {
    // The locator stands at every place around the borders of what is read at once.
    for before in [0, 1, 23, 65_490, 65_511, 65_512, 65_513, 65_530, 65_536, 131_000, 131_072] {
        let mut bytes = vec![0; before];
        bytes.extend(b"PK\x06\x07");
        bytes.extend([0; 16]);
        bytes.extend(b"PK\x05\x06");
        bytes.extend([0; 18]);
        let error = Zip::open(Cursor::new(bytes), MIB).unwrap_err().to_string();
        assert_eq!(error, "zip64, for more than 65,535 files, at most 1024", "{before}");
    }
}
