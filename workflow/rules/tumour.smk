rule prepare_vectors:
    input:
        vectors=get_vector_files(),
        genes=str(STUDY.annotation),
        blacklist=[str(STUDY.blacklist)] if STUDY.blacklist else [],
        reference=f"{RESULTS}/reference/reference.json",
    output:
        f"{RESULTS}/tumour/vectors/vector_map.json",
    log:
        "logs/tumour/prepare_vectors.log",
    benchmark:
        "logs/benchmarks/prepare_vectors.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 8
    resources:
        mem_mb=scale_memory(8000),
        runtime=120,
    params:
        config=CONFIG,
        folder=subpath(output[0], parent=True),
    shell:
        "integrasite prepare-vectors --config {params.config:q} --reference {input.reference:q} --threads {threads}"
        " -o {params.folder:q} 2> {log:q}"


rule recruit_reads:
    input:
        get_sample_files,
        vectors=f"{RESULTS}/tumour/vectors/vector_map.json",
        reference=f"{RESULTS}/reference/reference.json",
    output:
        r1=f"{RESULTS}/tumour/{{sample}}/{{sample}}.recruited_R1.fastq.gz",
        r2=f"{RESULTS}/tumour/{{sample}}/{{sample}}.recruited_R2.fastq.gz",
        summary=f"{RESULTS}/tumour/{{sample}}/{{sample}}.recruit.json",
        depth=f"{RESULTS}/tumour/{{sample}}/{{sample}}.host_depth.parquet",
        ledger=f"{RESULTS}/tumour/{{sample}}/{{sample}}.recruit_ledger.parquet",
    log:
        "logs/tumour/recruit_reads/{sample}.log",
    benchmark:
        "logs/benchmarks/recruit_reads.{sample}.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 4
    resources:
        mem_mb=scale_memory(4000),
        runtime=480,
    params:
        config=CONFIG,
        vectors=subpath(input.vectors, parent=True),
    shell:
        "integrasite recruit --config {params.config:q} --sample {wildcards.sample:q} --vectors {params.vectors:q}"
        " --reference {input.reference:q} --threads {threads} --r2 {output.r2:q} --summary {output.summary:q}"
        " --depth {output.depth:q} --ledger {output.ledger:q} -o {output.r1:q} 2> {log:q}"


rule align_tumour:
    input:
        r1=f"{RESULTS}/tumour/{{sample}}/{{sample}}.recruited_R1.fastq.gz",
        r2=f"{RESULTS}/tumour/{{sample}}/{{sample}}.recruited_R2.fastq.gz",
        vectors=f"{RESULTS}/tumour/vectors/vector_map.json",
        reference=f"{RESULTS}/reference/reference.json",
    output:
        fragments=f"{RESULTS}/tumour/{{sample}}/{{sample}}.fragments.parquet",
        junctions=f"{RESULTS}/tumour/{{sample}}/{{sample}}.junctions.parquet",
        ledger=f"{RESULTS}/tumour/{{sample}}/{{sample}}.align_ledger.parquet",
    log:
        "logs/tumour/align_tumour/{sample}.log",
    benchmark:
        "logs/benchmarks/align_tumour.{sample}.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 4
    resources:
        mem_mb=scale_memory(8000),
        runtime=240,
    params:
        config=CONFIG,
        vectors=subpath(input.vectors, parent=True),
    shell:
        "integrasite align-tumour --config {params.config:q} --sample {wildcards.sample:q} --vectors {params.vectors:q}"
        " --reference {input.reference:q} --r1 {input.r1:q} --r2 {input.r2:q} --threads {threads}"
        " --junctions {output.junctions:q} --ledger {output.ledger:q} -o {output.fragments:q} 2> {log:q}"


rule call_junctions:
    input:
        junctions=get_subject_junctions,
        others=get_other_junctions,
        vectors=f"{RESULTS}/tumour/vectors/vector_map.json",
        reference=f"{RESULTS}/reference/reference.json",
    output:
        sites=f"{RESULTS}/tumour_called/{{subject}}/{{subject}}.junction_sites.parquet",
        multihits=f"{RESULTS}/tumour_called/{{subject}}/{{subject}}.multihits.parquet",
    log:
        "logs/tumour/call_junctions/{subject}.log",
    benchmark:
        "logs/benchmarks/call_junctions.{subject}.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(4000),
        runtime=60,
    params:
        config=CONFIG,
        vectors=subpath(input.vectors, parent=True),
    shell:
        "integrasite call-junctions --config {params.config:q} --subject {wildcards.subject:q} --vectors {params.vectors:q}"
        " --reference {input.reference:q} --junctions {input.junctions:q} --others {input.others:q}"
        " --sites {output.sites:q} --multihits {output.multihits:q} 2> {log:q}"


rule measure_sites:
    input:
        get_sample_files,
        sites=get_subject_table("junction_sites"),
        multihits=get_subject_table("multihits"),
        r1=f"{RESULTS}/tumour/{{sample}}/{{sample}}.recruited_R1.fastq.gz",
        r2=f"{RESULTS}/tumour/{{sample}}/{{sample}}.recruited_R2.fastq.gz",
        vectors=f"{RESULTS}/tumour/vectors/vector_map.json",
        reference=f"{RESULTS}/reference/reference.json",
    output:
        f"{RESULTS}/tumour/{{sample}}/{{sample}}.site_counts.parquet",
    log:
        "logs/tumour/measure_sites/{sample}.log",
    benchmark:
        "logs/benchmarks/measure_sites.{sample}.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 4
    resources:
        mem_mb=scale_memory(4000),
        runtime=480,
    params:
        config=CONFIG,
        vectors=subpath(input.vectors, parent=True),
    shell:
        "integrasite measure-sites --config {params.config:q} --sample {wildcards.sample:q} --sites {input.sites:q}"
        " --multihits {input.multihits:q} --vectors {params.vectors:q} --reference {input.reference:q}"
        " --r1 {input.r1:q} --r2 {input.r2:q} --threads {threads} -o {output:q} 2> {log:q}"


rule size_junctions:
    input:
        sites=f"{RESULTS}/tumour_called/{{subject}}/{{subject}}.junction_sites.parquet",
        counts=get_subject_counts,
    output:
        tumour_sites=f"{RESULTS}/tumour_called/{{subject}}/{{subject}}.tumour_sites.parquet",
        sites=f"{RESULTS}/tumour_called/{{subject}}/{{subject}}.sites.parquet",
        clones=f"{RESULTS}/tumour_called/{{subject}}/{{subject}}.clones.parquet",
    log:
        "logs/tumour/size_junctions/{subject}.log",
    benchmark:
        "logs/benchmarks/size_junctions.{subject}.tsv"
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
        "integrasite size-junctions --config {params.config:q} --subject {wildcards.subject:q}"
        " --junction-sites {input.sites:q} --counts {input.counts:q} --tumour-sites {output.tumour_sites:q}"
        " --sites {output.sites:q} --clones {output.clones:q} 2> {log:q}"


rule export_junctions:
    input:
        sites=f"{RESULTS}/tumour_sites.tsv.gz",
        vectors=get_tumour_vectors(),
        reference=[f"{RESULTS}/reference/reference.json"] if TUMOUR_SUBJECTS else [],
    output:
        vcf=f"{RESULTS}/junctions.vcf.gz",
        index=f"{RESULTS}/junctions.vcf.gz.tbi",
    log:
        "logs/tumour/export_junctions.log",
    benchmark:
        "logs/benchmarks/export_junctions.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 1
    resources:
        mem_mb=scale_memory(2000),
        runtime=30,
    params:
        config=CONFIG,
        vectors=get_vectors_folder,
    shell:
        "integrasite export-junctions --config {params.config:q} --vectors {params.vectors:q}"
        " --reference {input.reference:q} --tumour-sites {input.sites:q} -o {output.vcf:q} 2> {log:q}"


rule judge_transgene:
    input:
        get_judged_files(),
        counts=get_dna_tables("site_counts", lambda library: True),
        sites=get_tumour_called("tumour_sites"),
        vectors=get_tumour_vectors(),
        reference=[f"{RESULTS}/reference/reference.json"] if TUMOUR_SAMPLES else [],
    output:
        transgene=f"{RESULTS}/transgene.tsv",
        coverage=f"{RESULTS}/transgene_coverage.tsv",
        structure=f"{RESULTS}/transgene_structure.tsv",
        differences=f"{RESULTS}/vector_differences.tsv",
    log:
        "logs/tumour/judge_transgene.log",
    benchmark:
        "logs/benchmarks/judge_transgene.tsv"
    retries: 1
    conda:
        "../envs/integrasite.yaml"
    threads: 4
    resources:
        mem_mb=scale_memory(4000),
        runtime=120,
    params:
        config=CONFIG,
        tumour=get_tumour_folder,
    shell:
        "integrasite judge-transgene --config {params.config:q} --tumour {params.tumour:q} --reference {input.reference:q}"
        " --tumour-sites {input.sites:q} --coverage {output.coverage:q} --structure {output.structure:q}"
        " --differences {output.differences:q} --threads {threads} -o {output.transgene:q} 2> {log:q}"


rule attribute_tumours:
    input:
        transgene=f"{RESULTS}/transgene.tsv",
        structure=f"{RESULTS}/transgene_structure.tsv",
        sites=f"{RESULTS}/tumour_sites.tsv.gz",
        clones=f"{RESULTS}/clones.tsv.gz",
        diversity=f"{RESULTS}/diversity.tsv",
        annotation=f"{RESULTS}/annotation.tsv.gz",
        tracking=f"{RESULTS}/tracking.tsv",
        earlier=get_earlier(),
    output:
        f"{RESULTS}/attribution.tsv",
    log:
        "logs/tumour/attribute_tumours.log",
    benchmark:
        "logs/benchmarks/attribute_tumours.tsv"
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
        "integrasite attribute --config {params.config:q} --transgene {input.transgene:q} --structure {input.structure:q}"
        " --tumour-sites {input.sites:q} --clones {input.clones:q} --diversity {input.diversity:q}"
        " --annotation {input.annotation:q} --tracking {input.tracking:q} {params.earlier} -o {output:q} 2> {log:q}"
