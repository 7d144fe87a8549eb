rule align_inserts:
    input:
        inserts=f"{RESULTS}/aligned/{{source}}/{{source}}.inserts.parquet",
        reference=f"{RESULTS}/reference/reference.json",
    output:
        f"{RESULTS}/aligned/{{source}}/{{source}}.places.parquet",
    log:
        "logs/align/align_inserts/{source}.log",
    benchmark:
        "logs/benchmarks/align_inserts.{source}.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 8
    resources:
        mem_mb=scale_memory(8000),
        runtime=240,
    params:
        config=CONFIG,
    shell:
        "integrasite align --config {params.config:q} --reference {input.reference:q} --inserts {input.inserts:q}"
        " --threads {threads} -o {output:q} 2> {log:q}"
