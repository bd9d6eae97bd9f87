"""Images for who measures them and does not look: one shade, a quarter of the time of a painted one."""

from __future__ import annotations

from hashlib import shake_256
from io import BytesIO

from PIL import Image, PngImagePlugin

from pixpact.mockserver.images.painting import ImageSpec, alpha_of, check_sides, paint

_SHADE = 252


def solid_image(image: ImageSpec) -> bytes:
    """A file of the size, format and transparency of an image; a comment makes it another one than any other's.

    Raises ValueError as `paint`.
    """
    if image.format == "webp":
        return paint(image)
    check_sides(image)
    mark = shake_256(image.entropy + b"/%d" % image.index).hexdigest(16)
    canvas, out = Image.new("L", (image.width, image.height), _SHADE), BytesIO()
    if image.format == "jpeg":
        canvas.save(out, "JPEG", quality=80, comment=mark)
        return out.getvalue()
    if (alpha := alpha_of(image)) is not None:
        canvas = Image.merge("LA", (canvas, alpha))
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", mark)
    canvas.save(out, "PNG", compress_level=1, compress_type=3, pnginfo=words)
    return out.getvalue()
