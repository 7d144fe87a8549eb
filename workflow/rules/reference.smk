rule index_reference:
    input:
        checked=f"{RESULTS}/checked.txt",
        genome=str(STUDY.genome),
        vectors=get_vector_files(),
    output:
        f"{RESULTS}/reference/reference.json",
    log:
        "logs/reference/index_reference.log",
    benchmark:
        "logs/benchmarks/index_reference.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(8000),
        runtime=240,
    params:
        config=CONFIG,
        folder=get_reference_folder,
    shell:
        "integrasite index --config {params.config:q} --folder {params.folder:q} -o {output:q} 2> {log:q}"
