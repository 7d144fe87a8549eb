rule call_sites:
    input:
        get_aligned,
        reference=f"{RESULTS}/reference/reference.json",
        blacklist=[str(STUDY.blacklist)] if STUDY.blacklist else [],
    output:
        fragments=f"{RESULTS}/called/{{subject}}/{{subject}}.fragments.parquet",
        sites=f"{RESULTS}/called/{{subject}}/{{subject}}.sites.parquet",
        multihits=f"{RESULTS}/called/{{subject}}/{{subject}}.multihits.parquet",
        ledger=f"{RESULTS}/called/{{subject}}/{{subject}}.ledger.parquet",
    log:
        "logs/sites/call_sites/{subject}.log",
    benchmark:
        "logs/benchmarks/call_sites.{subject}.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(4000),
        runtime=60,
    params:
        config=CONFIG,
        aligned=f"{RESULTS}/aligned",
    shell:
        "integrasite call-sites --config {params.config:q} --subject {wildcards.subject:q} --reference {input.reference:q}"
        " --aligned {params.aligned:q} --fragments {output.fragments:q} --sites {output.sites:q}"
        " --multihits {output.multihits:q} --ledger {output.ledger:q} 2> {log:q}"
