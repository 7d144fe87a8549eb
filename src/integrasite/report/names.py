"""Names of the report's files."""

import hashlib
import re


def page_name(subject: str) -> str:
    """File name of a subject's page: the subject, or a safe form with a checksum if need be."""
    safe = re.sub(r"[^A-Za-z0-9._+-]", "_", subject)
    if safe == subject and not subject.startswith("."):
        return f"{subject}.html"
    return f"{safe.lstrip('.')[:80]}-{hashlib.sha256(subject.encode('utf-8')).hexdigest()[:8]}.html"
