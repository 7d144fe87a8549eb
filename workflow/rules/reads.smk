rule prepare_reads:
    input:
        get_source_files,
        checked=f"{RESULTS}/checked.txt",
        vectors=get_vector_files(),
    output:
        reads=temp(f"{RESULTS}/reads/{{source}}/{{source}}.{{chunk}}.reads.parquet"),
        counts=f"{RESULTS}/reads/{{source}}/{{source}}.{{chunk}}.counts.parquet",
        ledger=f"{RESULTS}/reads/{{source}}/{{source}}.{{chunk}}.ledger.parquet",
        discordant=f"{RESULTS}/reads/{{source}}/{{source}}.{{chunk}}.discordant.parquet",
    log:
        "logs/reads/prepare_reads/{source}.{chunk}.log",
    benchmark:
        "logs/benchmarks/prepare_reads.{source}.{chunk}.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 2
    resources:
        mem_mb=scale_memory(2000),
        runtime=120,
    params:
        config=CONFIG,
        chunks=lambda wildcards: n_chunks(STUDY, SOURCES[wildcards.source]),
    shell:
        "integrasite prepare-reads --config {params.config:q} --source {wildcards.source:q}"
        " --chunk {wildcards.chunk} --chunks {params.chunks}"
        " --counts {output.counts:q} --ledger {output.ledger:q} --discordant {output.discordant:q}"
        " -o {output.reads:q} 2> {log:q}"


rule collapse_molecules:
    input:
        get_chunks,
    output:
        inserts=f"{RESULTS}/aligned/{{source}}/{{source}}.inserts.parquet",
        molecules=f"{RESULTS}/aligned/{{source}}/{{source}}.molecules.parquet",
    log:
        "logs/reads/collapse_molecules/{source}.log",
    benchmark:
        "logs/benchmarks/collapse_molecules.{source}.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(4000),
        runtime=120,
    params:
        config=CONFIG,
    shell:
        "integrasite collapse --config {params.config:q} --source {wildcards.source:q} --reads {input:q}"
        " --inserts {output.inserts:q} --molecules {output.molecules:q} 2> {log:q}"
