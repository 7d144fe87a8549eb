rule gather_table:
    input:
        parts=get_parts,
        contamination=f"{RESULTS}/contamination.tsv",
        transgene=f"{RESULTS}/transgene.tsv",
    output:
        f"{RESULTS}/{{table}}.tsv.gz",
    log:
        "logs/results/gather_table/{table}.log",
    benchmark:
        "logs/benchmarks/gather_table.{table}.tsv"
    wildcard_constraints:
        table="sites|multihits|clones|tumour_sites",
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(4000),
        runtime=30,
    params:
        config=CONFIG,
    shell:
        "integrasite gather --table {wildcards.table} {input.parts:q} --contamination {input.contamination:q}"
        " --transgene {input.transgene:q} --config {params.config:q} -o {output:q} 2> {log:q}"


rule gather_ledger:
    input:
        reads=get_all_read_ledgers(),
        subjects=get_called("ledger"),
        recruited=get_tumour_tables("recruit_ledger"),
        aligned=get_tumour_tables("align_ledger"),
        contamination=f"{RESULTS}/contamination.tsv",
    output:
        f"{RESULTS}/ledger.tsv",
    log:
        "logs/results/gather_ledger.log",
    benchmark:
        "logs/benchmarks/gather_ledger.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(1000),
        runtime=30,
    shell:
        "integrasite gather --table ledger {input.reads:q} {input.subjects:q} {input.recruited:q} {input.aligned:q}"
        " --contamination {input.contamination:q} -o {output:q} 2> {log:q}"


rule measure_diversity:
    input:
        f"{RESULTS}/clones.tsv.gz",
    output:
        f"{RESULTS}/diversity.tsv",
    log:
        "logs/results/measure_diversity.log",
    benchmark:
        "logs/benchmarks/measure_diversity.tsv"
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
        "integrasite diversity --config {params.config:q} --clones {input:q} -o {output:q} 2> {log:q}"


rule raise_flags:
    input:
        clones=f"{RESULTS}/clones.tsv.gz",
        annotation=f"{RESULTS}/annotation.tsv.gz",
        diversity=f"{RESULTS}/diversity.tsv",
        tracking=f"{RESULTS}/tracking.tsv",
        outliers=f"{RESULTS}/outliers.tsv",
        expanded=f"{RESULTS}/tests/expanded_clone_enrichment.tsv",
        common_sites=f"{RESULTS}/tests/common_sites.tsv",
        contamination=f"{RESULTS}/contamination.tsv",
        earlier=get_earlier(),
    output:
        f"{RESULTS}/flags.tsv",
    log:
        "logs/results/raise_flags.log",
    benchmark:
        "logs/benchmarks/raise_flags.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(2000),
        runtime=30,
    params:
        config=CONFIG,
        earlier=get_earlier_option(),
    shell:
        "integrasite flag --config {params.config:q} --clones {input.clones:q} --annotation {input.annotation:q}"
        " --diversity {input.diversity:q} --tracking {input.tracking:q} --outliers {input.outliers:q}"
        " --expanded {input.expanded:q} --common-sites {input.common_sites:q}"
        " --contamination {input.contamination:q} {params.earlier} -o {output:q} 2> {log:q}"


rule export_tables:
    input:
        sites=f"{RESULTS}/sites.tsv.gz",
        clones=f"{RESULTS}/clones.tsv.gz",
        annotation=f"{RESULTS}/annotation.tsv.gz",
    output:
        vispa2_counts=f"{RESULTS}/exports/vispa2_seqCount.tsv.gz",
        vispa2_estimates=f"{RESULTS}/exports/vispa2_fragmentEstimate.tsv.gz",
        association=f"{RESULTS}/exports/association_file.tsv",
        posid=f"{RESULTS}/exports/inspiired_posid.tsv.gz",
        tidy=f"{RESULTS}/exports/sites_tidy.tsv.gz",
        bed=f"{RESULTS}/exports/sites.bed.gz",
        bedgraph=directory(f"{RESULTS}/exports/bedgraph"),
        bigwig=directory(f"{RESULTS}/exports/bigwig"),
    log:
        "logs/results/export_tables.log",
    benchmark:
        "logs/benchmarks/export_tables.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(4000),
        runtime=60,
    params:
        config=CONFIG,
        folder=subpath(output.bed, parent=True),
    shell:
        "integrasite export --config {params.config:q} --sites {input.sites:q} --clones {input.clones:q}"
        " --annotation {input.annotation:q} -o {params.folder:q} 2> {log:q}"
