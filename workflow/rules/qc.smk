rule write_workbook:
    input:
        rules.write_report.input,
    output:
        f"{RESULTS}/summary.xlsx",
    log:
        "logs/qc/write_workbook.log",
    benchmark:
        "logs/benchmarks/write_workbook.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(4000),
        runtime=60,
    params:
        config=CONFIG,
        results=subpath(output[0], parent=True),
    shell:
        "integrasite workbook --config {params.config:q} --results {params.results:q} -o {output:q} 2> {log:q}"


rule write_qc:
    input:
        rules.write_report.input,
    output:
        get_qc_files(),
    log:
        "logs/qc/write_qc.log",
    benchmark:
        "logs/benchmarks/write_qc.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(4000),
        runtime=60,
    params:
        config=CONFIG,
        results=subpath(output[0], ancestor=2),
        folder=subpath(output[0], parent=True),
    shell:
        "integrasite qc --config {params.config:q} --results {params.results:q} -o {params.folder:q} 2> {log:q}"


# Part of every run where MultiQC is installed, and of `snakemake ... qc`.
rule run_multiqc:
    input:
        sections=get_qc_files(),
        config=f"{RESULTS}/qc/multiqc_config.yaml",
    output:
        report(f"{RESULTS}/qc/multiqc_report.html", category="Quality"),
    log:
        "logs/qc/run_multiqc.log",
    benchmark:
        "logs/benchmarks/run_multiqc.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(2000),
        runtime=60,
    params:
        folder=subpath(output[0], parent=True),
        name=subpath(output[0], basename=True),
    shell:
        "multiqc {params.folder:q} --config {input.config:q} --force --no-ansi -o {params.folder:q}"
        " --filename {params.name:q} 2> {log:q}"


rule qc:
    input:
        f"{RESULTS}/qc/multiqc_report.html",
