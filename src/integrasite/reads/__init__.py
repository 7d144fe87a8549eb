"""From FASTQ pairs to classified inserts and one consensus per molecule."""
