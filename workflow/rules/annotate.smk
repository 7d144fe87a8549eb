rule annotate_sites:
    input:
        sites=f"{RESULTS}/sites.tsv.gz",
        genes=str(STUDY.annotation),
        lists=[str(STUDY.resolve(listed.path)) for listed in STUDY.config.gene_lists],
    output:
        f"{RESULTS}/annotation.tsv.gz",
    log:
        "logs/annotate/annotate_sites.log",
    benchmark:
        "logs/benchmarks/annotate_sites.tsv"
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
        "integrasite annotate --config {params.config:q} --sites {input.sites:q} -o {output:q} 2> {log:q}"
