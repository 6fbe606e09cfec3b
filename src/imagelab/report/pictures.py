"""Pictures inside the page, in the size in which they are shown."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from imagelab.runtime.errors import InputError

_QUALITY = 55  # of WebP: hardly a difference is seen beside the original
_EFFORT = 4  # of WebP, 0 to 6: takes a quarter longer than 2 for 6 % fewer bytes


@dataclass(frozen=True)
class Picture:
    """A picture as a part of a page."""

    address: str  # data:image/webp;base64,...
    width: int
    height: int
    alternative: str


def encode(path: Path, *, alternative: str, width: int) -> Picture:
    """Read a picture, make it as small as it is shown, and write it as a data address.

    Args:
        path: of the file.
        alternative: text for those who do not see it.
        width: the largest in pixels; a smaller picture keeps its size.

    Raises:
        InputError: if the file is missing or not a whole picture.
    """
    try:
        with Image.open(path) as opened:
            picture = Image.alpha_composite(Image.new("RGBA", opened.size, "white"), opened.convert("RGBA"))
    except FileNotFoundError:
        raise InputError("picture", where=path, expected="a .png file", received="nothing of that name") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise InputError("picture", where=path, expected="a whole picture", received=error) from None
    if picture.width > width:
        picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    picture.convert("RGB").save(written, "WEBP", quality=_QUALITY, method=_EFFORT)
    content = base64.b64encode(written.getvalue()).decode()
    return Picture(f"data:image/webp;base64,{content}", picture.width, picture.height, alternative)
