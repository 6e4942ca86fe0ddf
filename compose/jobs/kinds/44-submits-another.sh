#!/bin/bash
# a job that submits another, and waits for it
#EXPECT ends COMPLETED 0:0
#EXPECT file child.out ^child of [0-9]+$
sbatch --wait -t 5 -o child.out --wrap "echo child of $SLURM_JOB_ID"
