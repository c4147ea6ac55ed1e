//! Tests of the preparation: every kind of file and picture, what is made of it, and what is refused.

mod files;

use std::io::Cursor;

use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageFormat, LumaA, RgbaImage};

use super::*;

const SIDE: usize = 28;
const PIXELS: usize = SIDE * SIDE;

fn prepare(bytes: &[u8], preparation: &Preparation) -> Result<Prepared, PictureError> {
    super::prepare(bytes, preparation, DEFAULT_SIZE)
}

const AUTO: Preparation = Preparation { invert: Invert::Auto, margin: 0 };

/// Left, top, width and height.
type Area = (u32, u32, u32, u32);

/// One grey with a rectangle of another.
fn picture(width: u32, height: u32, ground: u8, (left, top, across, down): Area, object: u8) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        let inside = (left..left + across).contains(&x) && (top..top + down).contains(&y);
        image::Luma([if inside { object } else { ground }])
    })
}

fn encode(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.into().write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    encode(image, ImageFormat::Png)
}

/// Bounding box of the pixels at least half as bright as white: left, top, width, height.
fn bright_area(image: &[u8]) -> Area {
    let bright = || (0..PIXELS).filter(|&pixel| image[pixel] >= 128);
    let [columns, rows] = [|pixel| pixel % SIDE, |pixel| pixel / SIDE].map(|part: fn(usize) -> usize| {
        let (least, greatest) = (bright().map(part).min().unwrap(), bright().map(part).max().unwrap());
        (least as u32, (greatest + 1 - least) as u32)
    });
    (columns.0, rows.0, columns.1, rows.1)
}

#[test]
fn objects_of_any_size_are_framed() {
    for (width, height, ground, object_at, object, steps, wanted) in [
        (
            200,
            100,
            255,
            (10, 10, 80, 40),
            0,
            "inverted; cut to the object, 80 x 40; scaled to 28 x 14; centred",
            (0, 7, 28, 14),
        ),
        (200, 100, 0, (150, 20, 20, 40), 255, "cut to the object, 20 x 40; scaled to 14 x 28; centred", (7, 0, 14, 28)),
        (
            200,
            100,
            230,
            (0, 60, 40, 40),
            30,
            "inverted; background of 25 made black; cut to the object, 40 x 40; scaled to 28 x 28",
            (0, 0, 28, 28),
        ),
        (
            50,
            50,
            40,
            (20, 20, 10, 10),
            200,
            "background of 40 made black; cut to the object, 10 x 10; scaled to 28 x 28",
            (0, 0, 28, 28),
        ),
        (30, 30, 0, (5, 5, 14, 28), 255, "cut to the object, 14 x 25; scaled to 16 x 28; centred", (6, 0, 16, 28)),
        (2, 2, 0, (1, 1, 1, 1), 255, "cut to the object, 1 x 1; scaled to 28 x 28", (0, 0, 28, 28)),
        (3, 1, 0, (1, 0, 1, 1), 255, "cut to the object, 1 x 1; scaled to 28 x 28", (0, 0, 28, 28)),
        (2800, 4, 0, (700, 0, 1400, 4), 255, "cut to the object, 1400 x 4; scaled to 28 x 1; centred", (0, 13, 28, 1)),
        (
            4,
            2800,
            255,
            (0, 0, 4, 800),
            0,
            "inverted; cut to the object, 4 x 800; scaled to 1 x 28; centred",
            (13, 0, 1, 28),
        ),
        (40, 28, 0, (6, 0, 28, 28), 255, "cut to the object, 28 x 28", (0, 0, 28, 28)),
    ] {
        let bytes = png(picture(width, height, ground, object_at, object));
        let prepared = prepare(&bytes, &AUTO).unwrap();
        assert_eq!(prepared.to_string(), format!("PNG, {width} x {height} pixels, grey; {steps}"));
        assert_eq!(bright_area(&prepared.image), wanted, "{prepared}");
    }
}

/// Every grey, in a place of its own, on black.
fn greys() -> [u8; PIXELS] {
    std::array::from_fn(|pixel| if pixel < 3 * SIDE || pixel % SIDE == 0 { 0 } else { (pixel / 2) as u8 })
}

fn as_image(greys: &[u8; PIXELS]) -> GrayImage {
    GrayImage::from_vec(SIDE as u32, SIDE as u32, greys.to_vec()).unwrap()
}

#[test]
fn what_has_the_right_size_stays_as_it_is() {
    let greys = greys();
    let inverted = greys.map(|grey| 255 - grey);
    let dark = DynamicImage::from(as_image(&greys));
    let files = [
        ("28 x 28 raw pixels", greys.to_vec()),
        ("PNG, 28 x 28 pixels, grey", png(dark.clone())),
        ("PNG, 28 x 28 pixels, grey, 16 bits", png(dark.to_luma16())),
        ("PNG, 28 x 28 pixels, grey with transparency", png(dark.to_luma_alpha8())),
        ("PNG, 28 x 28 pixels, in colours", png(dark.to_rgb8())),
        ("PNG, 28 x 28 pixels, in colours, 16 bits", png(dark.to_rgb16())),
        ("PNG, 28 x 28 pixels, in colours with transparency", png(dark.to_rgba8())),
    ];
    for (source, bytes) in files {
        let prepared = prepare(&bytes, &AUTO).unwrap();
        let steps = if source.contains("colours") { "made grey" } else { "taken as it is" };
        assert_eq!(prepared.to_string(), format!("{source}; {steps}"));
        assert_eq!(prepared.image, greys, "{source}");
    }
    for (image, invert, wanted) in [
        (greys, Invert::Auto, greys),
        (greys, Invert::Never, greys),
        (greys, Invert::Always, inverted),
        (inverted, Invert::Auto, greys),
        (inverted, Invert::Never, inverted),
        (inverted, Invert::Always, greys),
    ] {
        let prepared = prepare(&image, &Preparation { invert, margin: 4 }).unwrap();
        assert_eq!(prepared.image, wanted, "{invert:?}");
        assert_eq!(prepared.steps.contains(&Step::Inverted), image != wanted);
    }
}

#[test]
fn images_of_any_size_hold_the_object() {
    for (size, area) in [
        ([28, 28], (0, 7, 28, 14)),
        ([14, 28], (0, 0, 28, 14)),
        ([40, 20], (0, 15, 20, 10)),
        ([5, 31], (10, 0, 10, 5)),
        ([1, 1], (0, 0, 1, 1)),
    ] {
        let [height, width] = size;
        let bytes = png(picture(200, 100, 255, (10, 10, 80, 40), 0));
        let image = super::prepare(&bytes, &AUTO, size).unwrap().image;
        let bright: Vec<usize> = (0..height * width).filter(|&pixel| image[pixel] >= 128).collect();
        let inside = |pixel: &usize| {
            let (x, y) = ((pixel % width) as u32, (pixel / width) as u32);
            (area.0..area.0 + area.2).contains(&x) && (area.1..area.1 + area.3).contains(&y)
        };
        assert_eq!(bright, (0..height * width).filter(inside).collect::<Vec<_>>(), "{size:?}");
        let raw: Vec<u8> = (0..height * width).map(|pixel| if pixel == 0 { 9 } else { 0 }).collect();
        let taken = super::prepare(&raw, &AUTO, size).map(|prepared| prepared.image == raw);
        assert!(if raw.len() == 1 { taken.is_err() } else { taken.unwrap() }, "{size:?}");
    }
    let margin = super::prepare(&png(picture(9, 9, 0, (1, 1, 3, 3), 255)), &Preparation { margin: 4, ..AUTO }, [8, 20]);
    assert_eq!(margin.unwrap_err().to_string(), "a margin of 4 pixels leaves nothing of 8 x 20");
}

#[test]
fn a_margin_stays_black() {
    let bytes = png(picture(200, 100, 0, (100, 10, 80, 40), 255));
    for (margin, area) in [(0, (0, 7, 28, 14)), (4, (4, 9, 20, 10)), (12, (12, 13, 4, 2))] {
        let prepared = prepare(&bytes, &Preparation { invert: Invert::Auto, margin }).unwrap();
        assert_eq!(bright_area(&prepared.image), area, "margin {margin}");
    }
}

#[test]
fn shades_within_five_percent_are_background() {
    for (object, is_seen) in [(12, false), (13, true)] {
        let prepared = prepare(&png(picture(50, 50, 0, (10, 10, 20, 20), object)), &AUTO);
        assert_eq!(prepared.is_ok(), is_seen, "{object}");
    }
}

#[test]
fn what_shines_through_is_the_opposite_of_the_object() {
    let at = |ground, object, opacity| {
        let greys = picture(60, 60, ground, (10, 20, 40, 20), object);
        GrayAlphaImage::from_fn(60, 60, |x, y| {
            let grey = greys.get_pixel(x, y).0[0];
            LumaA([grey, if grey == object { 255 } else { opacity }])
        })
    };
    for (image, first) in [
        (at(255, 20, 0), "laid over white; inverted"),
        (at(0, 20, 0), "laid over white; inverted"),
        (at(0, 240, 0), "laid over black"),
        (at(255, 240, 0), "laid over black"),
        (at(255, 20, 255), "inverted"),
    ] {
        let prepared = prepare(&png(image), &AUTO).unwrap();
        let wanted = format!(
            "PNG, 60 x 60 pixels, grey with transparency; {first}; cut to the object, 40 x 20; scaled to 28 x 14; centred"
        );
        assert_eq!(prepared.to_string(), wanted);
        assert_eq!(bright_area(&prepared.image), (0, 7, 28, 14));
    }
}
