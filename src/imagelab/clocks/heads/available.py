"""All heads by name.

A new head is a file beside this one and an entry here; docs/contributing.md lists what else it needs.
"""

from imagelab.clocks.heads import classification, cyclic, double_classification, multi_head, regression

HEADS = {
    head.name: head
    for head in (
        classification.CLASSIFICATION,
        regression.REGRESSION,
        multi_head.MULTI_HEAD,
        cyclic.CYCLIC,
        double_classification.DOUBLE_CLASSIFICATION,
    )
}
