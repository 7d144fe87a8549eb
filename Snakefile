# The workflow itself stands in workflow/; Snakemake looks here when it is started in the checkout.
include: "workflow/Snakefile"


# A top-level Snakefile needs a default rule of its own: an include alone does nothing and exits 0.
rule everything:
    default_target: True
    input:
        rules.all.input,
