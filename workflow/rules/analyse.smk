rule track_clones:
    input:
        f"{RESULTS}/clones.tsv.gz",
    output:
        tracking=f"{RESULTS}/tracking.tsv",
        outliers=f"{RESULTS}/outliers.tsv",
        same_course=f"{RESULTS}/same_course.tsv",
    log:
        "logs/analyse/track_clones.log",
    benchmark:
        "logs/benchmarks/track_clones.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(4000),
        runtime=60,
    params:
        config=CONFIG,
    shell:
        "integrasite track --config {params.config:q} --clones {input:q} --outliers {output.outliers:q}"
        " --same-course {output.same_course:q} -o {output.tracking:q} 2> {log:q}"


rule test_insertions:
    input:
        clones=f"{RESULTS}/clones.tsv.gz",
        genome=str(STUDY.genome),
        genes=str(STUDY.annotation),
        lists=[str(STUDY.resolve(listed.path)) for listed in STUDY.config.gene_lists],
    output:
        common_sites=f"{RESULTS}/tests/common_sites.tsv",
        expanded=f"{RESULTS}/tests/expanded_clone_enrichment.tsv",
        early_late=f"{RESULTS}/tests/early_late.tsv",
        proximity=f"{RESULTS}/tests/cancer_gene_proximity.tsv",
    log:
        "logs/analyse/test_insertions.log",
    benchmark:
        "logs/benchmarks/test_insertions.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(6000),
        runtime=60,
    params:
        config=CONFIG,
        folder=subpath(output.common_sites, parent=True),
    shell:
        "integrasite test-insertions --config {params.config:q} --clones {input.clones:q}"
        " -o {params.folder:q} 2> {log:q}"
