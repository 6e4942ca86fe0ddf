#!/bin/bash
# two parts of different sizes
#SBATCH --ntasks=1
#SBATCH hetjob
#SBATCH --ntasks=1 --cpus-per-task=2
#EXPECT ends COMPLETED 0:0
#EXPECT says ^part 0: 1 CPU$
#EXPECT says ^part 1: 2 CPU$
srun --het-group=0,1 sh -c 'echo "part $SLURM_PROCID: $SLURM_CPUS_ON_NODE CPU"'
