"""Makes the pictures that the image crate can read but not write, with Pillow 13.0.0: python generate.py

Each is 60 x 40 pixels: on a light ground, a dark bar of 40 x 10 from (10, 20), and on its left end a post of 10 x 10.
"""

from pathlib import Path

from PIL import Image, ImageDraw

GROUND, OBJECT = (250, 240, 230), (40, 30, 60)
FOLDER = Path(__file__).parent


def picture():
    image = Image.new("RGB", (60, 40), GROUND)
    draw = ImageDraw.Draw(image)
    draw.rectangle((10, 20, 49, 29), OBJECT)
    draw.rectangle((10, 10, 19, 19), OBJECT)
    return image


def main():
    image = picture()
    image.save(FOLDER / "progressive.jpg", quality=95, progressive=True)
    image.convert("CMYK").save(FOLDER / "cmyk.jpg", quality=95)
    image.quantize(4).save(FOLDER / "palette.png", bits=2)


if __name__ == "__main__":
    main()
