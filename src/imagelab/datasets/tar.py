"""Members of tar archives, with damaged headers refused."""

import tarfile
import zlib
from typing import Self

from imagelab.runtime.errors import InputError

_LARGEST_MEMBER = 1 << 33  # bytes of a file in an archive; as many as eleven octal digits can express
_LARGEST_EXTENSION = 1 << 20  # bytes of a long name or of extended headers
_EXTENSIONS = {
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
}


class TarMember(tarfile.TarInfo):
    """A member of a tar archive that refuses a damaged header, for ``tarfile.open(tarinfo=TarMember)``.

    ``tarfile`` itself mistakes a damaged header for the end of the archive and silently drops the rest. It does not
    check sizes either.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read a header from a block of 512 bytes."""
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
            raise  # the end of the archive, and errors of its file
        except Exception as error:  # the readers of extended headers raise many kinds
            raise tarfile.ReadError(f"a damaged header ({error})") from None
        if not 0 <= member.size <= _LARGEST_MEMBER:
            raise tarfile.ReadError(f"a damaged header (a size of {member.size} bytes)")
        return member


def is_plain_file(member: tarfile.TarInfo) -> bool:
    """Tell whether a member is a regular file: no link, no device, no sparse file."""
    return member.isreg() and not member.issparse()
