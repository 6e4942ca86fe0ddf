#!/bin/bash
# two tasks on one node
#SBATCH --nodes=1
#SBATCH --ntasks=2
#EXPECT ends COMPLETED 0:0
#EXPECT nodes 1
#EXPECT says ^0 1$
srun sh -c 'echo $SLURM_PROCID' | sort | paste -sd" "
