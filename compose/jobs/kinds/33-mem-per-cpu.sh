#!/bin/bash
# memory for each CPU
#SBATCH --cpus-per-task=2
#SBATCH --mem-per-cpu=300
#EXPECT ends COMPLETED 0:0
#EXPECT cpus 2
#EXPECT says ^600$
scontrol show job $SLURM_JOB_ID | sed -n "s/.*AllocTRES=.*mem=\([0-9]*\)M.*/\1/p"
