rule recall_earlier:
    input:
        get_earlier_records(),
        genome=str(STUDY.genome),
    output:
        runs=f"{RESULTS}/earlier/runs.tsv",
        clones=f"{RESULTS}/earlier/clones.tsv.gz",
        diversity=f"{RESULTS}/earlier/diversity.tsv",
        annotation=f"{RESULTS}/earlier/annotation.tsv.gz",
    log:
        "logs/analyse/recall_earlier.log",
    benchmark:
        "logs/benchmarks/recall_earlier.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(4000),
        runtime=60,
    params:
        config=CONFIG,
        folder=subpath(output.runs, parent=True),
    shell:
        "integrasite recall-earlier --config {params.config:q} -o {params.folder:q} 2> {log:q}"


rule track_clones:
    input:
        clones=f"{RESULTS}/clones.tsv.gz",
        earlier=get_earlier(),
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
        earlier=get_earlier_option(),
    shell:
        "integrasite track --config {params.config:q} --clones {input.clones:q} {params.earlier} --outliers {output.outliers:q}"
        " --same-course {output.same_course:q} -o {output.tracking:q} 2> {log:q}"


rule estimate_population:
    input:
        clones=f"{RESULTS}/clones.tsv.gz",
        earlier=get_earlier(),
    output:
        population=f"{RESULTS}/population.tsv",
        overlap=f"{RESULTS}/overlap.tsv",
        at_coverage=f"{RESULTS}/diversity_at_coverage.tsv",
    log:
        "logs/analyse/estimate_population.log",
    benchmark:
        "logs/benchmarks/estimate_population.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(4000),
        runtime=60,
    params:
        config=CONFIG,
        earlier=get_earlier_option(),
    shell:
        "integrasite population --config {params.config:q} --clones {input.clones:q} {params.earlier}"
        " --overlap {output.overlap:q} --at-coverage {output.at_coverage:q} -o {output.population:q} 2> {log:q}"


rule draw_controls:
    input:
        get_all_inserts_and_places(),
        clones=f"{RESULTS}/clones.tsv.gz",
        reference=[f"{RESULTS}/reference/reference.json"] if SOURCES else [],
        blacklist=[str(STUDY.blacklist)] if STUDY.blacklist else [],
    output:
        controls=f"{RESULTS}/controls.tsv.gz",
        mappability=f"{RESULTS}/mappability.tsv",
    log:
        "logs/analyse/draw_controls.log",
    benchmark:
        "logs/benchmarks/draw_controls.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 8
    resources:
        mem_mb=scale_memory(8000),
        runtime=60,
    params:
        config=CONFIG,
        aligned=get_aligned_folder,
    shell:
        "integrasite draw-controls --config {params.config:q} --reference {input.reference:q} --aligned {params.aligned:q}"
        " --clones {input.clones:q} --threads {threads} --mappability {output.mappability:q} -o {output.controls:q}"
        " 2> {log:q}"


rule test_insertions:
    input:
        clones=f"{RESULTS}/clones.tsv.gz",
        controls=f"{RESULTS}/controls.tsv.gz",
        genome=str(STUDY.genome),
        genes=str(STUDY.annotation),
        lists=[str(STUDY.resolve(listed.path)) for listed in STUDY.config.gene_lists],
    output:
        common_sites=f"{RESULTS}/tests/common_sites.tsv",
        expanded=f"{RESULTS}/tests/expanded_clone_enrichment.tsv",
        early_late=f"{RESULTS}/tests/early_late.tsv",
        proximity=f"{RESULTS}/tests/cancer_gene_proximity.tsv",
        not_tested=f"{RESULTS}/tests/not_tested.tsv",
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
        " --controls {input.controls:q} -o {params.folder:q} 2> {log:q}"
