//! Tests of the formats of files.

use image::codecs::jpeg::JpegEncoder;

use super::*;

/// The picture that `generate.py` draws, and files of kinds that cannot be written here.
#[test]
fn every_kind_of_file_shows_the_same() {
    let mut image = RgbaImage::from_pixel(60, 40, image::Rgba([250, 240, 230, 255]));
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        if (10..50).contains(&x) && (20..30).contains(&y) || (10..20).contains(&x) && (10..20).contains(&y) {
            *pixel = image::Rgba([40, 30, 60, 255]);
        }
    }
    let image = DynamicImage::from(image);
    let wanted = prepare(&png(image.to_rgb8()), &AUTO).unwrap();
    assert_eq!(bright_area(&wanted.image), (0, 7, 28, 14));
    assert_eq!(wanted.image[10 * SIDE + 14], 0, "no post there");
    for (name, bytes) in [
        ("transparent", &*png(image.clone())),
        ("jpeg", &jpeg(&image.to_rgb8().into())),
        ("grey jpeg", &jpeg(&image.to_luma8().into())),
        ("upright", &with_orientation(&jpeg(&image.rotate270().to_rgb8().into()), 6)),
        ("progressive", include_bytes!("../../../../tests/images/progressive.jpg")),
        ("cmyk", include_bytes!("../../../../tests/images/cmyk.jpg")),
        ("palette", include_bytes!("../../../../tests/images/palette.png")),
    ] {
        let prepared = prepare(bytes, &AUTO).unwrap();
        let pairs = prepared.image.iter().zip(&wanted.image);
        let distance: u32 = pairs.map(|(one, other)| u32::from(one.abs_diff(*other))).sum();
        assert!(distance < 12 * PIXELS as u32, "{name}: {prepared}, {distance}");
        assert_eq!(prepared.steps.contains(&Step::Upright), name == "upright");
    }
}

/// A JPEG that blurs edges little.
fn jpeg(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 100)).unwrap();
    bytes
}

/// Says in EXIF data how a JPEG is to be turned: the tag 0x112, a short.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = exif.len() as u8 + 2;
    [&jpeg[..2], &[0xff, 0xe1, 0, length], &exif, &jpeg[2..]].concat()
}

#[test]
fn other_files_are_refused_with_the_fault() {
    let bright = picture(60, 60, 0, (10, 10, 20, 20), 255);
    let (good_png, good_jpeg) = (png(bright.clone()), encode(bright, ImageFormat::Jpeg));
    let transparent = GrayAlphaImage::from_pixel(40, 40, LumaA([200, 0]));
    for (bytes, wanted) in [
        (vec![], "neither PNG nor JPEG, and not 784 raw pixels either: 0 bytes"),
        (vec![7; 783], "neither PNG nor JPEG, and not 784 raw pixels either: 783 bytes"),
        (b"GIF89a and more".to_vec(), "a picture of the format Gif; PNG or JPEG wanted"),
        (good_png[..good_png.len() / 2].to_vec(), "not a readable PNG: "),
        (good_jpeg[..good_jpeg.len() - 9].to_vec(), "not a readable JPEG: it ends before the picture does"),
        (good_jpeg[..30].to_vec(), "not a readable JPEG: "),
        (huge_png(&good_png), "100000 x 90000 pixels, more than the 50 million that are accepted"),
        (huge_jpeg(&good_jpeg), "65535 x 65535 pixels, more than the 50 million that are accepted"),
        (png(picture(1, 1, 255, (0, 0, 0, 0), 0)), "nothing to be seen: all pixels are alike"),
        (png(picture(300, 300, 90, (0, 0, 0, 0), 0)), "nothing to be seen: all pixels are alike"),
        (png(picture(28, 28, 90, (0, 0, 0, 0), 0)), "nothing to be seen: all pixels are alike"),
        (include_bytes!("../../../../tests/images/palette-of-4-bytes.png").to_vec(), "not a readable PNG: "),
        (png(transparent), "nothing to be seen: all pixels are alike"),
    ] {
        let message = prepare(&bytes, &AUTO).unwrap_err().to_string();
        assert!(message.starts_with(wanted), "{message:?} instead of {wanted:?}");
    }
}

/// The header claims more pixels than follow, under a good checksum.
fn huge_png(png: &[u8]) -> Vec<u8> {
    let mut png = png.to_vec();
    png[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
    png[20..24].copy_from_slice(&90_000_u32.to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&png[12..29]);
    png[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    png
}

fn huge_jpeg(jpeg: &[u8]) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    let start_of_frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[start_of_frame + 5..][..4].fill(0xff);
    jpeg
}

#[test]
fn long_files_are_not_read_to_their_end() {
    let error = read_from(io::repeat(0)).unwrap_err().to_string();
    assert_eq!(error, "cannot read: more than 64 MiB, which is the limit");
    assert!(matches!(read(Path::new("no such file.png")), Err(PictureError::Io(_))));
}
