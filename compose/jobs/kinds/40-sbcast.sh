#!/bin/bash
# a file sent to every node
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#EXPECT ends COMPLETED 0:0
#EXPECT nodes 2
#EXPECT says ^2 copies$
sbcast 40-sbcast.sh /tmp/copy.$SLURM_JOB_ID
echo "$(srun sh -c 'cmp -s 40-sbcast.sh /tmp/copy.$SLURM_JOB_ID && echo same' | grep -c same) copies"
