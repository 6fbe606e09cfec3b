"""Members of tar archives, with damaged headers refused."""

import tarfile
import zlib
from typing import Self

from imagelab.runtime.errors import InputError

_LARGEST_MEMBER = 1 << 33  # bytes of a file in an archive; the largest that eleven octal digits can say
_LARGEST_EXTENSION = 1 << 20  # bytes of a long name or of extended headers
_EXTENSIONS = {
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
}


class TarMember(tarfile.TarInfo):
    """A member of a tar archive, for ``tarfile.open(tarinfo=TarMember)``, which refuses a damaged header.

    ``tarfile`` takes one for the archive's end, and what follows is silently lost; it also believes any size.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read a block of 512 bytes."""
        member = super().frombuf(buf, encoding, errors)
        if not 0 <= member.size <= (_LARGEST_EXTENSION if member.type in _EXTENSIONS else _LARGEST_MEMBER):
            raise tarfile.HeaderError(f"a size of {member.size} bytes")
        return member

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        """Read the next header."""
        try:
            member = super().fromtarfile(archive)
        except (tarfile.EOFHeaderError, InputError, EOFError, OSError, zlib.error):  # type: ignore[attr-defined]
            raise  # the archive's end, and what its file says
        except Exception as error:  # the readers of extended headers let through whatever they stumble over
            raise tarfile.ReadError(f"a damaged header ({error})") from None
        if not 0 <= member.size <= _LARGEST_MEMBER:
            raise tarfile.ReadError(f"a damaged header (a size of {member.size} bytes)")
        return member


def is_plain_file(member: tarfile.TarInfo) -> bool:
    """Tell whether a member is a file as it lies in the archive: no link, no device, no file with holes."""
    return member.isreg() and not member.issparse()
