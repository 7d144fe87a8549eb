rule estimate_crosstalk:
    input:
        discordant=get_discordant,
        inserts=f"{RESULTS}/aligned/{{source}}/{{source}}.inserts.parquet",
        molecules=f"{RESULTS}/aligned/{{source}}/{{source}}.molecules.parquet",
    output:
        f"{RESULTS}/reads/{{source}}/{{source}}.crosstalk.parquet",
    log:
        "logs/curate/estimate_crosstalk/{source}.log",
    benchmark:
        "logs/benchmarks/estimate_crosstalk.{source}.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(2000),
        runtime=30,
    params:
        config=CONFIG,
    shell:
        "integrasite estimate-crosstalk --config {params.config:q} --source {wildcards.source:q}"
        " --discordant {input.discordant:q} --inserts {input.inserts:q} --molecules {input.molecules:q}"
        " -o {output:q} 2> {log:q}"


rule gather_crosstalk:
    input:
        get_all_crosstalk(),
    output:
        f"{RESULTS}/crosstalk.tsv",
    log:
        "logs/curate/gather_crosstalk.log",
    benchmark:
        "logs/benchmarks/gather_crosstalk.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(1000),
        runtime=30,
    shell:
        "integrasite gather --table crosstalk {input:q} -o {output:q} 2> {log:q}"


rule find_contamination:
    input:
        sites=get_called("sites"),
        fragments=get_called("fragments"),
        crosstalk=f"{RESULTS}/crosstalk.tsv",
    output:
        calls=f"{RESULTS}/contamination.tsv",
        pairs=f"{RESULTS}/contamination_pairs.tsv",
    log:
        "logs/curate/find_contamination.log",
    benchmark:
        "logs/benchmarks/find_contamination.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(4000),
        runtime=60,
    params:
        config=CONFIG,
        called=get_called_folder,
    shell:
        "integrasite find-contamination --config {params.config:q} --called {params.called:q}"
        " --crosstalk {input.crosstalk:q} --pairs {output.pairs:q} -o {output.calls:q} 2> {log:q}"
