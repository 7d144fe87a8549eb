rule estimate_clones:
    input:
        fragments=f"{RESULTS}/called/{{subject}}/{{subject}}.fragments.parquet",
        contamination=f"{RESULTS}/contamination.tsv",
    output:
        f"{RESULTS}/called/{{subject}}/{{subject}}.clones.parquet",
    log:
        "logs/clones/estimate_clones/{subject}.log",
    benchmark:
        "logs/benchmarks/estimate_clones.{subject}.tsv"
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
        "integrasite estimate-clones --config {params.config:q} --subject {wildcards.subject:q} --fragments {input.fragments:q}"
        " --contamination {input.contamination:q} -o {output:q} 2> {log:q}"
