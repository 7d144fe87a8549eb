rule write_report:
    input:
        sites=f"{RESULTS}/sites.tsv.gz",
        multihits=f"{RESULTS}/multihits.tsv.gz",
        clones=f"{RESULTS}/clones.tsv.gz",
        ledger=f"{RESULTS}/ledger.tsv",
        crosstalk=f"{RESULTS}/crosstalk.tsv",
        annotation=f"{RESULTS}/annotation.tsv.gz",
        diversity=f"{RESULTS}/diversity.tsv",
        flags=f"{RESULTS}/flags.tsv",
        contamination=f"{RESULTS}/contamination.tsv",
        tracking=f"{RESULTS}/tracking.tsv",
        outliers=f"{RESULTS}/outliers.tsv",
        same_course=f"{RESULTS}/same_course.tsv",
        population=f"{RESULTS}/population.tsv",
        overlap=f"{RESULTS}/overlap.tsv",
        at_coverage=f"{RESULTS}/diversity_at_coverage.tsv",
        common_sites=f"{RESULTS}/tests/common_sites.tsv",
        expanded_clones=f"{RESULTS}/tests/expanded_clone_enrichment.tsv",
        early_late=f"{RESULTS}/tests/early_late.tsv",
        proximity=f"{RESULTS}/tests/cancer_gene_proximity.tsv",
        not_tested=f"{RESULTS}/tests/not_tested.tsv",
        transgene=f"{RESULTS}/transgene.tsv",
        transgene_coverage=f"{RESULTS}/transgene_coverage.tsv",
        transgene_structure=f"{RESULTS}/transgene_structure.tsv",
        attribution=f"{RESULTS}/attribution.tsv",
        tumour_sites=f"{RESULTS}/tumour_sites.tsv.gz",
        earlier=get_earlier(),
        reference=[f"{RESULTS}/reference/reference.json"] if SOURCES else [],
    output:
        page=report(
            f"{RESULTS}/report/index.html",
            caption="../report/index.rst",
            category="Report",
            labels={"page": "the run"},
        ),
        subjects=report(
            directory(f"{RESULTS}/report/subjects"),
            patterns=["{page}.html"],
            caption="../report/subject.rst",
            category="Report",
            subcategory="Subjects",
            labels={"page": "{page}"},
        ),
        summary=f"{RESULTS}/summary.json",
    log:
        "logs/report/write_report.log",
    benchmark:
        "logs/benchmarks/write_report.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(4000),
        runtime=60,
    params:
        config=CONFIG,
        results=subpath(output.summary, parent=True),
    shell:
        "integrasite report --config {params.config:q} --results {params.results:q} -o {output.page:q} 2> {log:q}"


rule write_manifest:
    input:
        rules.write_report.output,
        rules.write_report.input,
        rules.export_tables.output,
        rules.track_clones.output,
        rules.test_insertions.output,
        rules.export_junctions.output,
        rules.judge_transgene.output,
        f"{RESULTS}/summary.xlsx",
        get_qc_files(),
        get_multiqc_report(),
    output:
        f"{RESULTS}/run.json",
    log:
        "logs/report/write_manifest.log",
    benchmark:
        "logs/benchmarks/write_manifest.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(1000),
        runtime=60,
    params:
        config=CONFIG,
        results=subpath(output[0], parent=True),
    shell:
        "integrasite manifest --config {params.config:q} --results {params.results:q} -o {output:q} 2> {log:q}"
