//! Tests of pictures as text and as PNG.

use super::*;

const SIDE: usize = 28;
const PIXELS: usize = SIDE * SIDE;

/// Each picture has its own index in every pixel, times ten.
fn images(count: usize) -> Vec<[u8; PIXELS]> {
    (0..count).map(|image| [10 * image as u8; PIXELS]).collect()
}

fn pictures(images: &[[u8; PIXELS]]) -> Pictures<'_> {
    Pictures { height: SIDE, width: SIDE, pixels: images.as_flattened() }
}

fn decode(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let image::DynamicImage::ImageLuma8(greys) = image::load_from_memory(bytes).unwrap() else {
        panic!("not in greys of 8 bits");
    };
    (greys.width(), greys.height(), greys.into_raw())
}

#[test]
fn a_png_has_as_many_rows_as_its_images_need() {
    for (count, across, size) in
        [(1, 3, (368, 128)), (3, 3, (368, 128)), (4, 3, (368, 248)), (9, 3, (368, 368)), (9, 5, (608, 248))]
    {
        let (width, height, _) = decode(&pictures(&images(count)).png_grid(across).unwrap());
        assert_eq!((width, height), size, "{count} images, {across} across");
    }
}

#[test]
fn a_png_shows_each_pixel_in_its_place() {
    let mut images = images(5);
    images[4][SIDE + 2] = 255;
    let (width, _, greys) = decode(&pictures(&images).png_grid(3).unwrap());
    let grey = |x: usize, y: usize| greys[y * width as usize + x];
    for (x, y, wanted) in [
        (0, 0, 255),     // corner of the border
        (8, 8, 0),       // first pixel of the first image
        (119, 119, 0),   // last of it
        (120, 119, 255), // border between two images
        (128, 8, 10),    // second image
        (248, 8, 20),    // third
        (8, 128, 30),    // fourth, below the first
        (135, 132, 40),  // fifth, left of its changed pixel
        (136, 132, 255), // the changed pixel, enlarged
        (139, 135, 255),
        (140, 135, 40),  // right of it
        (300, 200, 255), // no sixth image
    ] {
        assert_eq!(grey(x, y), wanted, "at {x}, {y}");
    }
}

#[test]
fn text_without_colour_is_a_ramp() {
    let mut image = [0; PIXELS];
    for (column, (upper, lower)) in [(255, 255), (255, 0), (0, 255), (29, 0), (28, 0)].into_iter().enumerate() {
        image[column] = upper;
        image[SIDE + column] = lower;
    }
    let text = pictures(&[image, [255; PIXELS]]).text(&["Bag".into()], 2, Palette::Characters);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 15);
    assert_eq!(lines[0], format!("@++.{:26}{}", "", "@".repeat(28)));
    assert_eq!(lines[13], format!("{:30}{}", "", "@".repeat(28)));
    assert_eq!(lines[14], "Bag");
}

#[test]
fn a_single_image_keeps_its_size_and_others_make_a_square() {
    let mut image = images(1)[0];
    image[30] = 77;
    assert_eq!(decode(&pictures(&[image]).png().unwrap()), (28, 28, image.to_vec()));
    for (count, size) in [(2, (248, 128)), (4, (248, 248)), (5, (368, 248)), (9, (368, 368)), (10, (488, 368))] {
        let (width, height, _) = decode(&pictures(&images(count)).png().unwrap());
        assert_eq!((width, height), size, "{count} images");
    }
}

#[test]
fn colour_changes_only_where_the_greys_do() {
    let mut image = [7; PIXELS];
    image[SIDE + 27] = 200;
    let blocks = "▀".repeat(27);
    for (palette, dark, light) in
        [(Palette::TrueColour, "2;7;7;7", "2;200;200;200"), (Palette::Greys, "5;232", "5;251")]
    {
        let text = pictures(&[image]).text(&[], 1, palette);
        let wanted = format!("\x1b[38;{dark};48;{dark}m{blocks}\x1b[38;{dark};48;{light}m▀\x1b[0m");
        assert_eq!(text.lines().next(), Some(&*wanted));
    }
}

/// xterm's greys are 8 + 10 · n at 232 + n; its black and white are 16 and 231.
#[test]
fn the_nearest_of_256_colours_is_taken() {
    let value = |colour: u8| match colour {
        16 => 0,
        231 => 255,
        _ => 8 + 10 * (i32::from(colour) - 232),
    };
    for grey in 0..=255 {
        let distance = |colour: u8| (value(colour) - i32::from(grey)).abs();
        let nearest = [16, 231].into_iter().chain(232..=255).map(distance).min();
        assert_eq!(Some(distance(grey_of_256_colours(grey))), nearest, "{grey}");
    }
}

#[test]
fn text_is_as_wide_as_its_images() {
    let bright = vec![[255; PIXELS]; 10];
    let captions = vec!["é".repeat(40); 10];
    for (count, across, lines, width) in
        [(0, 3, 0, 0), (1, 3, 15, 28), (3, 3, 15, 88), (4, 3, 30, 88), (9, 2, 75, 58), (10, 7, 30, 208)]
    {
        let text = pictures(&bright[..count]).text(&captions, across, Palette::Characters);
        assert_eq!(text.lines().count(), lines, "{count} images");
        let found = text.lines().map(|line| line.chars().count()).max();
        assert_eq!(found.unwrap_or(0), width, "{count} images");
    }
}

#[test]
fn as_many_images_stand_beside_each_other_as_fit() {
    for (columns, wanted) in [(0, 1), (28, 1), (57, 1), (58, 2), (80, 2), (87, 2), (88, 3), (200, 6)] {
        assert_eq!(pictures(&[]).across(columns), wanted, "{columns} columns");
    }
}

#[test]
fn pictures_of_any_size_are_drawn() {
    for (height, width, lines, columns, png) in
        [(1, 1, 1, 1, (20, 20)), (3, 5, 2, 5, (36, 28)), (96, 96, 24, 48, (112, 112)), (9, 200, 2, 50, (216, 25))]
    {
        let pixels = vec![255; 2 * height * width];
        let two = Pictures { height, width, pixels: &pixels };
        let text = two.text(&[], 1, Palette::Characters);
        let [first, ..] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
        assert_eq!((text.lines().count(), first.len()), (2 * (lines + 1), columns), "{height} x {width}");
        let one = Pictures { pixels: &pixels[..height * width], ..two };
        let (found_width, found_height, _) = decode(&one.png_grid(1).unwrap());
        assert_eq!((found_width, found_height), png, "{height} x {width}");
    }
}
