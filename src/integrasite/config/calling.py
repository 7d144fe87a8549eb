"""Every threshold of the pipeline, with its reason. `calling:` in the config overrides them; nothing else does.

The thresholds stand in three modules, in the order of the flow of data; `Calling` is all of them.
"""

from integrasite.config.calling_tumour import TumourCalling


class Calling(TumourCalling):
    """Thresholds, each with its default and the reason for it (the reason is what `docs/config.md` prints)."""
