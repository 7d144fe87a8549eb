rule track_clones:
    input:
        f"{RESULTS}/clones.tsv.gz",
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
    shell:
        "integrasite track --config {params.config:q} --clones {input:q} --outliers {output.outliers:q}"
        " --same-course {output.same_course:q} -o {output.tracking:q} 2> {log:q}"
