localrules:
    check_study,


rule check_study:
    input:
        config=CONFIG,
        sheet=STUDY.resolve(STUDY.config.samples),
    output:
        f"{RESULTS}/checked.txt",
    log:
        "logs/check/check_study.log",
    benchmark:
        "logs/benchmarks/check_study.tsv"
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    shell:
        "integrasite check --config {input.config:q} > {output:q} 2> {log:q}"
