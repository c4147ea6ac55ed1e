#!/usr/bin/env python3
"""Puts styles, scripts and modules into one file, dist/index.html. The argument is the version of their compiler."""

import base64
import gzip
import re
import sys
from pathlib import Path

here = Path(__file__).parent
page = here / "page"


def text(name):
    return (page / name).read_text()


def encoded(packed):
    return base64.b64encode(packed).decode()


def packed(name):
    return encoded(gzip.compress((here / name).read_bytes(), 9, mtime=0))


html = text("index.html")
html = html.replace('<link rel="stylesheet" href="style.css">', f"<style>\n{text('style.css')}</style>")
scripts = re.findall(r'<script src="(.+)"></script>\n', html)
bundle = "".join(text(name) for name in scripts)
for name in scripts:
    html = html.replace(f'<script src="{name}"></script>\n', "")
html = html.replace("</body>", f'<script type="module">\n{bundle}</script>\n</body>')
html = html.replace("@COMPILER@", sys.argv[1])
html = html.replace("@WORKER@", "\n" + text("engine.js") + text("worker.js"))
html = html.replace("@RELAXED_SIMD@", packed("dist/relaxed_simd.wasm")).replace("@SIMD128@", packed("dist/simd128.wasm"))
html = html.replace("@WATCH_MODEL@", packed("watch/model.safetensors"))
html = html.replace("@WATCH_WINDOWS@", encoded((here / "watch/windows.gz").read_bytes()))
(here / "dist" / "index.html").write_text(html)
