"""Read small text files that people wrote: any line ends, a BOM or not, but UTF-8."""

from pathlib import Path

from integrasite.errors import ConfigError

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_WORKBOOK_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def read_text(path: Path, what: str = "file") -> str:
    """Read a whole file as UTF-8, without a byte-order mark and with LF line ends.

    Args:
        path: the file.
        what: what it is to the reader of a message ("config", "sample sheet").

    Raises:
        ConfigError: if it is missing, a folder, a spreadsheet, or not UTF-8; the message says how to mend it.
    """
    raw = _read_bytes(path, what)
    if raw.startswith(_WORKBOOK_MARKS):
        raise ConfigError(
            f"{path}: the {what} is a spreadsheet or archive, not text. Save it as 'Text (Tab delimited)'."
        )
    if raw.startswith(_UTF16_MARKS) or b"\x00" in raw[:4096]:
        raise ConfigError(
            f"{path}: the {what} is UTF-16 ('Unicode Text' of a spreadsheet program), but UTF-8 is expected. "
            "Save it as 'Text (Tab delimited)', or run: "
            f"iconv -f UTF-16 -t UTF-8 {path.name} > {path.stem}.utf8.tsv"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path} line {line}: byte 0x{raw[error.start]:02x} is not UTF-8. "
            f"Save the {what} as UTF-8 text, or replace the accented or special character there."
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read_bytes(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file (expected the {what})") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a folder, but the {what} is expected to be a file") from None
    except OSError as error:
        raise ConfigError(f"{path}: the {what} cannot be read ({error.strerror or error})") from None
